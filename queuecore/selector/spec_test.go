package selector_test

import (
	"math"
	"testing"

	"github.com/sluicemq/sluice/queuecore/selector"
)

// Each test holds the sentence of Jakarta Messaging 3.1, section 3.8, that it
// stands over.

// "A selector that evaluates to true matches; a selector that evaluates to false or
// unknown does not match."
func TestSpecOnlyTrueMatches(t *testing.T) {
	checkOutcomes(t, message{"a": selector.Int(1)}, selector.Options{}, []outcome{
		{"a = 1", yes}, {"a = 2", no}, {"b = 1", unknown},
	})
}

// "JMSType = 'car' AND color = 'blue' AND weight > 2500"
func TestSpecCar(t *testing.T) {
	car := func(kind, color string, weight int64) message {
		return message{"JMSType": selector.String(kind), "color": selector.String(color), "weight": selector.Int(weight)}
	}
	const text = "JMSType = 'car' AND color = 'blue' AND weight > 2500"
	checkOutcomes(t, car("car", "blue", 2501), selector.Options{}, []outcome{{text, yes}})
	checkOutcomes(t, car("car", "blue", 2500), selector.Options{}, []outcome{{text, no}})
	checkOutcomes(t, car("car", "red", 2501), selector.Options{}, []outcome{{text, no}})
	checkOutcomes(t, car("bus", "blue", 2501), selector.Options{}, []outcome{{text, no}})
	checkOutcomes(t, message{"color": selector.String("blue")}, selector.Options{}, []outcome{{text, unknown}})
}

// "The order of evaluation of a message selector is from left to right within
// precedence level. Parentheses can be used to change this order."
func TestSpecOrder(t *testing.T) {
	checkOutcomes(t, message{"t": selector.Bool(true), "f": selector.Bool(false), "a": selector.Int(7)}, selector.Options{}, []outcome{
		{"10 - 4 - 3 = 3", yes}, {"10 - (4 - 3) = 9", yes}, {"a - 4 - 3 = 0", yes},
		{"100 / 10 / 5 = 2", yes}, {"100 / (10 / 5) = 50", yes}, {"a * 2 / 3 = 4", yes}, {"a * (2 / 3) = 0", yes},
		{"2 + 3 * 4 = 14", yes}, {"(2 + 3) * 4 = 20", yes}, {"-a + 1 = -6", yes}, {"-(a + 1) = -8", yes}, {"- a * a = -49", yes},
		{"t OR f AND f", yes}, {"(t OR f) AND f", no}, {"f AND f OR t", yes}, {"f AND (f OR t)", no},
		{"NOT f AND f", no}, {"NOT (f AND f)", yes}, {"NOT f OR t", yes}, {"NOT (f OR t)", no},
		{"NOT a = 8", yes}, {"NOT NOT t", yes}, {"NOT a > 1 OR t", yes},
		{"t = (a = 7)", yes}, {"a + 1 > 2 * 3", yes},
	})
}

// "Predefined selector literals and operator names are written here in upper case;
// however, they are case insensitive."
func TestSpecCase(t *testing.T) {
	checkOutcomes(t, message{"a": selector.Int(1), "s": selector.String("x%")}, selector.Options{}, []outcome{
		{"not a = 2 aNd tRuE oR fAlSe", yes}, {"a BetWeen 1 aND 2", yes}, {"s LiKe 'x!%' esCape '!'", yes},
		{"s In ('x%')", yes}, {"a Is nOt nUlL", yes}, {"s = 'X%'", no},
	})
}

// "A string literal is enclosed in single quotes, with an included single quote
// represented by doubled single quote"
func TestSpecStringLiteral(t *testing.T) {
	checkOutcomes(t, message{"a": selector.String("literal's"), "q": selector.String("'"), "e": selector.String(""), "u": selector.String("Ä €😀\n\"\\")}, selector.Options{}, []outcome{
		{"a = 'literal''s'", yes}, {"a = 'literals'", no}, {"q = ''''", yes}, {"e = ''", yes}, {"q = ''", no},
		{"u = 'Ä €😀\n\"\\'", yes}, {"a = 'literal''S'", no},
		{"a <> '('", yes}, {"'(' <> a", yes}, {"a <> 'NOT' AND a <> '-'", yes},
	})
	checkRefusals(t, selector.Options{}, []refusal{
		{"a = 'x", `4: found a string without an end, "'x", expected a closing '`},
		{"a = 'x''", `4: found a string without an end, "'x''", expected a closing '`},
		{`a = "x"`, `4: found "\"", expected ' around a string`},
		{"a = 'x' 'AND' TRUE", `8: found "'AND'", expected AND, OR or the end`},
		{"a = 'x' 'y'", `8: found "'y'", expected AND, OR or the end`},
	})
}

