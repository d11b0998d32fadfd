package router

import "strings"

// Valid reports whether s is a subject that can be subscribed to: tokens
// without blanks between dots, none empty, ">" only as the last one (NATS docs,
// "Subject-Based Messaging").
func Valid[S ~string | ~[]byte](s S) bool {
	start, rest := 0, false
	for i := 0; i <= len(s); i++ {
		if i < len(s) && s[i] != '.' {
			if blank(s[i]) {
				return false
			}
			continue
		}
		if i == start || rest {
			return false
		}
		rest = i == start+1 && s[start] == '>'
		start = i + 1
	}
	return true
}

func blank(c byte) bool { return c <= ' ' || c == 0x7f }

// Literal reports whether s has no wildcard token, and so can be published to if
// it is Valid.
func Literal[S ~string | ~[]byte](s S) bool {
	start := 0
	for i := 0; i <= len(s); i++ {
		if i < len(s) && s[i] != '.' {
			continue
		}
		if i == start+1 && (s[start] == '*' || s[start] == '>') {
			return false
		}
		start = i + 1
	}
	return true
}

// Covers reports whether every subject that matches the pattern inner also
// matches outer. A literal subject is a pattern that it alone matches.
func Covers(outer, inner string) bool {
	for {
		o, oRest, oMore := strings.Cut(outer, ".")
		i, iRest, iMore := strings.Cut(inner, ".")
		switch {
		case o == ">":
			return true
		case i == ">", oMore != iMore:
			return false
		case o != "*" && o != i:
			return false
		case !oMore:
			return true
		}
		outer, inner = oRest, iRest
	}
}

// Collide reports whether some subject matches both patterns.
func Collide(a, b string) bool {
	for {
		x, xRest, xMore := strings.Cut(a, ".")
		y, yRest, yMore := strings.Cut(b, ".")
		switch {
		case x == ">" || y == ">":
			return true
		case x != "*" && y != "*" && x != y:
			return false
		case xMore != yMore:
			return false
		case !xMore:
			return true
		}
		a, b = xRest, yRest
	}
}
