package selector

import "strconv"

// maxNumeric is the length of the longest string that Numeric reads. The
// shortest spelling of every float64 that is exact to the bit is far below.
const maxNumeric = 64

// Numeric reads a decimal number: a sign or none, digits with a point or none, an
// exponent or none, nothing around it and at most 64 bytes of it. A whole number in
// the range of int64 comes as an exact one, everything else as an approximate one.
// It reports false for what is no such number, or is out of the range of float64.
func Numeric(text string) (Value, bool) {
	whole, ok := isDecimal(text)
	if !ok {
		return Value{}, false
	}
	if whole {
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return Int(n), true
		}
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return Value{}, false
	}
	return Float(f), true
}

// isDecimal reports whether text is spelled as Numeric says, and whether it has
// neither point nor exponent. It comes before strconv, whose errors allocate.
func isDecimal(text string) (whole, ok bool) {
	if len(text) > maxNumeric {
		return false, false
	}
	s := withoutSign(text)
	before := digits(s)
	s = s[before:]
	after, whole := 0, true
	if s != "" && s[0] == '.' {
		after, whole = digits(s[1:]), false
		s = s[1+after:]
	}
	if before+after == 0 {
		return false, false
	}
	if s != "" && (s[0] == 'e' || s[0] == 'E') {
		s, whole = withoutSign(s[1:]), false
		n := digits(s)
		return false, n > 0 && n == len(s)
	}
	return whole, s == ""
}

func withoutSign(s string) string {
	if s != "" && (s[0] == '+' || s[0] == '-') {
		return s[1:]
	}
	return s
}

// digits returns how many digits s begins with.
func digits(s string) int {
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return n
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