// "numbers in the range of Java long are supported. Exact numeric literals use the
// Java integer literal syntax."
func TestSpecExactLiteral(t *testing.T) {
	m := message{"a": selector.Int(57), "least": selector.Int(math.MinInt64), "most": selector.Int(math.MaxInt64)}
	checkOutcomes(t, m, selector.Options{}, []outcome{
		{"a = 57", yes}, {"-a = -57", yes}, {"a = +57", yes}, {"a = 57L", yes}, {"a = 57l", yes}, {"a = 5_7", yes},
		{"a = 0x39", yes}, {"a = 0X39l", yes}, {"a = 071", yes}, {"a = 0_71", yes}, {"a = 0b111001", yes}, {"a = 0B11_1001", yes}, {"a = 57.0", yes},
		{"most = 9223372036854775807", yes}, {"least = -9223372036854775808", yes}, {"least = - 9223372036854775808", yes},
		{"most = 0x7fff_ffff_ffff_ffff", yes}, {"-1 = 0xFFFFFFFFFFFFFFFF", yes}, {"4294967295 = 0xFFFFFFFF", yes},
		{"least = -0x8000000000000000", yes}, {"0 = 00", yes}, {"0xE-3 = 11", yes}, {"5-3=2", yes},
	})
	const want = ", expected a 64-bit whole number or a double, written as in Java"
	checkRefusals(t, selector.Options{}, []refusal{
		{"a = 9223372036854775808", `4: found a number out of range "9223372036854775808"` + want},
		{"a = -9223372036854775809", `4: found a number out of range "-9223372036854775809"` + want},
		{"a = 0x10000000000000000", `4: found a number out of range "0x10000000000000000"` + want},
		{"a = 08", `4: found a malformed number "08"` + want},
		{"a = 0x", `4: found a malformed number "0x"` + want},
		{"a = 0b2", `4: found a malformed number "0b2"` + want},
		{"a = 5_", `4: found a malformed number "5_"` + want},
		{"a = 0_x5", `4: found a malformed number "0_x5"` + want},
		{"a = 0x_5", `4: found a malformed number "0x_5"` + want},
		{"a = 5LL", `4: found a malformed number "5LL"` + want},
		{"a = 5abc", `4: found a malformed number "5abc"` + want},
	})
}

// "An approximate numeric literal is a numeric value in scientific notation, such as
// 7E3 and -57.9E2, or a numeric value with a decimal, such as 7., -95.7, and +6.2"
func TestSpecApproximateLiteral(t *testing.T) {
	checkOutcomes(t, message{"a": selector.Float(0.5), "f": selector.Float(float64(float32(0.1)))}, selector.Options{}, []outcome{
		{"7E3 = 7000", yes}, {"-57.9E2 = -5790", yes}, {"7. = 7", yes}, {"-95.7 < -95", yes}, {"+6.2 > 6", yes}, {"57.E3 = 57000", yes},
		{"a = .5", yes}, {"a = 5e-1", yes}, {"a = .5d", yes}, {"a = 0.5F", yes}, {"a = 5.E-1D", yes}, {"a = 0x1p-1", yes}, {"a = 0x.8p0", yes},
		{"1e-3 = .001", yes}, {"1E+3 = 1000.0", yes}, {"1_0.2_5 = 10.25", yes}, {"1d = 1", yes}, {"09f = 9", yes},
		{"f = 0.1f", yes}, {"f = 0.1", no}, {"1.7976931348623157e308 > 0", yes}, {"4.9e-324 > 0", yes},
		{"5-3.=2", yes}, {"5-.5=4.5", yes},
	})
	const want = ", expected a 64-bit whole number or a double, written as in Java"
	checkRefusals(t, selector.Options{}, []refusal{
		{"a = 1e309", `4: found a number out of range "1e309"` + want},
		{"a = -1e39f", `4: found a number out of range "-1e39f"` + want},
		{"a = 1e", `4: found a malformed number "1e"` + want},
		{"a = 1.2.3", `4: found a malformed number "1.2.3"` + want},
		{"a = 1.5L", `4: found a malformed number "1.5L"` + want},
		{"a = 1._5", `4: found a malformed number "1._5"` + want},
		{"a = 0x1.8", `4: found a malformed number "0x1.8"` + want},
		{"a = .", `4: found ".", expected a name, a value or an operator (names with - and . need the prefix hyphenated_props:)`},
	})
}

