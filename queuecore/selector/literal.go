package selector

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// What a literal may be instead of a number.
var (
	errMalformed = errors.New("a malformed number")
	errRange     = errors.New("a number out of range")
)

// number reads a literal in the syntax of Java's, which Jakarta Messaging 3.1,
// 3.8.1.1, refers to: exact ones decimal, hexadecimal, octal or binary, with L or
// without; approximate ones decimal or hexadecimal, with F, D or without; digits
// may be separated by "_". All exact numbers are 64 bits wide. negative says that
// a minus stands before it, without which the lowest of them cannot be written.
func number(text string, negative bool) (Value, error) {
	lower := strings.ToLower(text)
	hex := strings.HasPrefix(lower, "0x")
	plain, ok := withoutUnderscores(lower, hex)
	switch {
	case !ok:
		return Value{}, errMalformed
	case isFloat(plain, hex):
		return float(plain, negative)
	}
	return exact(strings.TrimSuffix(plain, "l"), negative)
}

// isFloat reports whether a literal is of an approximate number.
func isFloat(text string, hex bool) bool {
	if hex {
		return strings.ContainsAny(text, ".p")
	}
	return strings.ContainsAny(text, ".efd") && !strings.HasPrefix(text, "0b")
}

func float(text string, negative bool) (Value, error) {
	bits := 64
	if short, ok := strings.CutSuffix(text, "f"); ok {
		text, bits = short, 32 // rounded as Java rounds a float
	} else {
		text = strings.TrimSuffix(text, "d")
	}
	f, err := strconv.ParseFloat(text, bits)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return Value{}, errRange
	case err != nil:
		return Value{}, errMalformed
	case negative:
		f = -f
	}
	return Float(f), nil
}

func exact(text string, negative bool) (Value, error) {
	digits, base := text, 10
	switch {
	case strings.HasPrefix(text, "0x"):
		digits, base = text[2:], 16
	case strings.HasPrefix(text, "0b"):
		digits, base = text[2:], 2
	case len(text) > 1 && text[0] == '0':
		base = 8
	}
	n, err := strconv.ParseUint(digits, base, 64)
	switch {
	case errors.Is(err, strconv.ErrRange), base == 10 && n > math.MaxInt64 && !(negative && n == 1<<63):
		return Value{}, errRange
	case err != nil:
		return Value{}, errMalformed
	case negative:
		n = -n
	}
	return Int(int64(n)), nil
}

// withoutUnderscores takes away what separates digits, and reports whether each
// "_" does.
func withoutUnderscores(text string, hex bool) (string, bool) {
	isPart := func(i int) bool {
		return i >= 0 && i < len(text) && (isDigit(text[i]) || text[i] == '_' || hex && 'a' <= text[i] && text[i] <= 'f')
	}
	for i := range len(text) {
		if text[i] == '_' && !(isPart(i-1) && isPart(i+1)) {
			return "", false
		}
	}
	return strings.ReplaceAll(text, "_", ""), true
}
