package selector_test

import (
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/queuecore/selector"
	"pgregory.net/rapid"
)

// The dumb twin of a selector: a tree that was not parsed, whose text is printed
// and compiled, and whose worth is found by reading the standard aloud. A value is
// nil (null or unknown), bool, int64, float64, string or struct{} (anything else).

// dumb is one expression.
type dumb struct {
	text  string
	level int // how tightly its outermost operator binds
	worth func(*dumbMessage) any
	name  string // if it is nothing but a name
}

func operation(text string, level int, worth func(*dumbMessage) any) dumb {
	return dumb{text: text, level: level, worth: worth}
}

// The levels of the standard's precedence, from what binds least.
const (
	levelOr = iota
	levelAnd
	levelNot
	levelComparison
	levelSum
	levelProduct
	levelSign
	levelOperand
)

type dumbMessage struct {
	fields  map[string]any
	convert bool
}

func (m *dumbMessage) Field(name string) selector.Value {
	switch v := m.fields[name].(type) {
	case bool:
		return selector.Bool(v)
	case int64:
		return selector.Int(v)
	case float64:
		return selector.Float(v)
	case string:
		return selector.String(v)
	case struct{}:
		return selector.Other()
	}
	return selector.Value{}
}

var (
	dumbAnd = map[[2]any]any{
		{true, true}: true, {true, false}: false, {true, nil}: nil,
		{false, true}: false, {false, false}: false, {false, nil}: false,
		{nil, true}: nil, {nil, false}: false, {nil, nil}: nil,
	}
	dumbOr = map[[2]any]any{
		{true, true}: true, {true, false}: true, {true, nil}: true,
		{false, true}: true, {false, false}: false, {false, nil}: nil,
		{nil, true}: true, {nil, false}: nil, {nil, nil}: nil,
	}
	dumbNot   = map[any]any{true: false, false: true, nil: nil}
	dumbSpelt = regexp.MustCompile(`^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$`)
)

// dumbNumber reads a string as a number, or returns it as it is.
func dumbNumber(s string) any {
	if !dumbSpelt.MatchString(s) {
		return s
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n
	}
	f, _ := strconv.ParseFloat(s, 64)
	return f
}

// dumbAs reads a string as something like other.
func dumbAs(s string, other any) any {
	switch other.(type) {
	case int64, float64:
		return dumbNumber(s)
	case bool:
		if b, ok := map[string]bool{"true": true, "false": false}[strings.ToLower(s)]; ok {
			return b
		}
	}
	return s
}

func dumbConverted(op string, a, b any) (any, any) {
	s, isA := a.(string)
	u, isB := b.(string)
	switch {
	case isA && isB && op != "=" && op != "<>":
		return dumbNumber(s), dumbNumber(u)
	case isA && !isB:
		return dumbAs(s, b), b
	case isB && !isA:
		return a, dumbAs(u, a)
	}
	return a, b
}

func isDumbNumber(v any) bool {
	_, whole := v.(int64)
	_, float := v.(float64)
	return whole || float
}

func dumbFloat(v any) float64 {
	if n, ok := v.(int64); ok {
		return float64(n)
	}
	return v.(float64)
}

func dumbCompare(m *dumbMessage, op string, a, b any) any {
	if a == nil || b == nil {
		return nil
	}
	if m.convert {
		a, b = dumbConverted(op, a, b)
	}
	if isDumbNumber(a) && isDumbNumber(b) {
		x, whole := a.(int64)
		y, both := b.(int64)
		if whole && both {
			c := big.NewInt(x).Cmp(big.NewInt(y))
			return map[string]bool{"=": c == 0, "<>": c != 0, "<": c < 0, "<=": c <= 0, ">": c > 0, ">=": c >= 0}[op]
		}
		f, g := dumbFloat(a), dumbFloat(b)
		return map[string]bool{"=": f == g, "<>": f != g, "<": f < g, "<=": f <= g, ">": f > g, ">=": f >= g}[op]
	}
	_, bools := a.(bool)
	_, strings := a.(string)
	if _, ok := b.(bool); ok && bools {
		return op == "=" && a == b || op == "<>" && a != b
	}
	if _, ok := b.(string); ok && strings {
		return op == "=" && a == b || op == "<>" && a != b
	}
	return false
}