// "An identifier is an unlimited-length character sequence that must begin with a
// Java identifier start character; all following characters must be Java identifier
// part characters. … Identifiers are case sensitive."
func TestSpecIdentifier(t *testing.T) {
	m := message{}
	var outcomes []outcome
	for _, name := range []string{"a", "A1", "_", "$", "_$a9", "Größe", "数量", "ⅷ", "€uro", "a‿b", "a\u0301", "a\u200d", "a\x01b", "android", "ins", "nulls", "ORDER", "ıN", "liKe_"} {
		m[name] = selector.Int(1)
		outcomes = append(outcomes, outcome{name + " = 1", yes})
	}
	checkOutcomes(t, m, selector.Options{}, outcomes)
	checkOutcomes(t, m, selector.Options{}, []outcome{{"a1 = 1", unknown}, {"größe = 1", unknown}})
	const want = ", expected a name, a value or an operator"
	checkRefusals(t, selector.Options{}, []refusal{
		{"#a = 1", `0: found "#"` + want}, {"\u0301a = 1", "0: found \"\u0301\"" + want}, {"a;", `1: found ";"` + want},
		{"\u00a0", `0: found "\u00a0"` + want}, {"a b", `2: found "b", expected AND, OR or the end`},
	})
}

// "Identifiers cannot be the names NULL, TRUE, or FALSE. Identifiers cannot be NOT,
// AND, OR, BETWEEN, LIKE, IN, IS, or ESCAPE."
func TestSpecReserved(t *testing.T) {
	for _, word := range []string{"NOT", "and", "Or", "BETWEEN", "LIKE", "in", "IS", "ESCAPE"} {
		for _, text := range []string{word + " = 1", "1 = " + word, word + " IS NULL"} {
			if s, err := selector.Compile(text, selector.Options{AnyName: true}); err == nil {
				t.Errorf("%q is a selector: %v", text, s)
			}
		}
	}
	checkRefusals(t, selector.Options{}, []refusal{
		{"null IS NULL", `0: found "null", expected a value (to test for null use IS NULL)`},
		{"a = NULL", `4: found "NULL", expected a value (to test for null use IS NULL)`},
		{"true IS NULL", `0: found the expression "true", expected a name before IS NULL`},
	})
}

// "The type of a property value in a message selector corresponds to the type used
// to set the property. … The conversions that apply to the get methods for
// properties do not apply"
func TestSpecNoConversion(t *testing.T) {
	m := message{"NumberOfOrders": selector.String("2"), "flag": selector.String("true"), "n": selector.Int(2)}
	checkOutcomes(t, m, selector.Options{}, []outcome{
		{"NumberOfOrders > 1", no}, {"NumberOfOrders = 2", no}, {"NumberOfOrders = '2'", yes}, {"n = '2'", no},
		{"flag", no}, {"flag = TRUE", no}, {"flag = 'true'", yes}, {"NumberOfOrders + 1 > 1", unknown},
	})
}

// "If a property that does not exist in a message is referenced, its value is NULL."
// "Comparison or arithmetic with an unknown value always yields an unknown value."
func TestSpecNull(t *testing.T) {
	checkOutcomes(t, message{"a": selector.Int(1), "x": {}}, selector.Options{}, []outcome{
		{"x = 1", unknown}, {"x <> 1", unknown}, {"x < 1", unknown}, {"x <= 1", unknown}, {"x > 1", unknown}, {"x >= 1", unknown},
		{"1 = x", unknown}, {"x = x", unknown}, {"x <> x", unknown}, {"x = 'a'", unknown}, {"x = TRUE", unknown}, {"x", unknown}, {"NOT x", unknown},
		{"x + 1 = 1", unknown}, {"1 - x = 1", unknown}, {"x * 0 = 0", unknown}, {"1 / x = 1", unknown}, {"-x = 1", unknown}, {"+x = 1", unknown},
		{"a + x + 1 = 1", unknown}, {"(x = 1) = TRUE", unknown}, {"(x = 1) = (x = 1)", unknown},
		{"y = 1", unknown},
	})
}

