package mapping

import (
	"strconv"
	"strings"

	"github.com/sluicemq/sluice/queuecore"
)

const (
	sqsString = "String"
	sqsNumber = "Number"
	sqsBinary = "Binary"
)

// sqsTypeLabel returns the label that the SQS JMS library gives to a type, or "".
func sqsTypeLabel(typ string) string {
	switch typ {
	case typeBoolean:
		return "Boolean"
	case typeByte, typeShort, typeInt, typeLong, typeFloat, typeDouble:
		return typ
	}
	return ""
}

// attribute spells a property as a message attribute. It reports false when SQS
// does not take it, or when Decode would not read the same property out of it.
func (q SQS) attribute(p *queuecore.Property) (SQSAttribute, bool) {
	a := SQSAttribute{Name: p.Name}
	if !isSQSName(p.Name) {
		return a, false
	}
	switch v := p.Value.(type) {
	case string:
		a.DataType, a.Text = sqsString, v
	case []byte:
		a.DataType, a.Binary = sqsBinary, v
	case bool:
		a.DataType, a.Text = sqsNumber+".Boolean", "0"
		if v {
			a.Text = "1"
		}
	default:
		q.number(&a, p)
	}
	if p.Label != "" {
		a.DataType += "." + p.Label
	}
	return a, q.legal(&a) && q.readsBack(&a, p)
}

func (SQS) number(a *SQSAttribute, p *queuecore.Property) {
	text, typ := spell(p.Value)
	a.DataType, a.Text = sqsNumber, text
	if label := sqsTypeLabel(typ); label != "" {
		a.DataType += "." + label
	}
}

// legal reports whether SQS takes the type and value of a.
func (SQS) legal(a *SQSAttribute) bool {
	base, label, labelled := strings.Cut(a.DataType, ".")
	if labelled && !isSQSLabel(label) || len(a.DataType) > sqsMaxName {
		return false
	}
	switch base {
	case sqsString:
		return isSQSText(a.Text)
	case sqsNumber:
		return isNumber(a.Text)
	}
	return len(a.Binary) > 0
}

// readsBack reports whether Decode makes p of a. Strings and bytes always do; a
// number with a label may be spelled like one of another type.
func (q SQS) readsBack(a *SQSAttribute, p *queuecore.Property) bool {
	switch p.Value.(type) {
	case string, []byte:
		return true
	}
	back, err := q.property(a)
	return err == nil && back.Value == p.Value && back.Label == p.Label
}

// property reads an attribute. A number that is labelled with a type but not
// spelled as Encode would spell it stays a Decimal with that label, so that it
// goes out as it came in.
func (q SQS) property(a *SQSAttribute) (queuecore.Property, error) {
	base, label, labelled := strings.Cut(a.DataType, ".")
	p := queuecore.Property{Name: a.Name, Label: label}
	switch {
	case labelled && !isSQSLabel(label), len(a.DataType) > sqsMaxName:
		return p, invalid(a.Name, a.DataType, "a type's label must be letters, digits, '_', '-' or '.'")
	case base == sqsString:
		p.Value = a.Text
	case base == sqsBinary:
		p.Value = a.Binary
	case base == sqsNumber && isNumber(a.Text):
		p.Value = queuecore.Decimal(a.Text)
		if v, ok := q.typed(a.Text, label); ok {
			p.Value, p.Label = v, ""
		}
	case base == sqsNumber:
		return p, invalid(a.Name, a.Text, "must be a number")
	default:
		return p, invalid(a.Name, a.DataType, "the type must begin with String, Number or Binary")
	}
	return p, nil
}

// typed reads a number whose label names a type, if it is spelled as Encode spells it.
func (SQS) typed(text, label string) (any, bool) {
	if label == "Boolean" {
		return text == "1", text == "0" || text == "1"
	}
	if sqsTypeLabel(label) == "" {
		return nil, false
	}
	v, ok := read(text, label)
	if !ok {
		return nil, false
	}
	again, _ := spell(v)
	return v, again == text
}

// takes reports whether Decode reads the attribute as the field that its name
// stands for. It does so only when the attribute is spelled just as Encode
// spells it; otherwise the name is a user's own and the attribute a property.
func (q SQS) takes(w meaning, a *SQSAttribute, body string) bool {
	switch w {
	case contentType, correlationID, messageType:
		return a.DataType == sqsString && a.Text != ""
	case replyTo:
		_, err := q.Queue(a.Text)
		return a.DataType == sqsString && err == nil
	case bodyKind:
		return a.DataType == sqsString && q.takesKind(a.Text, body)
	case priority:
		return a.DataType == "Number.int" && len(a.Text) == 1 && allDigits(a.Text)
	case expiresAt:
		ms, err := strconv.ParseInt(a.Text, 10, 64)
		return a.DataType == "Number.long" && err == nil && 0 < ms && ms <= maxMillis &&
			strconv.FormatInt(ms, 10) == a.Text
	}
	return w != userOwn
}

// takesKind reports whether the message type says something that is true of the body.
func (SQS) takesKind(value, body string) bool {
	switch value {
	case sqsText:
		return true
	case sqsByte, sqsObject:
		_, ok := canonicalBase64(body)
		return ok
	}
	return false
}
