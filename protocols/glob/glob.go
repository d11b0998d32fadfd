// Package glob matches names with patterns, as configurations and policies have them.
package glob

import "strings"

// Match matches a pattern in which * stands for any bytes, none included, and ? for
// one. It takes time in proportion to the lengths multiplied, whatever the pattern.
func Match(pattern, s string) bool { return match(pattern, s, '?') }

// Stars is Match with no other meaning than its own for ?.
func Stars(pattern, s string) bool { return match(pattern, s, '*') }

// match goes on, when a byte does not fit, with one more for the last star alone. The
// byte one, unless it is a star itself, stands for any.
func match(pattern, s string, one byte) bool {
	star, from := -1, 0
	p, n := 0, 0
	for n < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, n
			p++
		case p < len(pattern) && (pattern[p] == s[n] || pattern[p] == one):
			p++
			n++
		case star >= 0:
			from++
			p, n = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