// "Message header field references are restricted to JMSDeliveryMode, JMSPriority,
// JMSMessageID, JMSTimestamp, JMSCorrelationID, and JMSType." "Any name beginning with
// 'JMSX' is a Jakarta Messaging defined property name. Any name beginning with 'JMS_'
// is a provider-specific property name. Any name that does not begin with 'JMS' is an
// application-specific property name."
func TestSpecHeaders(t *testing.T) {
	m := message{
		"JMSDeliveryMode": selector.String("PERSISTENT"), "JMSPriority": selector.Int(4), "JMSMessageID": selector.String("ID:1"),
		"JMSTimestamp": selector.Int(1700000000000), "JMSXGroupID": selector.String("g"), "JMS_x": selector.Int(1), "jmsReplyTo": selector.Int(1),
		"JMSRedelivered": selector.Bool(true),
	}
	checkOutcomes(t, m, selector.Options{}, []outcome{
		{"JMSDeliveryMode = 'PERSISTENT'", yes}, {"JMSDeliveryMode = 'NON_PERSISTENT'", no}, {"JMSPriority >= 4", yes},
		{"JMSMessageID LIKE 'ID:%'", yes}, {"JMSTimestamp > 1600000000000", yes},
		{"JMSCorrelationID = 'c'", unknown}, {"JMSType IS NULL", yes},
		{"JMSXGroupID = 'g'", yes}, {"JMSXnobody IS NULL", yes}, {"JMS_x = 1", yes}, {"jmsReplyTo = 1", yes},
	})
	const want = ", expected JMSDeliveryMode, JMSPriority, JMSMessageID, JMSTimestamp, JMSCorrelationID, JMSType, " +
		"a name that begins with JMSX or JMS_, or one that does not begin with JMS"
	var refusals []refusal
	for _, name := range []string{"JMSDestination", "JMSReplyTo", "JMSExpiration", "JMSRedelivered", "JMSDeliveryTime", "JMS", "JMStype", "JMSTypes"} {
		refusals = append(refusals, refusal{"a = 1 AND " + name + " = 1", `10: found "` + name + `"` + want})
	}
	checkRefusals(t, selector.Options{}, refusals)
	checkOutcomes(t, m, selector.Options{AnyName: true}, []outcome{{"JMSRedelivered", yes}, {"JMSReplyTo IS NULL", yes}})
	checkOutcomes(t, m, selector.Options{}, []outcome{{"any_jms_names:JMSRedelivered", yes}})
}

// "Whitespace is the same as that defined for Java: space, horizontal tab, form feed
// and line terminator."
func TestSpecWhitespace(t *testing.T) {
	checkOutcomes(t, message{"a": selector.Int(1), "s": selector.String("x")}, selector.Options{}, []outcome{
		{"\t\n\r\f a\t=\n1\r\nAND\fa<2 ", yes}, {"(a=1)AND(s='x')OR(a<>1)", yes}, {"s='x'AND(a>0)", yes}, {"a+1=2", yes}, {"NOT(a=2)", yes},
	})
	checkRefusals(t, selector.Options{}, []refusal{{"a\v= 1", `1: found "\v", expected a name, a value or an operator`}})
}

