package queuecore

import (
	"strconv"

	"github.com/sluicemq/sluice/queuecore/internal/machine"
	"github.com/sluicemq/sluice/queuecore/selector"
)

// Selector and SelectorOptions are those of the selector room.
type (
	Selector        = selector.Selector
	SelectorOptions = selector.Options
)

// CompileSelector reads a selector as receives and bindings take it: of at most
// MaxSelectorBytes, and bounded in what it may cost for one message, whatever o says
// of limits. For no text it returns nil. The error is ErrInvalid; its text, of one line,
// says where, what stands there and what should.
func CompileSelector(text string, o SelectorOptions) (*Selector, error) {
	return machine.Compile(text, o)
}

var _ selector.Fields = (*Message)(nil)

// Field returns what selectors see of m under a name: the header fields of Jakarta
// Messaging 3.1, 3.5.11, of which JMSDeliveryMode is always PERSISTENT, and the
// properties. JMSXGroupID is Group, and JMSXUserID UserID. It is null for what is not there, or
// is not known before the message is handed out.
func (m *Message) Field(name string) selector.Value {
	switch name {
	case "JMSDeliveryMode":
		return selector.String("PERSISTENT")
	case "JMSPriority":
		return selector.Int(int64(m.Priority.Level()))
	case "JMSMessageID":
		return selector.String(m.ID.String())
	case "JMSTimestamp":
		return selector.Int(m.SentAt.UnixMilli())
	case "JMSCorrelationID":
		return textOrNull(m.CorrelationID)
	case "JMSType":
		return textOrNull(m.Type)
	case "JMSXGroupID":
		return textOrNull(m.Group)
	case "JMSXUserID":
		return textOrNull(m.UserID)
	}
	v, _ := m.Properties.Get(name)
	return valueOf(v)
}

func textOrNull(s string) selector.Value {
	if s == "" {
		return selector.Value{}
	}
	return selector.String(s)
}

// valueOf returns a property's value as selectors see it.
func valueOf(v any) selector.Value {
	switch v := v.(type) {
	case string:
		return selector.String(v)
	case bool:
		return selector.Bool(v)
	case int8:
		return selector.Int(int64(v))
	case int16:
		return selector.Int(int64(v))
	case int32:
		return selector.Int(int64(v))
	case int64:
		return selector.Int(v)
	case float32:
		return selector.Float(float64(v))
	case float64:
		return selector.Float(v)
	case Decimal:
		return decimal(string(v))
	case []byte:
		return selector.Other()
	}
	return selector.Value{}
}

// decimal reads a number, exactly if that can be. One that is longer than selectors read
// is cut to what a float64 holds.
func decimal(text string) selector.Value {
	if v, ok := selector.Numeric(text); ok {
		return v
	}
	if f, err := strconv.ParseFloat(text, 64); err == nil {
		return selector.Float(f)
	}
	return selector.Other()
}
