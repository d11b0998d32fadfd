package mapping

import (
	"encoding/base64"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/sluicemq/sluice/queuecore"
)

// The words for the types of properties, in type lists and packed JSON. They
// are JMS's, and two for what JMS has no property type for.
const (
	typeString  = "string"
	typeBoolean = "boolean"
	typeByte    = "byte"
	typeShort   = "short"
	typeInt     = "int"
	typeLong    = "long"
	typeFloat   = "float"
	typeDouble  = "double"
	typeDecimal = "decimal"
	typeBinary  = "binary" // spelled in base64
)

// plainText returns the text of a property that is a string and nothing more.
func plainText(p *queuecore.Property) (string, bool) {
	s, ok := p.Value.(string)
	return s, ok && p.Label == ""
}

// spell returns a property's value as text, and the word for its type.
func spell(value any) (text, typ string) {
	switch v := value.(type) {
	case string:
		return v, typeString
	case []byte:
		return base64.StdEncoding.EncodeToString(v), typeBinary
	case bool:
		return strconv.FormatBool(v), typeBoolean
	case int8:
		return strconv.Itoa(int(v)), typeByte
	case int16:
		return strconv.Itoa(int(v)), typeShort
	case int32:
		return strconv.Itoa(int(v)), typeInt
	case int64:
		return strconv.FormatInt(v, 10), typeLong
	case float32:
		return spellFloat(float64(v), 32), typeFloat
	case float64:
		return spellFloat(v, 64), typeDouble
	case queuecore.Decimal:
		return string(v), typeDecimal
	}
	return fmt.Sprint(value), typeString
}

// spellFloat writes a number as Java's Double.toString does, which is what the
// SQS JMS library sends: "1.0", "1.5E10".
func spellFloat(f float64, bits int) string {
	switch abs := math.Abs(f); {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	case abs != 0 && (abs < 1e-3 || abs >= 1e7):
		mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(f, 'E', -1, bits), "E")
		n, _ := strconv.Atoi(exponent)
		return withFraction(mantissa) + "E" + strconv.Itoa(n)
	}
	return withFraction(strconv.FormatFloat(f, 'f', -1, bits))
}

func withFraction(s string) string {
	if strings.Contains(s, ".") {
		return s
	}
	return s + ".0"
}

// read is the inverse of spell. It reports false for a text that typ cannot hold.
func read(text, typ string) (any, bool) {
	switch typ {
	case typeString:
		return text, true
	case typeBinary:
		b, err := base64.StdEncoding.DecodeString(text)
		return b, err == nil
	case typeBoolean:
		return text == "true", text == "true" || text == "false"
	case typeDecimal:
		return queuecore.Decimal(text), isNumber(text)
	case typeFloat:
		f, err := strconv.ParseFloat(text, 32)
		return float32(f), err == nil
	case typeDouble:
		f, err := strconv.ParseFloat(text, 64)
		return f, err == nil
	}
	return readInteger(text, typ)
}

func readInteger(text, typ string) (any, bool) {
	var bits int
	switch typ {
	case typeByte:
		bits = 8
	case typeShort:
		bits = 16
	case typeInt:
		bits = 32
	case typeLong:
		bits = 64
	default:
		return nil, false
	}
	n, err := strconv.ParseInt(text, 10, bits)
	if err != nil {
		return nil, false
	}
	switch bits {
	case 8:
		return int8(n), true
	case 16:
		return int16(n), true
	case 32:
		return int32(n), true
	}
	return n, true
}

// isNumber reports whether s is a decimal number: sign, digits, fraction, exponent.
func isNumber(s string) bool {
	mantissa := unsigned(s)
	if i := strings.IndexAny(mantissa, "eE"); i >= 0 {
		exponent := unsigned(mantissa[i+1:])
		if exponent == "" || !allDigits(exponent) {
			return false
		}
		mantissa = mantissa[:i]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	return (whole != "" || fraction != "") && allDigits(whole) && allDigits(fraction)
}

func unsigned(s string) string {
	if s != "" && (s[0] == '+' || s[0] == '-') {
		return s[1:]
	}
	return s
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