// "Arithmetic expressions are composed of themselves, arithmetic operations,
// identifiers with numeric values, and numeric literals. Conditional expressions are
// composed of themselves, comparison operations, logical operations, identifiers with
// boolean values, and boolean literals."
func TestSpecExpressions(t *testing.T) {
	m := message{"t": selector.Bool(true), "f": selector.Bool(false), "s": selector.String("x"), "n": selector.Int(1), "o": selector.Other()}
	checkOutcomes(t, m, selector.Options{}, []outcome{
		{"t", yes}, {"f", no}, {"(t)", yes}, {"NOT t", no}, {"t AND NOT f", yes}, {"TRUE", yes}, {"FALSE", no}, {"TRUE = t", yes}, {"t <> f", yes},
		{"s", no}, {"NOT s", yes}, {"n", no}, {"o", no}, {"o = o", no}, {"o <> o", no}, {"o IS NOT NULL", yes},
		{"(n AND TRUE) = FALSE", yes}, {"(FALSE OR n) = (s OR FALSE)", yes}, {"(n = 1 AND TRUE) = t", yes},
		{"s + 1 = 2", unknown}, {"t * 2 > 0", unknown}, {"-s = 1", unknown}, {"o + 1 = 2", unknown},
	})
	checkRefusals(t, selector.Options{}, []refusal{
		{"5", `0: found the number "5", expected a condition`},
		{"'a'", `0: found the string "'a'", expected a condition`},
		{"n + 1", `0: found the number "n + 1", expected a condition`},
		{"1 AND 2", `0: found the number "1", expected a condition`},
		{"t OR (2)", `5: found the number "(2)", expected a condition`},
		{"NOT 5", `4: found the number "5", expected a condition`},
		{"'a' + 1 = 2", `0: found the string "'a'", expected a number or a name`},
		{"1 + (n > 2) = 3", `4: found the condition "(n > 2)", expected a number or a name`},
		{"-TRUE = n", `1: found the condition "TRUE", expected a number or a name`},
		{"TRUE AND 3+5", `9: found the number "3+5", expected a condition`},
		{"NOT", `3: found the end, expected a name, a value or (`},
		{"t AND", `5: found the end, expected a name, a value or (`},
		{"= 1", `0: found "=", expected a name, a value or (`},
	})
}

// "Standard bracketing () for ordering expression evaluation is supported."
func TestSpecBrackets(t *testing.T) {
	checkOutcomes(t, message{"a": selector.Int(1)}, selector.Options{}, []outcome{
		{"((a) = ((1)))", yes}, {"(((a = 1)))", yes}, {"(a) IS NOT NULL", yes}, {"((a + 1)) * (2) = 4", yes},
	})
	checkRefusals(t, selector.Options{}, []refusal{
		{"(a = 1", `6: found the end, expected )`}, {"a = 1)", `5: found ")", expected AND, OR or the end`},
		{"()", `1: found ")", expected a name, a value or (`}, {"(a = 1, b)", `6: found ",", expected )`},
	})
}

// "Only like type values can be compared. One exception is that it is valid to
// compare exact numeric values and approximate numeric values … If the comparison of
// non-like type values is attempted, the value of the operation is false. If either of
// the type values evaluates to NULL, the value of the expression is unknown."
func TestSpecLikeTypes(t *testing.T) {
	m := message{"n": selector.Int(1), "f": selector.Float(1), "s": selector.String("1"), "b": selector.Bool(true), "big": selector.Int(1<<53 + 1)}
	checkOutcomes(t, m, selector.Options{}, []outcome{
		{"n = f", yes}, {"n <> f", no}, {"n < 1.5", yes}, {"f >= n", yes}, {"big = 9007199254740992.0", yes}, {"big = 9007199254740992", no},
		{"n = s", no}, {"n <> s", no}, {"n < s", no}, {"n >= s", no}, {"s = n", no}, {"s <> n", no}, {"s > n", no},
		{"n = b", no}, {"n <> b", no}, {"s = b", no}, {"s <> b", no}, {"b <> 'true'", no}, {"s <> 1", no},
		{"NOT n = s", yes}, {"NOT n <> s", yes}, {"n = x", unknown}, {"NOT s = x", unknown},
	})
}

// "String and Boolean comparison is restricted to = and <>. Two strings are equal if
// and only if they contain the same sequence of characters."
func TestSpecEqualOnly(t *testing.T) {
	m := message{"s": selector.String("abc"), "t": selector.String("abd"), "b": selector.Bool(true), "c": selector.Bool(false)}
	checkOutcomes(t, m, selector.Options{}, []outcome{
		{"s = 'abc'", yes}, {"s = 'abc '", no}, {"s <> t", yes}, {"s <> 'abc'", no}, {"'abc' = s", yes},
		{"b = TRUE", yes}, {"b <> c", yes}, {"b = c", no}, {"b <> TRUE", no},
		{"s < t", no}, {"s <= s", no}, {"t > s", no}, {"b >= c", no}, {"NOT s < t", yes},
	})
	checkRefusals(t, selector.Options{}, []refusal{
		{"'a' < 'b'", `0: found the string "'a'", expected a number or a name`},
		{"s >= 'b'", `5: found the string "'b'", expected a number or a name`},
		{"b > FALSE", `4: found the condition "FALSE", expected a number or a name`},
		{"(b = c) < 1", `0: found the condition "(b = c)", expected a number or a name`},
		{"n + 1 = 'a'", `8: found the string "'a'", expected something like the number before it`},
		{"'a' <> 1", `7: found the number "1", expected something like the string before it`},
		{"TRUE = 1", `7: found the number "1", expected something like the condition before it`},
		{"content-type = 'a'", `15: found the string "'a'", expected something like the number before it (names with - and . need the prefix hyphenated_props:)`},
		{"1 < 2 < 3", `6: found "<", expected AND, OR or the end`},
		{"s == 'a'", `2: found "==", expected =`}, {"s != 'a'", `2: found "!=", expected <>`}, {"s ! 'a'", `2: found "!", expected a name, a value or an operator`},
		{"s < > 'a'", `4: found ">", expected a name, a value or (`},
	})
}

