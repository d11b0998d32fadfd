package selector

// op says what a node does with its operands.
type op uint8

const (
	opLiteral op = iota
	opName
	opSum     // kids[0] and each further one added or taken away, as signs says
	opProduct // the same with * and /
	opMinus
	opPlus
	opEqual
	opUnequal
	opLess
	opLessOrEqual
	opGreater
	opGreaterOrEqual
	opBetween
	opNotBetween
	opIn
	opNotIn
	opLike
	opNotLike
	opIsNull
	opIsNotNull
	opNot
	opAnd
	opOr
)

// sort is what is known of a node's value before there is a message.
type sort uint8

const (
	sortAny sort = iota // a name: its value may be anything
	sortCondition
	sortNumber
	sortString
)

// node is one expression. Parse makes it; nobody changes it afterwards.
type node struct {
	op    op
	sort  sort
	slot  uint8  // of a name: one more than its place in evaluation.slots, or 0
	at    int    // where it begins in the text
	value Value  // of a literal; of a name, its spelling
	signs string // of a sum or product, one for each kid but the first
	kids  []node
	like  *like
	list  *list
}

// isConst reports whether no message can change what n is worth.
func (n *node) isConst() bool { return n.op == opLiteral }

// walk calls fn for n and for all below it.
func (n *node) walk(fn func(*node)) {
	fn(n)
	for i := range n.kids {
		n.kids[i].walk(fn)
	}
}

// fold replaces a node whose operands are all literals by what it is worth.
func (n node) fold(convert bool) node {
	for i := range n.kids {
		if !n.kids[i].isConst() {
			return n
		}
	}
	e := evaluation{convert: convert, left: defaultSteps}
	return node{op: opLiteral, sort: n.sort, at: n.at, value: e.value(&n)}
}

// join returns the AND or the OR of conditions, without those that cannot change
// the outcome: of an AND, the true ones and all beside a false one.
func join(o op, kids []node) node {
	deciding := Bool(o == opOr)
	idle := Bool(o == opAnd)
	kept := kids[:0]
	for _, k := range kids {
		switch {
		case k.isConst() && k.value == deciding:
			return k
		case k.isConst() && k.value == idle:
			continue
		}
		kept = append(kept, k)
	}
	switch {
	case len(kept) == 0:
		return node{op: opLiteral, sort: sortCondition, at: kids[0].at, value: idle}
	case len(kept) == 1 && kept[0].op != opName: // a name alone may be worth more than true or false
		return kept[0]
	}
	return node{op: o, sort: sortCondition, at: kept[0].at, kids: kept}.fold(false) // what is left may all be unknown
}

// list is what an IN names.
type list struct {
	items []string
	index map[string]struct{} // nil while there are few
}

// shortList is the length up to which an IN is searched item by item.
const shortList = 8

func newList(items []string) *list {
	l := &list{items: items}
	if len(items) > shortList {
		l.index = make(map[string]struct{}, len(items))
		for _, s := range items {
			l.index[s] = struct{}{}
		}
	}
	return l
}

func (l *list) has(s string) bool {
	if l.index != nil {
		_, ok := l.index[s]
		return ok
	}
	for _, item := range l.items {
		if item == s {
			return true
		}
	}
	return false
}
