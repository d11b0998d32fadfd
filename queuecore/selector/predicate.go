package selector

import (
	"strings"
	"unicode/utf8"
)

// comparison reads a comparison, or an operand that stands alone.
func (p *parser) comparison() node {
	left := p.sum()
	if o, ok := p.comparator(); ok {
		return p.compare(left, o)
	}
	if p.is("IS") {
		return p.isNull(left)
	}
	negated := p.accept("NOT")
	switch {
	case p.is("BETWEEN"):
		return p.between(left, negated)
	case p.is("IN"):
		return p.in(left, negated)
	case p.is("LIKE"):
		return p.likes(left, negated)
	case negated:
		p.unexpected("BETWEEN, IN or LIKE")
	}
	return left
}

func (p *parser) comparator() (op, bool) {
	if p.token.kind != tokenSymbol {
		return 0, false
	}
	switch p.token.text {
	case "=":
		return opEqual, true
	case "<>":
		return opUnequal, true
	case "<":
		return opLess, true
	case "<=":
		return opLessOrEqual, true
	case ">":
		return opGreater, true
	case ">=":
		return opGreaterOrEqual, true
	}
	return 0, false
}

// compare reads the right side. "String and Boolean comparison is restricted to =
// and <>" (3.8.1.1), so what is seen to be one of them may not be ordered.
func (p *parser) compare(left node, o op) node {
	ordered := o != opEqual && o != opUnequal
	if ordered {
		p.wantNumber(left)
	}
	p.grow()
	p.advance()
	right := p.sum()
	if ordered {
		p.wantNumber(right)
	}
	p.wantAlike(left, right)
	return p.predicate(o, left, right).fold(p.options.Convert)
}

// wantAlike fails if both sides are known and not alike. No message makes that
// true, and whoever writes content-type = 'text/plain' should hear that he takes
// one property from another.
func (p *parser) wantAlike(left, right node) {
	known := left.sort != sortAny && right.sort != sortAny
	if !known || left.sort == right.sort || p.options.Convert && (spells(left, right.sort) || spells(right, left.sort)) {
		return
	}
	want := "something like " + left.sort.String() + " before it"
	if strings.Contains(left.signs, "-") && !p.options.Hyphens {
		want += hyphenHint
	}
	p.refuse(right.at, right.sort.String(), want)
}

// spells reports whether n is a string that can be taken for a value of a sort.
func spells(n node, s sort) bool {
	want := either(s == sortNumber, kindInt, kindBool)
	return n.sort == sortString && spelled(n.value, want).kind != kindString
}

func (p *parser) predicate(o op, kids ...node) node {
	return node{op: o, sort: sortCondition, at: kids[0].at, kids: kids}
}

func (p *parser) between(left node, negated bool) node {
	p.wantNumber(left)
	p.grow()
	p.advance()
	low := p.sum()
	p.wantNumber(low)
	p.expect("AND")
	high := p.sum()
	p.wantNumber(high)
	return p.predicate(either(negated, opNotBetween, opBetween), left, low, high).fold(p.options.Convert)
}

// in reads a list of strings; other values are not what 3.8.1.1 lets IN take.
func (p *parser) in(left node, negated bool) node {
	p.wantName(left, "IN")
	p.grow()
	p.advance()
	p.expect("(")
	items := []string{p.str()}
	for p.accept(",") {
		items = append(items, p.str())
	}
	if !p.accept(")") {
		p.unexpected(", or )")
	}
	n := p.predicate(either(negated, opNotIn, opIn), left)
	n.list = newList(items)
	return n
}

func (p *parser) likes(left node, negated bool) node {
	p.wantName(left, "LIKE")
	p.grow()
	p.advance()
	pattern, escape := p.str(), noEscape
	if p.accept("ESCAPE") {
		escape = p.escape()
	}
	n := p.predicate(either(negated, opNotLike, opLike), left)
	n.like = newLike(pattern, escape)
	return n
}

func (p *parser) escape() rune {
	at := p.token.at
	text := p.str()
	r, n := utf8.DecodeRuneInString(text)
	if n != len(text) || n == 0 {
		p.refuse(at, "the string", "a string of one character after ESCAPE")
	}
	return r
}

func (p *parser) isNull(left node) node {
	p.wantName(left, "IS NULL")
	p.grow()
	p.advance()
	negated := p.accept("NOT")
	if !p.accept("NULL") {
		p.unexpected(either(negated, "NULL", "NULL or NOT NULL"))
	}
	return p.predicate(either(negated, opIsNotNull, opIsNull), left)
}

// str reads a string literal.
func (p *parser) str() string {
	t := p.token
	if t.kind != tokenString {
		p.unexpected("a string in single quotes")
		return ""
	}
	p.advance()
	return t.text
}

// wantName fails if n is no name: LIKE, IN and IS NULL take nothing else.
func (p *parser) wantName(n node, before string) {
	if n.op != opName {
		p.refuse(n.at, "the expression", "a name before "+before)
	}
}

func either[T any](first bool, a, b T) T {
	if first {
		return a
	}
	return b
}
