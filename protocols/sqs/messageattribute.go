package sqs

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/sluicemq/sluice/protocols/sqs/wire"
)

func (x *entryCheck) attributes() *wire.Error {
	if n := len(x.entry.Attributes); n > maxAttributes {
		return invalid("Number of message attributes [%d] exceeds the allowed maximum [%d].", n, maxAttributes)
	}
	for i := range x.entry.Attributes {
		a := &x.entry.Attributes[i]
		if err := checkName(a.Name); err != nil {
			return err
		}
		if err := checkValue(a); err != nil {
			return err
		}
	}
	return nil
}

// SQS developer guide, "Message attribute components": Name.
func checkName(name string) *wire.Error {
	lower := strings.ToLower(name)
	switch {
	case name == "":
		return invalid("The request must contain non-empty message (user) attribute names.")
	case len(name) > maxAttributeName:
		return invalid("Message (user) attribute name must be shorter than %d bytes.", maxAttributeName)
	case strings.HasPrefix(lower, "aws.") || strings.HasPrefix(lower, "amazon."):
		return invalid("You can't use message attribute names beginning with 'AWS.' or 'Amazon.'. These strings are reserved for internal use.")
	case !isAttributeName(name):
		return invalid("Invalid message (user) attribute name '%s'. A name can contain A-Z, a-z, 0-9, underscore, hyphen and period; it must not start or end with a period or have two in succession.", name)
	}
	return nil
}

func isAttributeName(s string) bool {
	for i := range len(s) {
		if c := s[i]; !isAlphanumeric(c) && c != '_' && c != '-' && c != '.' {
			return false
		}
	}
	return s[0] != '.' && s[len(s)-1] != '.' && !strings.Contains(s, "..")
}

// SQS developer guide, "Message attribute data types".
func checkValue(a *wire.Attribute) *wire.Error {
	switch {
	case a.Lists:
		return listValues()
	case a.DataType == "":
		return invalid("The message (user) attribute '%s' must contain a non-empty message attribute type.", a.Name)
	case len(a.DataType) > maxAttributeType:
		return invalid("Message (user) attribute type must be shorter than %d bytes.", maxAttributeType)
	case !isTypeLabel(a.Label()):
		return invalid("The type of message (user) attribute '%s' is invalid. What stands behind the first period can contain A-Z, a-z, 0-9, underscore, hyphen and period, and must not be empty.", a.Name)
	}
	switch a.BaseType() {
	case "String", "Number":
		return checkTextValue(a)
	case "Binary":
		return checkBinaryValue(a)
	}
	return invalid("The type of message (user) attribute '%s' is invalid. You must use only the following supported type prefixes: Binary, Number, String.", a.Name)
}

// isTypeLabel reports whether a type may have a label that is spelled so, with the period
// before it, or none.
func isTypeLabel(s string) bool {
	if s == "" {
		return true
	}
	for i := range len(s) {
		if c := s[i]; !isAlphanumeric(c) && c != '_' && c != '-' && c != '.' {
			return false
		}
	}
	return s != "."
}

func checkTextValue(a *wire.Attribute) *wire.Error {
	switch err := checkText(a); {
	case len(a.Binary) > 0:
		return wrongField(a, "String")
	case err != nil:
		return err
	case a.BaseType() == "Number" && !isNumber(a.Text):
		return invalid("Can't cast the value of message (user) attribute '%s' to a number.", a.Name)
	}
	return nil
}

func checkBinaryValue(a *wire.Attribute) *wire.Error {
	switch {
	case a.Text != "":
		return wrongField(a, "Binary")
	case len(a.Binary) == 0:
		return empty(a, "Binary")
	}
	return nil
}

// wrongField refuses a value that the type of the attribute has no use for: of a message
// with two values one would be lost.
func wrongField(a *wire.Attribute, field string) *wire.Error {
	return invalid("Message (user) attribute '%s' with type '%s' must use field '%s'.", a.Name, a.DataType, field)
}

func listValues() *wire.Error {
	return wire.Errorf(wire.UnsupportedOperation, "Message attribute list values in SendMessage operation are not supported.")
}

func empty(a *wire.Attribute, kind string) *wire.Error {
	return invalid("Message (user) attribute '%s' must contain a non-empty value of type '%s'.", a.Name, kind)
}

func checkText(a *wire.Attribute) *wire.Error {
	if a.Text == "" {
		return empty(a, "String")
	}
	if r, bad := firstIllegal(a.Text); bad {
		return invalid(illegal, r, fmt.Sprintf("message (user) attribute '%s'", a.Name))
	}
	return nil
}

// isNumber reports whether s is a decimal number of at most 38 digits between
// 10^-128 and 10^126, zero, or the negative of one. Digits that only pad do not count.
func isNumber(s string) bool {
	if s != "" && (s[0] == '-' || s[0] == '+') {
		s = s[1:]
	}
	mantissa, power, ok := splitExponent(s)
	if !ok {
		return false
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	all := whole + fraction
	if all == "" || strings.Trim(all, "0123456789") != "" {
		return false
	}
	digits := strings.TrimLeft(all, "0")
	if digits == "" {
		return true
	}
	power += len(whole) - (len(all) - len(digits)) - 1 // of the first digit
	digits = strings.TrimRight(digits, "0")
	return len(digits) <= maxNumberDigits && power >= minNumberPower && power <= maxNumberPower
}

func splitExponent(s string) (mantissa string, power int, ok bool) {
	i := strings.IndexAny(s, "eE")
	if i < 0 {
		return s, 0, true
	}
	n, err := strconv.ParseInt(s[i+1:], 10, 16)
	return s[:i], int(n), err == nil
}
