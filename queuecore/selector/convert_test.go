package selector_test

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/queuecore/selector"
	"pgregory.net/rapid"
)

// With Convert, strings are what they spell where that is wanted, as ActiveMQ has it
// for STOMP.
func TestConvert(t *testing.T) {
	m := message{
		"n": selector.String("10"), "m": selector.String("9"), "f": selector.String("2.50"), "t": selector.String("True"), "no": selector.String("false"),
		"w": selector.String("ten"), "i": selector.Int(10), "b": selector.Bool(true), "e": selector.String(""), "o": selector.Other(),
	}
	checkOutcomes(t, m, selector.Options{Convert: true}, []outcome{
		{"n > 9", yes}, {"n = 10", yes}, {"n = 10.0", yes}, {"n <> 10", no}, {"10 = n", yes}, {"f = 2.5", yes}, {"n BETWEEN 9 AND 11", yes}, {"n NOT BETWEEN 9 AND 11", no},
		{"n + 1 = 11", yes}, {"n / 4 = 2", yes}, {"-n < 0", yes}, {"n - m = 1", yes}, {"f * 2 = 5", yes}, {"+n = 10", yes},
		{"n > m", yes}, {"m < n", yes}, {"n = m", no}, {"n = '10'", yes}, {"n = '10.0'", no}, {"n <> '10.0'", yes}, {"i = '10'", yes}, {"i = '10.0'", yes}, {"i = n", yes}, {"i IN ('9', '10')", yes}, {"i NOT IN ('9', '10')", no},
		{"t", yes}, {"no", no}, {"NOT no", yes}, {"t = TRUE", yes}, {"no = FALSE", yes}, {"no <> TRUE", yes}, {"b = t", yes}, {"b = 'true'", yes}, {"b IN ('TRUE')", yes},
		{"w > 9", no}, {"w <> 10", no}, {"w = 10", no}, {"w", no}, {"w + 1 = 1", unknown}, {"w > n", no}, {"e = 0", no}, {"e + 1 = 1", unknown}, {"o = 1", no},
		{"'5' = 5", yes}, {"'true' = TRUE", yes}, {"n + 1 = '11'", yes}, {"x > 1", unknown},
		{"n LIKE '1%'", yes}, {"i LIKE '1%'", no},
	})
	checkOutcomes(t, m, selector.Options{}, []outcome{{"convert_string_expressions:n > 9", yes}, {"n > 9", no}})
	checkRefusals(t, selector.Options{Convert: true}, []refusal{
		{"'x' = 5", `6: found the number "5", expected something like the string before it`},
		{"n > '5'", `4: found the string "'5'", expected a number or a name`},
		{"'5'", `0: found the string "'5'", expected a condition`},
	})
	checkRefusals(t, selector.Options{}, []refusal{
		{"convert_string_expressions:a AND AND", `33: found "AND", expected a name, a value or (`},
		{"convert_strings:a", `15: found ":", expected a name, a value or an operator`},
	})
}

// Names of STOMP headers may have hyphens and dots.
func TestHyphens(t *testing.T) {
	m := message{"content-type": selector.String("text/plain"), "a": selector.Int(5), "a-1": selector.String("x"), "x.y": selector.Int(1), "b-": selector.Int(1)}
	checkOutcomes(t, m, selector.Options{Hyphens: true}, []outcome{
		{"content-type = 'text/plain'", yes}, {"a-1 = 'x'", yes}, {"a - 1 = 4", yes}, {"a -1 = 4", yes}, {"a- 1 = 4", yes}, {"(a)-1 = 4", yes}, {"x.y = 1", yes},
		{"5-1 = 4", yes}, {"1-a = -4", yes}, {"not-a IS NULL", yes}, {"NOT a-1 IS NULL", yes},
	})
	checkOutcomes(t, m, selector.Options{}, []outcome{{"hyphenated_props:content-type = 'text/plain'", yes}, {"a-1 = 4", yes}})
	checkRefusals(t, selector.Options{Hyphens: true}, []refusal{
		{"a. = 1", `1: found ".", expected a name, a value or an operator (names with - and . need the prefix hyphenated_props:)`},
		{".a = 1", `0: found ".", expected a name, a value or an operator (names with - and . need the prefix hyphenated_props:)`},
	})
	checkRefusals(t, selector.Options{}, []refusal{
		{"x.y = 1", `1: found ".", expected a name, a value or an operator (names with - and . need the prefix hyphenated_props:)`},
	})
}

func TestNumeric(t *testing.T) {
	tests := []struct {
		text string
		want selector.Value
	}{
		{"0", selector.Int(0)}, {"-5", selector.Int(-5)}, {"+5", selector.Int(5)}, {"010", selector.Int(10)}, {"9223372036854775807", selector.Int(math.MaxInt64)},
		{"9223372036854775808", selector.Float(1 << 63)}, {"5.0", selector.Float(5)}, {"5.", selector.Float(5)}, {".5", selector.Float(0.5)}, {"-1e3", selector.Float(-1000)},
		{"1E-2", selector.Float(0.01)}, {"1e-999", selector.Float(0)}, {strings.Repeat("0", 63) + "7", selector.Int(7)},
	}
	for _, x := range tests {
		if got, ok := selector.Numeric(x.text); !ok || got != x.want {
			t.Errorf("Numeric(%q) = %v, %v, want %v", x.text, got, ok, x.want)
		}
	}
	for _, text := range []string{"", "+", ".", "-.", "e5", "5e", "5e+", "5 ", " 5", "5x", "0x5", "1_0", "Inf", "NaN", "infinity", "1e999", "--5", "1.2.3", "5f", "٣", strings.Repeat("0", 64) + "7"} {
		if got, ok := selector.Numeric(text); ok {
			t.Errorf("Numeric(%q) = %v, want none", text, got)
		}
	}
}

// Numeric reads whatever Go prints.
func TestNumericReads(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64().Draw(t, "n")
		if got, ok := selector.Numeric(strconv.FormatInt(n, 10)); !ok || got != selector.Int(n) {
			t.Errorf("%d: got %v, %v", n, got, ok)
		}
		f := rapid.Float64().Draw(t, "f")
		if got, ok := selector.Numeric(strconv.FormatFloat(f, 'e', -1, 64)); !ok || got != selector.Float(f) {
			t.Errorf("%g: got %v, %v", f, got, ok)
		}
	})
}