// "Arithmetic operations must use Java numeric promotion."
func TestSpecArithmetic(t *testing.T) {
	m := message{"n": selector.Int(7), "most": selector.Int(math.MaxInt64), "least": selector.Int(math.MinInt64), "zero": selector.Int(0),
		"z": selector.Float(0), "nan": selector.Float(math.NaN()), "inf": selector.Float(math.Inf(1))}
	checkOutcomes(t, m, selector.Options{}, []outcome{
		{"n / 2 = 3", yes}, {"-n / 2 = -3", yes}, {"n / 2.0 = 3.5", yes}, {"n * 1.0 / 2 = 3.5", yes}, {"n + 0.5 = 7.5", yes}, {"n - 10 = -3", yes},
		{"most + 1 = least", yes}, {"least - 1 = most", yes}, {"most * 2 = -2", yes}, {"-least = least", yes}, {"least / -1 = least", yes},
		{"most + 1.0 > 0", yes},
		{"n / zero = 1", unknown}, {"NOT n / zero = 1", unknown}, {"n / 0 > 1", unknown}, {"1 / 0 = 1", unknown}, {"zero / zero = zero", unknown},
		{"n / z = inf", yes}, {"-n / z = -inf", yes}, {"n / 0.0 > 1e308", yes}, {"z / z = 1", no}, {"z / z <> 1", yes}, {"z = -z", yes},
		{"nan = nan", no}, {"nan <> nan", yes}, {"nan < 1", no}, {"nan >= 1", no}, {"nan BETWEEN 0 AND 1", no}, {"nan NOT BETWEEN 0 AND 1", no},
		{"- - n = 7", yes}, {"-(-n) = 7", yes}, {"+n = 7", yes}, {"+-+n = -7", yes}, {"5--3 = 8", yes}, {"n--(1) = 8", yes}, {"5 - -n = 12", yes},
	})
}

// "age BETWEEN 15 AND 19" is equivalent to "age >= 15 AND age <= 19"; "age NOT BETWEEN
// 15 AND 19" is equivalent to "age < 15 OR age > 19"
func TestSpecBetween(t *testing.T) {
	values := []selector.Value{{}, selector.Int(14), selector.Int(15), selector.Int(17), selector.Int(19), selector.Int(20), selector.Float(19.5), selector.String("17"), selector.Bool(true)}
	for _, age := range values {
		for _, low := range values {
			m := message{"age": age, "low": low}
			for is, as := range map[string]string{
				"age BETWEEN 15 AND 19":           "age >= 15 AND age <= 19",
				"age NOT BETWEEN 15 AND 19":       "age < 15 OR age > 19",
				"age BETWEEN low AND 19":          "age >= low AND age <= 19",
				"age NOT BETWEEN low AND low + 2": "age < low OR age > low + 2",
			} {
				want, _ := mustCompile(t, as, selector.Options{}).Eval(m)
				checkOutcomes(t, m, selector.Options{}, []outcome{{is, want}})
			}
		}
	}
	checkOutcomes(t, message{"age": selector.Int(17)}, selector.Options{}, []outcome{
		{"age BETWEEN 15 AND 19", yes}, {"age NOT BETWEEN 15 AND 19", no}, {"age BETWEEN 18 AND 19 OR age = 17", yes}, {"age BETWEEN 15 AND 19 AND age = 1", no},
		{"age + 1 BETWEEN 2 * 9 AND 9 + 9", yes}, {"NOT age BETWEEN 15 AND 19", no}, {"17 BETWEEN age AND age", yes},
	})
	checkRefusals(t, selector.Options{}, []refusal{
		{"age BETWEEN 'a' AND 'b'", `12: found the string "'a'", expected a number or a name`},
		{"age BETWEEN 1 OR 2", `14: found "OR", expected AND`},
		{"age BETWEEN 1 AND (age = 1)", `18: found the condition "(age = 1)", expected a number or a name`},
		{"'a' BETWEEN 1 AND 2", `0: found the string "'a'", expected a number or a name`},
		{"age NOT = 1", `8: found "=", expected BETWEEN, IN or LIKE`},
		{"age NOT", `7: found the end, expected BETWEEN, IN or LIKE`},
	})
}