// dumbOperand returns a number, or nil.
func dumbOperand(m *dumbMessage, v any) any {
	if s, ok := v.(string); ok && m.convert {
		v = dumbNumber(s)
	}
	if !isDumbNumber(v) {
		return nil
	}
	return v
}

func dumbCalculate(m *dumbMessage, op string, a, b any) any {
	a, b = dumbOperand(m, a), dumbOperand(m, b)
	if a == nil || b == nil {
		return nil
	}
	x, whole := a.(int64)
	y, both := b.(int64)
	if whole && both {
		return dumbExact(op, big.NewInt(x), big.NewInt(y))
	}
	f, g := dumbFloat(a), dumbFloat(b)
	switch op {
	case "+":
		return f + g
	case "-":
		return f - g
	case "*":
		return f * g
	}
	return f / g
}

// dumbExact calculates in integers of any size, and keeps the lowest 64 bits.
func dumbExact(op string, x, y *big.Int) any {
	z := new(big.Int)
	switch op {
	case "+":
		z.Add(x, y)
	case "-":
		z.Sub(x, y)
	case "*":
		z.Mul(x, y)
	default:
		if y.Sign() == 0 {
			return nil
		}
		z.Quo(x, y)
	}
	return int64(z.And(z, new(big.Int).SetUint64(1<<64-1)).Uint64())
}

// dumbTruth is what a value is worth as a condition.
func dumbTruth(m *dumbMessage, v any) any { return dumbCompare(m, "=", v, true) }

// grower draws expressions.
type grower struct {
	*rapid.T
	fuel int // how many operators there may still be
}

func (g *grower) choose(n int) int { return rapid.IntRange(0, n-1).Draw(g.T, "choice") }

// oneOf draws an operator's case by fuel: the first cases are leaves.
func (g *grower) oneOf(leaves, all int) int {
	if g.fuel--; g.fuel < 0 {
		return g.choose(leaves)
	}
	return g.choose(all)
}

func (g *grower) word(w string) string {
	return rapid.SampledFrom([]string{w, strings.ToLower(w), w[:1] + strings.ToLower(w[1:])}).Draw(g.T, "word")
}

// at returns the text of x as an operand of something that binds as tightly as level.
func (g *grower) at(level int, x dumb) string {
	if x.level < level || g.choose(8) == 0 {
		return "(" + rapid.SampledFrom([]string{"", " ", "\t\n"}).Draw(g.T, "blank") + x.text + ")"
	}
	return x.text
}

func (g *grower) name() dumb {
	name := rapid.SampledFrom([]string{"a", "b", "c", "JMSType", "$d_1"}).Draw(g.T, "name")
	return dumb{name, levelOperand, func(m *dumbMessage) any { return m.fields[name] }, name}
}

