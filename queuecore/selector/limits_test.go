package selector_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/queuecore/selector"
)

func TestLimits(t *testing.T) {
	deep := func(n int) string { return strings.Repeat("(", n) + "TRUE" + strings.Repeat(")", n) }
	nots := func(n int) string { return strings.Repeat("NOT ", n) + "TRUE" }
	signs := func(n int) string { return strings.Repeat("- ", n) + "a = 1" }
	ors := func(n int) string { return "a" + strings.Repeat(" OR a", n) }
	sums := func(n int) string { return "a" + strings.Repeat("+a", n) + "=1" }
	long := func(n int) string { return "a='" + strings.Repeat("x", n-4) + "'" }
	for _, x := range []struct {
		name string
		text func(int) string
		most int
		want string // of one more
	}{
		{"parentheses", deep, 200, "200: found more nesting, expected at most 200 levels"},
		{"NOT", nots, 200, "800: found more nesting, expected at most 200 levels"},
		{"signs", signs, 200, "400: found more nesting, expected at most 200 levels"},
		{"OR", ors, 2047, "10240: found more values, names and operators, expected at most 4096"},
		{"sums", sums, 2046, "4096: found more values, names and operators, expected at most 4096"},
		{"length", long, 32768, "0: found 32769 bytes, expected at most 32768"},
	} {
		if s, err := selector.Compile(x.text(x.most), selector.Options{}); err != nil {
			t.Errorf("%d %s: %v", x.most, x.name, err)
		} else if s.Match(message{"a": selector.Bool(false)}); s.String() != x.text(x.most) {
			t.Errorf("%d %s: another text", x.most, x.name)
		}
		checkRefusals(t, selector.Options{}, []refusal{{x.text(x.most + 1), x.want}})
	}
	// What would exhaust the stack of a parser without a limit.
	checkRefusals(t, selector.Options{Limits: selector.Limits{Length: 10 << 20}}, []refusal{
		{deep(10_000), "200: found more nesting, expected at most 200 levels"},
		{deep(1_000_000), "200: found more nesting, expected at most 200 levels"},
		{strings.Repeat("(", 1_000_000), "200: found more nesting, expected at most 200 levels"},
		{nots(1_000_000), "800: found more nesting, expected at most 200 levels"},
	})
}

func TestLimitsAreOptions(t *testing.T) {
	checkRefusals(t, selector.Options{Limits: selector.Limits{Length: 5, Depth: 2, Nodes: 3}}, []refusal{
		{"a = 12", "0: found 6 bytes, expected at most 5"},
		{"hyphenated_props:a = 12", "17: found 6 bytes, expected at most 5"},
		{"(((a", "2: found more nesting, expected at most 2 levels"},
		{"a+b=1", "3: found more values, names and operators, expected at most 3"},
	})
	if _, err := selector.Compile("a=123", selector.Options{Limits: selector.Limits{Length: 5, Depth: 1, Nodes: 3}}); err != nil {
		t.Error(err)
	}
}

// An IN may list as much as fits.
func TestLongList(t *testing.T) {
	var items []string
	for i := range 3000 {
		items = append(items, fmt.Sprintf("'id%04d'", i))
	}
	s := mustCompile(t, "a IN ("+strings.Join(items, ",")+")", selector.Options{})
	for value, want := range map[string]bool{"id0000": true, "id2999": true, "id3000": false} {
		if s.Match(message{"a": selector.String(value)}) != want {
			t.Errorf("%s: got %v", value, !want)
		}
	}
}

// Whatever is long in a message takes steps.
func TestStepsOfStrings(t *testing.T) {
	long := selector.String(strings.Repeat("x", 100_000))
	for _, text := range []string{"a = b", "a <> b", "NOT a = b", "a IN ('x')", "a NOT IN ('x')", "a = b OR TRUE = c"} {
		s := mustCompile(t, text, selector.Options{Limits: selector.Limits{Steps: 10_000}})
		if got, err := s.Eval(message{"a": long, "b": long, "c": selector.Bool(true)}); got != unknown || err != selector.ErrSteps {
			t.Errorf("%s: got %v, %v, want ErrSteps", text, got, err)
		}
	}
	s := mustCompile(t, "a = b", selector.Options{Limits: selector.Limits{Steps: 10}})
	if got, err := s.Eval(message{"a": long, "b": selector.String("x")}); got != no || err != nil {
		t.Errorf("strings of unlike length: got %v, %v, want false at once", got, err)
	}
	s = mustCompile(t, "a = 1 OR a = 2 OR a = 3 OR a = 4", selector.Options{Limits: selector.Limits{Steps: 5}})
	if got, err := s.Eval(message{"a": selector.Int(5)}); got != unknown || err != selector.ErrSteps {
		t.Errorf("%s: got %v, %v, want ErrSteps", s, got, err)
	}
}

// Errors stay on one line and short, whatever the text holds.
func TestErrorsAreShort(t *testing.T) {
	checkRefusals(t, selector.Options{}, []refusal{
		{"a = 'x\ny", `4: found a string without an end, "'x\ny", expected a closing '`},
		{"a = 1 " + strings.Repeat("€", 100), `6: found "` + strings.Repeat("€", 13) + `"…, expected AND, OR or the end`},
		{"a = '\xff'", `5: found the byte 0xff, expected UTF-8`},
		{"a\n\n AMD b", `4: found "AMD", expected AND, OR or the end`},
	})
}

func TestMatchAllocatesNothing(t *testing.T) {
	s := mustCompile(t, "JMSType LIKE 'or%r_' AND n > 5 AND n < 50 AND s IN ('a', 'b') AND (n + 1) * 2 BETWEEN 1 AND 100 AND NOT bad AND x IS NULL", selector.Options{Convert: true})
	var m selector.Fields = message{"JMSType": selector.String("orders"), "n": selector.String("10"), "s": selector.String("b"), "bad": selector.String("no")}
	if !s.Match(m) {
		t.Fatalf("%s does not match", s)
	}
	if n := testing.AllocsPerRun(100, func() { s.Match(m) }); n != 0 {
		t.Errorf("Match allocates %v times", n)
	}
}