// "Country IN ('UK', 'US', 'France')" is true for 'UK' and false for 'Peru'; it is
// equivalent to the expression (Country = 'UK') OR (Country = 'US') OR (Country =
// 'France'). NOT IN is equivalent to NOT of that. "If identifier of an IN or NOT IN
// operation is NULL, the value of the operation is unknown."
func TestSpecIn(t *testing.T) {
	const in, notIn = "Country IN ('UK', 'US', 'France')", "Country NOT IN ('UK', 'US', 'France')"
	const long = "Country IN ('1','2','3','4','5','6','7','8','9','UK')"
	for _, x := range []struct {
		country             selector.Value
		in, notIn, longList selector.Truth
	}{
		{selector.String("UK"), yes, no, yes}, {selector.String("France"), yes, no, no}, {selector.String("Peru"), no, yes, no},
		{selector.String("uk"), no, yes, no}, {selector.Value{}, unknown, unknown, unknown}, {selector.Int(1), no, yes, no}, {selector.Bool(true), no, yes, no},
	} {
		checkOutcomes(t, message{"Country": x.country}, selector.Options{}, []outcome{
			{in, x.in}, {notIn, x.notIn}, {long, x.longList}, {"(Country = 'UK') OR (Country = 'US') OR (Country = 'France')", x.in},
			{"NOT ((Country = 'UK') OR (Country = 'US') OR (Country = 'France'))", x.notIn},
		})
	}
	checkRefusals(t, selector.Options{}, []refusal{
		{"a IN ()", `6: found ")", expected a string in single quotes`},
		{"a IN (1, 2)", `6: found "1", expected a string in single quotes`},
		{"a IN ('1', b)", `11: found "b", expected a string in single quotes`},
		{"a IN ('1' '2')", `10: found "'2'", expected , or )`},
		{"a IN '1'", `5: found "'1'", expected (`},
		{"'a' IN ('1')", `0: found the expression "'a'", expected a name before IN`},
		{"a + 1 IN ('1')", `0: found the expression "a + 1", expected a name before IN`},
	})
}

// "identifier [NOT] LIKE pattern-value [ESCAPE escape-character] … If identifier of a
// LIKE or NOT LIKE operation is NULL, the value of the operation is unknown."
func TestSpecLike(t *testing.T) {
	like := func(name, value string) message { return message{name: selector.String(value)} }
	const phone, notPhone = "phone LIKE '12%3'", "phone NOT LIKE '12%3'"
	for value, want := range map[string]selector.Truth{"123": yes, "12993": yes, "1234": no, "12": no, "13": no, "": no} {
		inverse := yes
		if want == yes {
			inverse = no
		}
		checkOutcomes(t, like("phone", value), selector.Options{}, []outcome{{phone, want}, {notPhone, inverse}})
	}
	checkOutcomes(t, like("word", "lose"), selector.Options{}, []outcome{{"word LIKE 'l_se'", yes}})
	checkOutcomes(t, like("word", "loose"), selector.Options{}, []outcome{{"word LIKE 'l_se'", no}})
	const underscored = `underscored LIKE '\_%' ESCAPE '\'`
	checkOutcomes(t, like("underscored", "_foo"), selector.Options{}, []outcome{{underscored, yes}})
	checkOutcomes(t, like("underscored", "bar"), selector.Options{}, []outcome{{underscored, no}})
	checkOutcomes(t, message{}, selector.Options{}, []outcome{{phone, unknown}, {notPhone, unknown}})
	checkOutcomes(t, message{"phone": selector.Int(123)}, selector.Options{}, []outcome{{phone, no}, {notPhone, no}, {"NOT " + phone, yes}})
	checkRefusals(t, selector.Options{}, []refusal{
		{"a LIKE 5", `7: found "5", expected a string in single quotes`},
		{"a LIKE b", `7: found "b", expected a string in single quotes`},
		{"a LIKE 'x' ESCAPE 'xx'", `18: found the string "'xx'", expected a string of one character after ESCAPE`},
		{"a LIKE 'x' ESCAPE ''", `18: found the string "''", expected a string of one character after ESCAPE`},
		{"a LIKE 'x' ESCAPE", `17: found the end, expected a string in single quotes`},
		{"'a' LIKE 'a'", `0: found the expression "'a'", expected a name before LIKE`},
		{"a = 'x' ESCAPE '!'", `8: found "ESCAPE", expected AND, OR or the end`},
	})
}

