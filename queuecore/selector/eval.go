package selector

// evaluation is one look of a selector at one message. It lives on the stack of
// whoever calls Match.
type evaluation struct {
	fields  Fields
	convert bool
	left    steps
	known   uint16 // which slots are filled
	slots   [cached]Value
}

// truth returns what a condition is worth.
func (e *evaluation) truth(n *node) Truth {
	if !e.left.spend(1) {
		return Unknown
	}
	switch n.op {
	case opAnd, opOr:
		return e.joined(n)
	case opNot:
		return e.truth(&n.kids[0]).not()
	case opEqual, opUnequal, opLess, opLessOrEqual, opGreater, opGreaterOrEqual:
		return e.compare(n.op, e.value(&n.kids[0]), e.value(&n.kids[1]))
	case opBetween, opNotBetween:
		return e.between(n)
	case opIn:
		return e.in(n)
	case opNotIn:
		return e.in(n).not()
	case opLike, opNotLike:
		return e.likes(n)
	case opIsNull:
		return truthOf(e.value(&n.kids[0]).isNull())
	case opIsNotNull:
		return truthOf(!e.value(&n.kids[0]).isNull())
	}
	return e.condition(e.value(n))
}

// joined goes from left to right, and no further than the outcome is open.
func (e *evaluation) joined(n *node) Truth {
	deciding, all := False, True
	if n.op == opOr {
		deciding, all = True, False
	}
	for i := range n.kids {
		t := e.truth(&n.kids[i])
		if t == deciding {
			return t
		}
		if n.op == opAnd {
			all = all.and(t)
		} else {
			all = all.or(t)
		}
	}
	return all
}

// condition is what a value is worth that stands where a condition is wanted: the
// same as "value = TRUE".
func (e *evaluation) condition(v Value) Truth {
	return e.compare(opEqual, v, Bool(true))
}

// between is "low <= v AND v <= high"; NOT BETWEEN is "v < low OR v > high"
// (3.8.1.1).
func (e *evaluation) between(n *node) Truth {
	v, low, high := e.value(&n.kids[0]), e.value(&n.kids[1]), e.value(&n.kids[2])
	if n.op == opNotBetween {
		return e.compare(opLess, v, low).or(e.compare(opGreater, v, high))
	}
	return e.compare(opGreaterOrEqual, v, low).and(e.compare(opLessOrEqual, v, high))
}

// in is "(v = a) OR (v = b) OR …" (3.8.1.1).
func (e *evaluation) in(n *node) Truth {
	v := e.value(&n.kids[0])
	switch {
	case v.isNull():
		return Unknown
	case v.kind == kindString:
		return truthOf(e.left.spendBytes(len(v.str)) && n.list.has(v.str))
	case !e.convert:
		return False
	}
	for _, item := range n.list.items {
		if e.left.spend(1) && e.compare(opEqual, v, String(item)) == True {
			return True
		}
	}
	return False
}

// likes is false for what is no string, whether NOT stands there or not: it is a
// comparison of values that are not alike.
func (e *evaluation) likes(n *node) Truth {
	v := e.value(&n.kids[0])
	switch v.kind {
	case kindNull:
		return Unknown
	case kindString:
		return truthOf(n.like.match(v.str, &e.left) == (n.op == opLike))
	}
	return False
}

// value returns what an operand is worth.
func (e *evaluation) value(n *node) Value {
	if n.op == opLiteral {
		return n.value
	}
	if !e.left.spend(1) {
		return Value{}
	}
	switch n.op {
	case opName:
		return e.field(n)
	case opSum, opProduct:
		return e.arithmetic(n)
	case opMinus:
		return minus(e.number(&n.kids[0]))
	case opPlus:
		return e.number(&n.kids[0])
	}
	return e.truth(n).value()
}

func (e *evaluation) field(n *node) Value {
	if n.slot == 0 {
		return e.fields.Field(n.value.str)
	}
	i := n.slot - 1
	if e.known&(1<<i) == 0 {
		e.slots[i] = e.fields.Field(n.value.str)
		e.known |= 1 << i
	}
	return e.slots[i]
}
