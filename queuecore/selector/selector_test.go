package selector_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/sluicemq/sluice/queuecore/selector"
)

// message is a message of nothing but fields.
type message map[string]selector.Value

func (m message) Field(name string) selector.Value { return m[name] }

func mustCompile(t testing.TB, text string, o selector.Options) *selector.Selector {
	t.Helper()
	s, err := selector.Compile(text, o)
	if err != nil {
		t.Fatalf("Compile(%.60q): %v", text, err)
	}
	return s
}

// outcome is one selector, and what it is worth.
type outcome struct {
	text string
	want selector.Truth
}

// checkOutcomes checks Eval, and that Match is true for True alone.
func checkOutcomes(t *testing.T, m message, o selector.Options, outcomes []outcome) {
	t.Helper()
	for _, x := range outcomes {
		s := mustCompile(t, x.text, o)
		if got, err := s.Eval(m); got != x.want || err != nil {
			t.Errorf("%s: got %v, %v, want %v", x.text, got, err, x.want)
		}
		if s.Match(m) != (x.want == selector.True) {
			t.Errorf("%s is %v: Match = %v", x.text, x.want, s.Match(m))
		}
	}
}

// refusal is a text that is no selector, and the error that says so.
type refusal struct{ text, want string }

func checkRefusals(t *testing.T, o selector.Options, refusals []refusal) {
	t.Helper()
	for _, x := range refusals {
		s, err := selector.Compile(x.text, o)
		var syntax *selector.SyntaxError
		if s != nil || !errors.Is(err, selector.ErrSelector) || !errors.As(err, &syntax) {
			t.Errorf("%.60q: got %v, want a *SyntaxError", x.text, err)
			continue
		}
		if want := "invalid selector: at offset " + x.want; err.Error() != want {
			t.Errorf("%.60q:\n got %v\nwant %v", x.text, err, want)
		}
	}
}

const (
	unknown = selector.Unknown
	no      = selector.False
	yes     = selector.True
)

// "If the value of a message selector is an empty string, the value is treated as a
// null and indicates that there is no message selector" (3.8.1.1).
func TestNoSelector(t *testing.T) {
	for _, text := range []string{"", " \t\r\n\f", "convert_string_expressions:", "hyphenated_props: "} {
		s, err := selector.Compile(text, selector.Options{})
		if s != nil || err != nil {
			t.Errorf("Compile(%q) = %v, %v, want nil", text, s, err)
		}
		if !s.Match(message{}) || s.String() != "" || s.Names() != nil || !s.HeadersOnly() {
			t.Errorf("no selector: Match %v, String %q, Names %v, HeadersOnly %v", s.Match(message{}), s, s.Names(), s.HeadersOnly())
		}
	}
}

func TestString(t *testing.T) {
	tests := []struct {
		text string
		o    selector.Options
		want string
	}{
		{"a = 1", selector.Options{}, "a = 1"},
		{" a\n=  1 ", selector.Options{}, " a\n=  1 "},
		{"a = 1", selector.Options{Convert: true}, "convert_string_expressions:a = 1"},
		{"hyphenated_props:convert_string_expressions:a-b = 1", selector.Options{}, "convert_string_expressions:hyphenated_props:a-b = 1"},
		{"no_convert_string_expressions:a = 1", selector.Options{Convert: true}, "a = 1"},
		{"JMSReplyTo = 'a'", selector.Options{AnyName: true}, "any_jms_names:JMSReplyTo = 'a'"},
		{"no_any_jms_names:any_jms_names:JMSReplyTo = 'a'", selector.Options{}, "any_jms_names:JMSReplyTo = 'a'"},
	}
	for _, x := range tests {
		s := mustCompile(t, x.text, x.o)
		if s.String() != x.want {
			t.Errorf("%q: String() = %q, want %q", x.text, s, x.want)
		}
		if again := mustCompile(t, s.String(), selector.Options{}); again.String() != s.String() {
			t.Errorf("%q: compiled again it is %q", s, again)
		}
	}
}

func TestNames(t *testing.T) {
	tests := []struct {
		text, names string
		headersOnly bool
	}{
		{"b = 1 AND a = 2 OR b IS NULL", "[a b]", false},
		{"JMSType = 'a' AND JMSPriority > 3", "[JMSPriority JMSType]", true},
		{"JMSXGroupID = 'a'", "[JMSXGroupID]", false},
		{"TRUE", "[]", true},
		{"a = 1 OR TRUE", "[]", true}, // a does not matter
		{"a = 1 AND (b = 2 OR FALSE)", "[a b]", false},
	}
	for _, x := range tests {
		s := mustCompile(t, x.text, selector.Options{})
		if got := s.Names(); sprint(got) != x.names || s.HeadersOnly() != x.headersOnly {
			t.Errorf("%s: Names %v, HeadersOnly %v, want %v, %v", x.text, got, s.HeadersOnly(), x.names, x.headersOnly)
		}
	}
	s := mustCompile(t, "a = 1", selector.Options{})
	s.Names()[0] = "b"
	if sprint(s.Names()) != "[a]" {
		t.Errorf("Names can be written through: %v", s.Names())
	}
}

// countingMessage counts how often each field is looked at.
type countingMessage map[string]int

func (m countingMessage) Field(name string) selector.Value {
	m[name]++
	return selector.Int(5)
}

func TestFieldsAreLookedUpOnce(t *testing.T) {
	s := mustCompile(t, "a > 1 AND a < 9 AND (b > a OR b BETWEEN a AND a) AND c = 5 AND d = 6 AND e = 5", selector.Options{})
	m := countingMessage{}
	if s.Match(m) || sprint(map[string]int(m)) != "map[a:1 b:1 c:1 d:1]" {
		t.Errorf("looked up %v, want once each, and nothing after the outcome is known", m)
	}
}

func sprint(v any) string { return fmt.Sprint(v) }

// Only so many names are remembered; the others are looked up each time.
func TestManyNames(t *testing.T) {
	var terms []string
	for c := 'a'; c <= 'l'; c++ {
		terms = append(terms, fmt.Sprintf("%c = 5 AND %c > 4", c, c))
	}
	s := mustCompile(t, strings.Join(terms, " AND "), selector.Options{})
	m := countingMessage{}
	if !s.Match(m) || sprint(map[string]int(m)) != "map[a:1 b:1 c:1 d:1 e:1 f:1 g:1 h:1 i:2 j:2 k:2 l:2]" {
		t.Errorf("looked up %v, want the first eight once", m)
	}
}

// A selector is not changed by being used. (The race detector looks.)
func TestManyGoroutines(t *testing.T) {
	s := mustCompile(t, "a > 1 AND a < 9 AND b LIKE 'x%_z' AND c IN ('1','2','3','4','5','6','7','8','9')", selector.Options{Convert: true})
	var wg sync.WaitGroup
	for i := range 8 {
		// Ends after 100 messages, and the test waits for it.
		wg.Go(func() {
			m := message{"a": selector.Int(int64(i)), "b": selector.String("xyz"), "c": selector.String("9")}
			for range 100 {
				if s.Match(m) != (i > 1) {
					t.Errorf("a = %d: got %v", i, i <= 1)
				}
			}
		})
	}
	wg.Wait()
}