func literalOf(text string, v any) dumb {
	level := levelOperand
	if text[0] == '-' {
		level = levelSign
	}
	return operation(text, level, func(*dumbMessage) any { return v })
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func dumbStrings() []string {
	return []string{"", "a", "it's", "5", "5.0", "-7e1", "TRUE", "false", "a_b%", "€"}
}
func dumbInts() []int64 {
	return []int64{0, 1, -1, 2, 5, -70, 1 << 53, 1<<53 + 1, 1<<63 - 1, -1 << 63}
}
func dumbFloats() []float64 { return []float64{0, 1, 0.5, -70, 5, 1e308, 1 << 53} }

func (g *grower) string() dumb {
	s := rapid.SampledFrom(dumbStrings()).Draw(g.T, "string")
	return literalOf(quote(s), s)
}

func (g *grower) number() dumb {
	switch g.oneOf(3, 7) {
	case 0:
		return g.name()
	case 1:
		n := rapid.SampledFrom(dumbInts()).Draw(g.T, "int")
		return literalOf(strconv.FormatInt(n, 10), n)
	case 2:
		f := rapid.SampledFrom(dumbFloats()).Draw(g.T, "float")
		return literalOf(strconv.FormatFloat(f, 'e', -1, 64), f)
	case 3, 4:
		return g.binary(levelSum, rapid.SampledFrom([]string{"+", "-"}).Draw(g.T, "op"))
	case 5:
		return g.binary(levelProduct, rapid.SampledFrom([]string{"*", "/"}).Draw(g.T, "op"))
	}
	x := g.number()
	if g.choose(3) == 0 {
		return operation("+ "+g.at(levelSign, x), levelSign, func(m *dumbMessage) any { return dumbOperand(m, x.worth(m)) })
	}
	return operation("- "+g.at(levelSign, x), levelSign, func(m *dumbMessage) any {
		if f, ok := dumbOperand(m, x.worth(m)).(float64); ok {
			return -f
		}
		return dumbCalculate(m, "-", int64(0), x.worth(m))
	})
}

func (g *grower) binary(level int, op string) dumb {
	x, y := g.number(), g.number()
	return operation(g.at(level, x)+" "+op+" "+g.at(level+1, y), level, func(m *dumbMessage) any {
		return dumbCalculate(m, op, x.worth(m), y.worth(m))
	})
}

func (g *grower) condition() dumb {
	switch g.oneOf(3, 13) {
	case 0:
		x := g.name()
		return dumb{x.text, levelOperand, func(m *dumbMessage) any { return dumbTruth(m, x.worth(m)) }, x.name}
	case 1:
		return literalOf(g.word("TRUE"), true)
	case 2:
		return literalOf(g.word("FALSE"), false)
	case 3:
		x := g.condition()
		return operation(g.word("NOT")+" "+g.at(levelNot, x), levelNot, func(m *dumbMessage) any { return dumbNot[x.worth(m)] })
	case 4, 5:
		return g.logical("AND", levelAnd, dumbAnd)
	case 6, 7:
		return g.logical("OR", levelOr, dumbOr)
	case 8:
		return g.equality()
	case 9:
		op := rapid.SampledFrom([]string{"=", "<>", "<", "<=", ">", ">="}).Draw(g.T, "op")
		return g.comparison(op, g.number(), g.number())
	case 10:
		return g.between()
	case 11:
		return g.in()
	}
	return g.likeOrNull()
}

func (g *grower) logical(word string, level int, table map[[2]any]any) dumb {
	x, y := g.condition(), g.condition()
	return operation(g.at(level, x)+" "+g.word(word)+" "+g.at(level, y), level, func(m *dumbMessage) any {
		return table[[2]any{x.worth(m), y.worth(m)}]
	})
}

func (g *grower) comparison(op string, x, y dumb) dumb {
	return operation(g.at(levelSum, x)+rapid.SampledFrom([]string{" " + op + " ", op, "\n" + op}).Draw(g.T, "spaced")+g.at(levelSum, y), levelComparison, func(m *dumbMessage) any {
		return dumbCompare(m, op, x.worth(m), y.worth(m))
	})
}

func (g *grower) equality() dumb {
	op := rapid.SampledFrom([]string{"=", "<>"}).Draw(g.T, "op")
	switch g.choose(4) {
	case 0:
		return g.comparison(op, g.name(), g.string())
	case 1:
		return g.comparison(op, g.string(), g.string())
	case 2:
		return g.comparison(op, g.operand(), g.operand())
	}
	return g.comparison(op, g.operand(), g.name())
}

// operand returns something true or false to be compared. A name alone is compared
// as what it holds.
func (g *grower) operand() dumb {
	x := g.condition()
	if x.name != "" {
		x.worth = func(m *dumbMessage) any { return m.fields[x.name] }
	}
	return x
}

func (g *grower) not() (string, bool) {
	if g.choose(2) == 0 {
		return g.word("NOT") + " ", true
	}
	return "", false
}

func (g *grower) between() dumb {
	x, low, high := g.number(), g.number(), g.number()
	not, negated := g.not()
	text := g.at(levelSum, x) + " " + not + g.word("BETWEEN") + " " + g.at(levelSum, low) + " " + g.word("AND") + " " + g.at(levelSum, high)
	return operation(text, levelComparison, func(m *dumbMessage) any {
		v, l, h := x.worth(m), low.worth(m), high.worth(m)
		if negated {
			return dumbOr[[2]any{dumbCompare(m, "<", v, l), dumbCompare(m, ">", v, h)}]
		}
		return dumbAnd[[2]any{dumbCompare(m, ">=", v, l), dumbCompare(m, "<=", v, h)}]
	})
}

func (g *grower) in() dumb {
	x := g.name()
	not, negated := g.not()
	items := rapid.SliceOfN(rapid.SampledFrom(dumbStrings()), 1, 12).Draw(g.T, "items")
	quoted := make([]string, len(items))
	for i, s := range items {
		quoted[i] = quote(s)
	}
	return operation(x.text+" "+not+g.word("IN")+" ("+strings.Join(quoted, " ,")+")", levelComparison, func(m *dumbMessage) any {
		var found any = false
		for _, s := range items {
			found = dumbOr[[2]any{found, dumbCompare(m, "=", x.worth(m), s)}]
		}
		if negated {
			return dumbNot[found]
		}
		return found
	})
}

func (g *grower) likeOrNull() dumb {
	x := g.name()
	not, negated := g.not()
	if g.choose(3) == 0 {
		return operation(x.text+" "+g.word("IS")+" "+not+g.word("NULL"), levelComparison, func(m *dumbMessage) any {
			return (x.worth(m) == nil) != negated
		})
	}
	pattern := rapid.SampledFrom([]string{"%", "a%", "_", "%.%", "a!_b!%", "%'%", "%5%"}).Draw(g.T, "pattern")
	return operation(x.text+" "+not+g.word("LIKE")+" "+quote(pattern)+" "+g.word("ESCAPE")+" '!'", levelComparison, func(m *dumbMessage) any {
		switch v := x.worth(m).(type) {
		case nil:
			return nil
		case string:
			return dumbLike(v, pattern, '!') != negated
		}
		return false
	})
}

func (g *grower) message() *dumbMessage {
	m := &dumbMessage{make(map[string]any), rapid.Bool().Draw(g.T, "convert")}
	for _, name := range []string{"a", "b", "c", "JMSType", "$d_1"} {
		switch g.choose(6) {
		case 0:
			m.fields[name] = rapid.SampledFrom(dumbInts()).Draw(g.T, "value")
		case 1:
			m.fields[name] = rapid.SampledFrom(dumbFloats()).Draw(g.T, "value")
		case 2, 3:
			m.fields[name] = rapid.SampledFrom(dumbStrings()).Draw(g.T, "value")
		case 4:
			m.fields[name] = rapid.Bool().Draw(g.T, "value")
		case 5:
			m.fields[name] = rapid.SampledFrom([]any{nil, struct{}{}}).Draw(g.T, "value")
		}
	}
	return m
}

// A selector is worth what its twin is, whatever the message.
func TestTwin(t *testing.T) {
	seen := make(map[any]int)
	rapid.Check(t, func(t *rapid.T) {
		g := &grower{t, 25}
		x := g.condition()
		m := g.message()
		s, err := selector.Compile(x.text, selector.Options{Convert: m.convert})
		if err != nil {
			t.Fatalf("%s: %v", x.text, err)
		}
		got, err := s.Eval(m)
		want := x.worth(m)
		if err != nil || got != map[any]selector.Truth{true: selector.True, false: selector.False, nil: selector.Unknown}[want] {
			t.Fatalf("%s\nwith %v, convert %v: got %v, %v, want %v", x.text, m.fields, m.convert, got, err, want)
		}
		seen[want]++
	})
	for _, v := range []any{true, false, nil} {
		if seen[v] == 0 {
			t.Errorf("no selector was %v", v)
		}
	}
}
