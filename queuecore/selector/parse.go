package selector

import "fmt"

// parser reads one selector by recursive descent:
//
//	or         = and { OR and }
//	and        = not { AND not }
//	not        = NOT not | comparison
//	comparison = sum [ ("=" | "<>" | "<" | "<=" | ">" | ">=") sum
//	           | [NOT] BETWEEN sum AND sum
//	           | [NOT] IN "(" string { "," string } ")"
//	           | [NOT] LIKE string [ESCAPE string]
//	           | IS [NOT] NULL ]
//	sum        = product { ("+" | "-") product }
//	product    = sign { ("*" | "/") sign }
//	sign       = ("+" | "-") sign | primary
//	primary    = literal | name | "(" or ")"
//
// After the first failure it sees nothing but the end of the text, so that all
// loops end and nobody but run has to ask.
type parser struct {
	lexer   lexer
	options Options
	token   token // not yet taken
	end     int   // of the last token taken
	depth   int   // of what is open
	nodes   int
	failure *SyntaxError
}

// run reads the whole text.
func (p *parser) run() (node, error) {
	p.advance()
	n := p.or()
	p.wantCondition(n)
	if p.token.kind != tokenEnd {
		p.unexpected("AND, OR or the end")
	}
	if p.failure != nil {
		return node{}, p.failure
	}
	return n, nil
}

// advance takes the token.
func (p *parser) advance() {
	p.end = p.token.end
	if p.failure != nil {
		return
	}
	next, failure := p.lexer.next()
	if failure != nil {
		p.fail(failure)
		return
	}
	p.token = next
}

func (p *parser) fail(failure *SyntaxError) {
	if p.failure == nil {
		p.failure = failure
	}
	p.token = token{kind: tokenEnd, at: len(p.lexer.text), end: len(p.lexer.text)}
}

// unexpected fails at the token.
func (p *parser) unexpected(want string) {
	found := "the end"
	if p.token.kind != tokenEnd {
		found = quoted(p.lexer.text[p.token.at:p.token.end])
	}
	p.fail(&SyntaxError{p.token.at, found, want})
}

// refuse fails at what began at byte at and ends with the last token taken.
func (p *parser) refuse(at int, what, want string) {
	p.fail(&SyntaxError{at, what + " " + quoted(p.lexer.text[at:max(at, p.end)]), want})
}

// is reports whether the token is that reserved word or symbol.
func (p *parser) is(text string) bool {
	return p.token.kind >= tokenWord && p.token.text == text
}

// accept takes the token if it is that reserved word or symbol.
func (p *parser) accept(text string) bool {
	if !p.is(text) {
		return false
	}
	p.advance()
	return true
}

func (p *parser) expect(text string) {
	if !p.accept(text) {
		p.unexpected(text)
	}
}

// enter counts a level of nesting that begins at the token; leave ends it.
func (p *parser) enter() {
	if p.depth++; p.depth > p.options.Limits.Depth {
		p.fail(&SyntaxError{p.token.at, "more nesting", fmt.Sprintf("at most %d levels", p.options.Limits.Depth)})
	}
}

func (p *parser) leave() { p.depth-- }

// grow counts a node.
func (p *parser) grow() {
	if p.nodes++; p.nodes > p.options.Limits.Nodes {
		p.fail(&SyntaxError{p.token.at, "more values, names and operators", fmt.Sprintf("at most %d", p.options.Limits.Nodes)})
	}
}

func (p *parser) or() node  { return p.logical("OR", opOr, p.and) }
func (p *parser) and() node { return p.logical("AND", opAnd, p.not) }

func (p *parser) logical(word string, o op, operand func() node) node {
	first := operand()
	if !p.is(word) {
		return first
	}
	p.wantCondition(first)
	kids := []node{first}
	for p.accept(word) {
		p.grow()
		k := operand()
		p.wantCondition(k)
		kids = append(kids, k)
	}
	return join(o, kids)
}

