package selector_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/queuecore/selector"
)

func TestParse(t *testing.T) {
	for _, good := range []string{"a", "*", ">", "a.b", "a.*", "*.*", "*.>", "a.>", "a.*.c.>", "a*", ">a", "a>.b", "**", "a b", "Ä.ö"} {
		p, err := selector.Parse(good)
		if err != nil || p.String() != good {
			t.Errorf("Parse(%q) = %q, %v", good, p, err)
		}
	}
	for _, bad := range []string{"", ".", ".a", "a.", "a..b", ">.a", "a.>.b", "a.>.", "..", ">.>"} {
		if p, err := selector.Parse(bad); !errors.Is(err, selector.ErrPattern) || p != (selector.Pattern{}) {
			t.Errorf("Parse(%q) = %q, %v, want ErrPattern", bad, p, err)
		}
	}
}

func mustParse(t testing.TB, pattern string) selector.Pattern {
	t.Helper()
	p, err := selector.Parse(pattern)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestMatch(t *testing.T) {
	tests := []struct{ pattern, yes, no string }{
		{"a", "a", "b a.b aa A"},
		{"a.b", "a.b", "a a.c a.b.c b.b"},
		{"*", "a b * >", "a.b"},
		{"*.b", "a.b b.b *.b", "b a.c a.b.b"},
		{"a.*", "a.b a.a a.* a.>", "a b.b a.b.c"},
		{"a.*.c", "a.b.c a.a.c", "a.c a.b.b a.b.c.d"},
		{">", "a a.b a.b.c *", ""},
		{"a.>", "a.b a.b.c a.>", "a b b.a aa.b"},
		{"*.>", "a.b a.b.c", "a"},
		{"a.*.>", "a.b.c a.b.c.d", "a.b a"},
		{"a*", "a*", "ab a"},
		{">a", ">a", "a ba"},
	}
	for _, x := range tests {
		p := mustParse(t, x.pattern)
		for _, s := range strings.Fields(x.yes) {
			if !p.Match(s) {
				t.Errorf("%q does not match %q", p, s)
			}
		}
		for _, s := range append(strings.Fields(x.no), "", ".", ".a", "a.", "a..b", "a.b.", "a.b..c", "a.b.c.") {
			if p.Match(s) {
				t.Errorf("%q matches %q", p, s)
			}
		}
	}
	if (selector.Pattern{}).Match("") || (selector.Pattern{}).Match("a") {
		t.Error("the zero Pattern matches something")
	}
}

func TestIsLiteral(t *testing.T) {
	for pattern, want := range map[string]bool{"a": true, "a.b": true, "a*.b>": true, "*": false, ">": false, "a.*": false, "a.*.b": false, "a.>": false} {
		if got := mustParse(t, pattern).IsLiteral(); got != want {
			t.Errorf("IsLiteral(%q) = %v", pattern, got)
		}
	}
	if (selector.Pattern{}).IsLiteral() {
		t.Error("the zero Pattern is literal")
	}
}

// subjects are all subjects of up to four tokens over a small alphabet. "c" is
// in no pattern, and so stands for all the other tokens there are.
func subjects() []string {
	all, last := []string{}, []string{""}
	for range 4 {
		var longer []string
		for _, s := range last {
			for _, token := range []string{"a", "b", "c"} {
				longer = append(longer, strings.TrimPrefix(s+"."+token, "."))
			}
		}
		all, last = append(all, longer...), longer
	}
	return all
}

// patterns are all patterns of up to three tokens, so that a tail has room to differ
// within the subjects.
func patterns(t *testing.T) []selector.Pattern {
	var all []selector.Pattern
	last := []string{""}
	for range 3 {
		var longer []string
		for _, s := range last {
			for _, token := range []string{"a", "b", "*", ">"} {
				p := strings.TrimPrefix(s+"."+token, ".")
				all = append(all, mustParse(t, p))
				if token != ">" {
					longer = append(longer, p)
				}
			}
		}
		last = longer
	}
	return all
}

func TestOverlapsAndCovers(t *testing.T) {
	subjects := subjects()
	all := patterns(t)
	for _, a := range all {
		for _, b := range all {
			overlaps, covers := false, true
			for _, s := range subjects {
				overlaps = overlaps || a.Match(s) && b.Match(s)
				covers = covers && (a.Match(s) || !b.Match(s))
			}
			if got := selector.Overlaps(a, b); got != overlaps {
				t.Errorf("Overlaps(%q, %q) = %v", a, b, got)
			}
			if got := selector.Covers(a, b); got != covers {
				t.Errorf("Covers(%q, %q) = %v", a, b, got)
			}
		}
	}
	var none selector.Pattern
	if a := all[0]; selector.Overlaps(none, a) || selector.Overlaps(a, none) || selector.Covers(none, a) || !selector.Covers(a, none) {
		t.Error("the zero Pattern does not count as one that matches nothing")
	}
}

func TestMatchDoesNotAllocate(t *testing.T) {
	p := mustParse(t, "orders.*.*.placed.>")
	n := testing.AllocsPerRun(100, func() {
		if !p.Match("orders.eu.north.placed.by.phone") {
			t.Error("no match")
		}
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// dumbMatch is Match, told with slices.
func dumbMatch(pattern, subject string) bool {
	want, have := strings.Split(pattern, "."), strings.Split(subject, ".")
	for _, token := range have {
		if token == "" {
			return false
		}
	}
	for i, token := range want {
		if token == ">" {
			return len(have) > i
		}
		if i >= len(have) || token != "*" && token != have[i] {
			return false
		}
	}
	return len(want) == len(have)
}

func dumbValid(pattern string) bool {
	tokens := strings.Split(pattern, ".")
	for i, token := range tokens {
		if token == "" || token == ">" && i < len(tokens)-1 {
			return false
		}
	}
	return true
}

func FuzzPattern(f *testing.F) {
	for _, seed := range [][3]string{
		{"a.*.c", "a.>", "a.b.c"}, {">", "*", "a"}, {"a..b", "a.", "a..b"}, {"*.>", "a.b.>", "a.b"}, {"", ".", ""},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	f.Fuzz(func(t *testing.T, first, second, subject string) {
		a, errA := selector.Parse(first)
		b, errB := selector.Parse(second)
		if (errA == nil) != dumbValid(first) || (errB == nil) != dumbValid(second) {
			t.Fatalf("Parse(%q), Parse(%q): %v, %v", first, second, errA, errB)
		}
		if errA != nil || errB != nil {
			return
		}
		if a.Match(subject) != dumbMatch(first, subject) {
			t.Errorf("%q matches %q: %v", a, subject, a.Match(subject))
		}
		if a.Match(subject) && b.Match(subject) && !selector.Overlaps(a, b) {
			t.Errorf("%q and %q match %q and do not overlap", a, b, subject)
		}
		if selector.Overlaps(a, b) != selector.Overlaps(b, a) {
			t.Errorf("Overlaps(%q, %q) depends on the order", a, b)
		}
		if selector.Covers(a, b) && (!selector.Overlaps(a, b) || b.Match(subject) && !a.Match(subject)) {
			t.Errorf("%q covers %q, with subject %q", a, b, subject)
		}
		if !selector.Covers(a, a) {
			t.Errorf("%q does not cover itself", a)
		}
		if a.IsLiteral() && subject != first && a.Match(subject) {
			t.Errorf("literal %q matches %q", a, subject)
		}
		var table selector.Table[int]
		table.Add(a, 1)
		table.Add(b, 2)
		sum := 0
		table.Match(subject, func(v int) { sum += v })
		want := 0
		if a.Match(subject) {
			want++
		}
		if b.Match(subject) {
			want += 2
		}
		if sum != want {
			t.Errorf("table of %q and %q finds %b for %q, want %b", a, b, sum, subject, want)
		}
	})
}
