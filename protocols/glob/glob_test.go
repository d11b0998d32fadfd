package glob_test

import (
	"path"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/sluicemq/sluice/protocols/glob"
)

func TestStars(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		ok            bool
	}{
		{"a", "a", true},
		{"a", "b", false},
		{"a", "", false},
		{"*", "", true},
		{"*", "a.b/c", true},
		{"a*", "a", true},
		{"a*", "ba", false},
		{"*a", "ba", true},
		{"*a", "ab", false},
		{"a*c", "abc", true},
		{"a*c", "abcd", false},
		{"a**c", "ac", true},
		{"*a*b*", "xxaxxbxx", true},
		{"*ab", "aab", true},
		{"A", "a", false},
		{"é*", "éa", true},
		{"a.b", "axb", false},
	} {
		if glob.Stars(c.pattern, c.name) != c.ok {
			t.Errorf("%q and %q: want %v", c.pattern, c.name, c.ok)
		}
		if glob.Match(c.pattern, c.name) != c.ok {
			t.Errorf("%q and %q: Match: want %v", c.pattern, c.name, c.ok)
		}
	}
	if !glob.Match("a?c", "abc") || glob.Match("a?", "a") || glob.Match("*?", "") || glob.Stars("a?c", "abc") || !glob.Stars("a?c", "a?c") {
		t.Error("? is one byte to Match, and itself to Stars")
	}
	if glob.Stars(strings.Repeat("a*", 100)+"b", strings.Repeat("a", 10_000)) {
		t.Error("no b there")
	}
}

// Where only letters, stars and question marks are used, path.Match says the same.
func TestPatternsAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringOfN(rapid.RuneFrom([]rune("ab*?")), 0, 8, -1).Draw(t, "pattern")
		name := rapid.StringOfN(rapid.RuneFrom([]rune("ab")), 0, 12, -1).Draw(t, "name")
		want, err := path.Match(pattern, name)
		if err != nil || glob.Match(pattern, name) != want {
			t.Fatalf("%q and %q: want %v (%v)", pattern, name, want, err)
		}
	})
}