func (p *parser) not() node {
	if !p.is("NOT") {
		return p.comparison()
	}
	p.enter()
	defer p.leave()
	p.grow()
	at := p.token.at
	p.advance()
	k := p.not()
	p.wantCondition(k)
	return node{op: opNot, sort: sortCondition, at: at, kids: []node{k}}.fold(p.options.Convert)
}

func (p *parser) sum() node     { return p.arithmetic("+", "-", opSum, p.product) }
func (p *parser) product() node { return p.arithmetic("*", "/", opProduct, p.sign) }

func (p *parser) arithmetic(one, other string, o op, operand func() node) node {
	first := operand()
	if !p.is(one) && !p.is(other) {
		return first
	}
	p.wantNumber(first)
	n := node{op: o, sort: sortNumber, at: first.at, kids: []node{first}}
	for p.is(one) || p.is(other) {
		n.signs += p.token.text
		p.grow()
		p.advance()
		k := operand()
		p.wantNumber(k)
		n.kids = append(n.kids, k)
	}
	return n.fold(p.options.Convert)
}

func (p *parser) sign() node {
	o, at := opMinus, p.token.at
	switch {
	case p.is("+"):
		o = opPlus
	case !p.is("-"):
		return p.primary()
	}
	p.enter()
	defer p.leave()
	p.grow()
	p.advance()
	if o == opMinus && p.token.kind == tokenNumber {
		return p.number(at, true)
	}
	k := p.sign()
	p.wantNumber(k)
	return node{op: o, sort: sortNumber, at: at, kids: []node{k}}.fold(p.options.Convert)
}

func (p *parser) primary() node {
	p.grow()
	switch t := p.token; {
	case p.is("("):
		return p.parentheses()
	case t.kind == tokenName:
		return p.name()
	case t.kind == tokenNumber:
		return p.number(t.at, false)
	case t.kind == tokenString:
		p.advance()
		return node{op: opLiteral, sort: sortString, at: t.at, value: String(t.text)}
	case p.is("TRUE"), p.is("FALSE"):
		p.advance()
		return node{op: opLiteral, sort: sortCondition, at: t.at, value: Bool(t.text == "TRUE")}
	case p.is("NULL"):
		p.unexpected("a value (to test for null use IS NULL)")
	default:
		p.unexpected("a name, a value or (")
	}
	return node{}
}

func (p *parser) parentheses() node {
	p.enter()
	defer p.leave()
	at := p.token.at
	p.advance()
	n := p.or()
	p.expect(")")
	n.at = at
	return n
}

// number reads the literal at the token; at is where its minus stands, if it has one.
func (p *parser) number(at int, negative bool) node {
	v, err := number(p.token.text, negative)
	if err != nil {
		p.end = p.token.end
		p.refuse(at, err.Error(), "a 64-bit whole number or a double, written as in Java")
	}
	p.advance()
	return node{op: opLiteral, sort: sortNumber, at: at, value: v}
}

func (p *parser) name() node {
	t := p.token
	if !p.options.AnyName && !isAllowed(t.text) {
		p.unexpected(allowedNames)
	}
	p.advance()
	return node{op: opName, at: t.at, value: String(t.text)}
}

// wantCondition fails if n cannot be true or false.
func (p *parser) wantCondition(n node) {
	if n.sort == sortNumber || n.sort == sortString {
		p.refuse(n.at, n.sort.String(), "a condition")
	}
}

// wantNumber fails if n cannot be calculated with.
func (p *parser) wantNumber(n node) {
	if n.sort == sortString || n.sort == sortCondition {
		p.refuse(n.at, n.sort.String(), "a number or a name")
	}
}

// String is how an error calls what it found.
func (s sort) String() string {
	switch s {
	case sortCondition:
		return "the condition"
	case sortNumber:
		return "the number"
	case sortString:
		return "the string"
	}
	return "the name"
}
