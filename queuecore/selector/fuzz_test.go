package selector_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/queuecore/selector"
)

// anyMessage has a value for every name, by its first byte and length.
type anyMessage struct{ long string }

func (m anyMessage) Field(name string) selector.Value {
	switch (int(name[0]) + len(name)) % 7 {
	case 0:
		return selector.Value{}
	case 1:
		return selector.Bool(len(name) > 1)
	case 2:
		return selector.Float(float64(len(name)) / 2)
	case 3:
		return selector.String(m.long)
	case 4:
		return selector.String(name)
	case 5:
		return selector.String("5")
	}
	return selector.Int(int64(len(name)))
}

// Whatever the text, it is refused with an error that fits on a line and points
// into it, or it is a selector that its String makes again, and that takes no more
// steps than it may.
func FuzzSelector(f *testing.F) {
	for _, text := range []string{
		"", " ", "a = 1", "JMSType = 'car' AND color = 'blue' AND weight > 2500", "NOT (a OR b) AND c IS NOT NULL", "a BETWEEN 1 AND 2.5e3 OR a NOT IN ('x','y''z')",
		"a LIKE '%a_b%c' ESCAPE '!'", "-a + 0x1F * (b / 07) - .5f <> 9223372036854775807", "a = 1 -- x", "convert_string_expressions:hyphenated_props:x-y.z > 5",
		"((((((((((a))))))))))", "NOT NOT NOT a", "- - + -a = 1", "JMSReplyTo = 'x'", "a IN (", "'", "a\x00b = \"", "\xff", "ſ = 1 and ıN = 2", "1/0=1 and TRUE or a=a=a",
		"a LIKE '" + strings.Repeat("%a", 50) + "b'", "TRUE = (a AND TRUE)",
	} {
		for _, flags := range []byte{0, 3, 7} {
			f.Add(text, flags, "aaaaaaaaab")
		}
	}
	f.Fuzz(func(t *testing.T, text string, flags byte, value string) {
		limits := selector.Limits{Steps: 1000, Nodes: 500}
		s, err := selector.Compile(text, selector.Options{Convert: flags&1 != 0, Hyphens: flags&2 != 0, AnyName: flags&4 != 0, Limits: limits})
		if err != nil {
			checkError(t, text, err)
			return
		}
		again, err := selector.Compile(s.String(), selector.Options{Limits: limits})
		if err != nil || again.String() != s.String() || !slices.Equal(again.Names(), s.Names()) {
			t.Fatalf("%q: compiled again: %q, %v", s, again, err)
		}
		if s == nil {
			return
		}
		m := anyMessage{strings.Repeat(value, 20)}
		got, err := s.Eval(m)
		want, wantErr := again.Eval(m)
		if got != want || err != wantErr || s.Match(m) != (got == selector.True) {
			t.Fatalf("%q: %v, %v, compiled again %v, %v, Match %v", s, got, err, want, wantErr, s.Match(m))
		}
		// What is charged afterwards is one look through a string, and the rest of the nodes.
		if most := limits.Steps + limits.Nodes + 1 + (len(m.long)+len(text))/4; s.Spent(m) > most {
			t.Fatalf("%q took %d steps, want at most %d", s, s.Spent(m), most)
		}
	})
}

func checkError(t *testing.T, text string, err error) {
	t.Helper()
	var syntax *selector.SyntaxError
	if !errors.As(err, &syntax) || !errors.Is(err, selector.ErrSelector) || syntax.Offset < 0 || syntax.Offset > len(text) {
		t.Fatalf("%q: %#v", text, err)
	}
	if line := err.Error(); strings.ContainsAny(line, "\r\n") || len(line) > 500 {
		t.Fatalf("%q: not one short line: %q", text, line)
	}
}
