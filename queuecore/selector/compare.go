package selector

import "strings"

// compare is a comparison of two values (Jakarta Messaging 3.1, 3.8.1.1): with a
// null it is unknown; of values that are not alike it is false, also with <>;
// strings and booleans are only equal or not. Two exact numbers are compared as
// such, others as doubles.
func (e *evaluation) compare(o op, a, b Value) Truth {
	if a.isNull() || b.isNull() {
		return Unknown
	}
	if e.convert && (a.kind == kindString || b.kind == kindString) {
		a, b = converted(o, a, b)
	}
	switch {
	case a.kind == kindInt && b.kind == kindInt:
		return truthOf(holds(o, a.int(), b.int()))
	case a.isNumber() && b.isNumber():
		return truthOf(holds(o, a.float(), b.float()))
	case a.kind == kindString && b.kind == kindString:
		return e.compareStrings(o, a.str, b.str)
	case a.kind == kindBool && b.kind == kindBool:
		return truthOf(o == opEqual && a.num == b.num || o == opUnequal && a.num != b.num)
	}
	return False
}

// holds is a comparison of numbers as Java and IEEE 754 have it: what is not a
// number is unequal to all, and in no order.
func holds[T int64 | float64](o op, a, b T) bool {
	switch o {
	case opEqual:
		return a == b
	case opUnequal:
		return a != b
	case opLess:
		return a < b
	case opLessOrEqual:
		return a <= b
	case opGreater:
		return a > b
	}
	return a >= b
}

func (e *evaluation) compareStrings(o op, a, b string) Truth {
	if o != opEqual && o != opUnequal {
		return False
	}
	if len(a) == len(b) && !e.left.spendBytes(len(a)) {
		return Unknown
	}
	return truthOf((a == b) == (o == opEqual))
}

// converted turns a string into what it is compared with, if it spells one. Two
// strings that are to be ordered are both wanted as numbers.
func converted(o op, a, b Value) (Value, Value) {
	switch {
	case a.kind != kindString:
		return a, spelled(b, a.kind)
	case b.kind != kindString:
		return spelled(a, b.kind), b
	case o == opEqual || o == opUnequal:
		return a, b
	}
	return spelled(a, kindInt), spelled(b, kindInt)
}

// spelled returns the number or the boolean that a string spells, or the string.
func spelled(v Value, want kind) Value {
	switch want {
	case kindInt, kindFloat:
		if n, ok := Numeric(v.str); ok {
			return n
		}
	case kindBool:
		switch {
		case strings.EqualFold(v.str, "true"):
			return Bool(true)
		case strings.EqualFold(v.str, "false"):
			return Bool(false)
		}
	}
	return v
}