// "identifier IS NULL (comparison operator that tests for a null header field value
// or a missing property value)"; "identifier IS NOT NULL"
func TestSpecIsNull(t *testing.T) {
	checkOutcomes(t, message{"a": selector.Int(0), "e": selector.String(""), "x": {}}, selector.Options{}, []outcome{
		{"a IS NULL", no}, {"a IS NOT NULL", yes}, {"e IS NULL", no}, {"x IS NULL", yes}, {"x IS NOT NULL", no}, {"prop_name IS NULL", yes}, {"NOT x IS NULL", no},
	})
	checkRefusals(t, selector.Options{}, []refusal{
		{"a IS", `4: found the end, expected NULL or NOT NULL`},
		{"a IS TRUE", `5: found "TRUE", expected NULL or NOT NULL`},
		{"a IS NOT 5", `9: found "5", expected NULL`},
		{"5 IS NULL", `0: found the expression "5", expected a name before IS NULL`},
	})
}

// "Date and time values should use the standard Java long millisecond value."
func TestSpecTimes(t *testing.T) {
	checkOutcomes(t, message{"JMSTimestamp": selector.Int(1795813992000)}, selector.Options{}, []outcome{{"JMSTimestamp >= 1795813992000 AND JMSTimestamp < 1795813992000 + 24*60*60*1000", yes}})
}

// "SQL comments are not supported."
func TestSpecNoComments(t *testing.T) {
	const want = ", expected no comment (for two minus signs put a space between them)"
	checkRefusals(t, selector.Options{}, []refusal{
		{"a = 1 -- small", `6: found "--"` + want}, {"a = 1 /* small */", `6: found "/*"` + want}, {"a--b = 1", `1: found "--"` + want}, {"--", `0: found "--"` + want},
	})
}

// Tables 3-4, 3-5 and 3-6, with each value from a message and, but for unknown, from
// a literal too.
func TestSpecTruthTables(t *testing.T) {
	m := message{"T": selector.Bool(true), "F": selector.Bool(false)}
	of := map[string]selector.Truth{"T": yes, "F": no, "U": unknown, "TRUE": yes, "FALSE": no, "(1/0=1)": unknown}
	and := map[[2]selector.Truth]selector.Truth{
		{yes, yes}: yes, {yes, no}: no, {yes, unknown}: unknown,
		{no, yes}: no, {no, no}: no, {no, unknown}: no,
		{unknown, yes}: unknown, {unknown, no}: no, {unknown, unknown}: unknown,
	}
	or := map[[2]selector.Truth]selector.Truth{
		{yes, yes}: yes, {yes, no}: yes, {yes, unknown}: yes,
		{no, yes}: yes, {no, no}: no, {no, unknown}: unknown,
		{unknown, yes}: yes, {unknown, no}: unknown, {unknown, unknown}: unknown,
	}
	not := map[selector.Truth]selector.Truth{yes: no, no: yes, unknown: unknown}
	for a, x := range of {
		checkOutcomes(t, m, selector.Options{}, []outcome{{"NOT " + a, not[x]}, {"NOT NOT " + a, x}})
		for b, y := range of {
			checkOutcomes(t, m, selector.Options{}, []outcome{
				{a + " AND " + b, and[[2]selector.Truth{x, y}]}, {a + " OR " + b, or[[2]selector.Truth{x, y}]},
				{"NOT (" + a + " AND " + b + ")", not[and[[2]selector.Truth{x, y}]]}, {"NOT (" + a + " OR " + b + ")", not[or[[2]selector.Truth{x, y}]]},
			})
		}
	}
}
