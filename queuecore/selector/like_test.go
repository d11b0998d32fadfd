package selector_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/sluicemq/sluice/queuecore/selector"
	"pgregory.net/rapid"
)

func TestLikeEscape(t *testing.T) {
	tests := []struct {
		pattern, escape string // no ESCAPE if escape is empty
		yes, no         []string
	}{
		{"a%", "", []string{"a", "ab"}, []string{"", "ba"}},
		{"%", "", []string{"", "x"}, nil},
		{"", "", []string{""}, []string{"x"}},
		{"_", "", []string{"x", "€", "😀"}, []string{"", "xx"}},
		{"__%", "", []string{"xy", "xyz"}, []string{"x"}},
		{"%_%_%", "", []string{"xy", "xyz"}, []string{"x", ""}},
		{"%b_d%", "", []string{"abcde", "bbd bcd", "b€d"}, []string{"abde", "bd"}},
		{"%aa_b%", "", []string{"aaaxb", "aaaab", "yaa€bz"}, []string{"aab", "axaxb"}},
		{"ab%ba", "", []string{"abba", "abxba"}, []string{"aba", "ab"}},
		{"%_b", "", []string{"ab", "xab"}, []string{"b"}},
		{"_%_", "", []string{"ab", "abc"}, []string{"a"}},
		{"a.*[b]", "", []string{"a.*[b]"}, []string{"axb"}},
		{"50!%", "!", []string{"50%"}, []string{"500", "50!%"}},
		{"!_%", "!", []string{"_", "_x"}, []string{"x"}},
		{"a!!%", "!", []string{"a!", "a!x"}, []string{"a%"}},
		{"a!!!%", "!", []string{"a!%"}, []string{"a!x"}},
		{"a!b", "!", []string{"a!b"}, []string{"ab"}}, // it has nothing to escape
		{"a!", "!", []string{"a!"}, []string{"a"}},    // the same
		{"%_%", "%", []string{"_x", "_"}, []string{"x"}},
		{"_a__", "_", []string{"xa_"}, []string{"xab", "_a"}},
		{"10€%", "€", []string{"10%"}, []string{"10€"}},
		{"10€€_", "€", []string{"10€x"}, []string{"10€_€", "10€€x"}},
	}
	for _, x := range tests {
		text := "a LIKE '" + x.pattern + "'"
		if x.escape != "" {
			text += " ESCAPE '" + x.escape + "'"
		}
		s := mustCompile(t, text, selector.Options{})
		for _, v := range x.yes {
			if !s.Match(message{"a": selector.String(v)}) {
				t.Errorf("%s does not match %q", text, v)
			}
		}
		for _, v := range x.no {
			if s.Match(message{"a": selector.String(v)}) {
				t.Errorf("%s matches %q", text, v)
			}
		}
	}
}

// Bytes that are no UTF-8 count as a character each.
func TestLikeBadUTF8(t *testing.T) {
	for pattern, want := range map[string]bool{"a_b": true, "a__b": false, "%_b": true, "a%b": true} {
		s := mustCompile(t, "a LIKE '"+pattern+"'", selector.Options{})
		if got := s.Match(message{"a": selector.String("a\xffb")}); got != want {
			t.Errorf("%s: got %v, want %v", s, got, want)
		}
	}
}

// dumbLike is LIKE without a thought of its cost.
func dumbLike(s, pattern string, escape rune) bool {
	if pattern == "" {
		return s == ""
	}
	p, n := utf8.DecodeRuneInString(pattern)
	rest := pattern[n:]
	next, m := utf8.DecodeRuneInString(rest)
	c, k := utf8.DecodeRuneInString(s)
	switch {
	case p == escape && m > 0 && strings.ContainsRune("%_"+string(escape), next):
		return k > 0 && c == next && dumbLike(s[k:], rest[m:], escape)
	case p == '%':
		return dumbLike(s, rest, escape) || k > 0 && dumbLike(s[k:], pattern, escape)
	case p == '_':
		return k > 0 && dumbLike(s[k:], rest, escape)
	}
	return k > 0 && c == p && dumbLike(s[k:], rest, escape)
}

func TestLikeBesideDumb(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringOfN(rapid.SampledFrom([]rune("ab€%%__!")), 0, 9, -1).Draw(t, "pattern")
		value := rapid.StringOfN(rapid.SampledFrom([]rune("ab€%_!")), 0, 12, -1).Draw(t, "value")
		escape := rapid.SampledFrom([]rune("!%_a")).Draw(t, "escape")
		s, err := selector.Compile("v LIKE '"+pattern+"' ESCAPE '"+string(escape)+"'", selector.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := s.Match(message{"v": selector.String(value)}), dumbLike(value, pattern, escape); got != want {
			t.Errorf("%s with %q: got %v, want %v", s, value, got, want)
		}
	})
}

// However a pattern is made, it takes no more steps than there are.
func TestLikeIsBounded(t *testing.T) {
	limits := selector.Limits{Steps: 10_000}
	for _, x := range []struct {
		pattern, value string
		err            error
	}{
		{strings.Repeat("%a", 50) + "%b", strings.Repeat("a", 5000), nil}, // a backtracking matcher does not come back
		{strings.Repeat("%a_", 50) + "%b%", strings.Repeat("a", 2000), nil},
		{"%a_b%", strings.Repeat("aa", 10_000), selector.ErrSteps},
		{"%b%", strings.Repeat("a", 39_000), nil},
		{"%b%", strings.Repeat("a", 41_000), selector.ErrSteps},
		{"%b%c%", strings.Repeat("a", 15_000) + "b" + strings.Repeat("a", 15_000) + "c", nil},
		{"%b%c%", strings.Repeat("a", 25_000) + "b" + strings.Repeat("a", 25_000) + "c", selector.ErrSteps},
		{strings.Repeat("_", 11_000), strings.Repeat("a", 11_000), selector.ErrSteps},
	} {
		for _, text := range []string{"v LIKE '" + x.pattern + "'", "v NOT LIKE '" + x.pattern + "'", "v LIKE '" + x.pattern + "' OR TRUE = t"} {
			s := mustCompile(t, text, selector.Options{Limits: limits})
			got, err := s.Eval(message{"v": selector.String(x.value), "t": selector.Bool(true)})
			if err != x.err || (err != nil) != (got == unknown) {
				t.Errorf("%.40s… with %d bytes: got %v, %v, want %v", text, len(x.value), got, err, x.err)
			}
			if err != nil && s.Match(message{"v": selector.String(x.value)}) {
				t.Errorf("%.40s… matches what it has not seen to the end", text)
			}
		}
	}
}
