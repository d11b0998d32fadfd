package selector

// number returns what an operand of arithmetic is worth, or null if it is no
// number: nothing can be calculated with it, and so nothing is known of the result.
func (e *evaluation) number(n *node) Value {
	v := e.value(n)
	if e.convert && v.kind == kindString {
		v, _ = Numeric(v.str)
	}
	if !v.isNumber() {
		return Value{}
	}
	return v
}

// arithmetic goes from left to right. "Comparison or arithmetic with an unknown
// value always yields an unknown value" (3.8.1.2).
func (e *evaluation) arithmetic(n *node) Value {
	v := e.number(&n.kids[0])
	for i := range n.signs {
		v = calculate(n.signs[i], v, e.number(&n.kids[i+1]))
		if v.isNull() {
			return v
		}
	}
	return v
}

// calculate follows Java's numeric promotion (3.8.1.1): two exact numbers make an
// exact one of 64 bits, which wraps around and is cut off by division; otherwise
// both are doubles. An exact division by zero, which Java refuses, is unknown.
func calculate(sign byte, a, b Value) Value {
	switch {
	case a.isNull() || b.isNull():
		return Value{}
	case a.kind == kindFloat || b.kind == kindFloat:
		return Float(apply(sign, a.float(), b.float()))
	case sign == '/' && b.num == 0:
		return Value{}
	}
	return Int(apply(sign, a.int(), b.int()))
}

func apply[T int64 | float64](sign byte, a, b T) T {
	switch sign {
	case '+':
		return a + b
	case '-':
		return a - b
	case '*':
		return a * b
	}
	return a / b
}

func minus(v Value) Value {
	switch v.kind {
	case kindInt:
		return Int(-v.int())
	case kindFloat:
		return Float(-v.float())
	}
	return Value{}
}
