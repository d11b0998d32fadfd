package selector

import "math"

// kind says what a Value holds.
type kind uint8

const (
	kindNull kind = iota // no value
	kindBool
	kindInt   // Java's byte, short, int and long
	kindFloat // Java's float and double
	kindString
	kindOther
)

// Value is what a field of a message holds: nothing, a boolean, an exact or an
// approximate number, a string, or something that a selector cannot look into. It
// holds no pointer but that of a string. The zero Value is null.
type Value struct {
	kind kind
	num  uint64
	str  string
}

// Bool returns the boolean b.
func Bool(b bool) Value {
	v := Value{kind: kindBool}
	if b {
		v.num = 1
	}
	return v
}

// Int returns an exact number.
func Int(n int64) Value { return Value{kind: kindInt, num: uint64(n)} }

// Float returns an approximate number; it may be infinite or not a number.
func Float(f float64) Value { return Value{kind: kindFloat, num: math.Float64bits(f)} }

// String returns a string.
func String(s string) Value { return Value{kind: kindString, str: s} }

// Other returns a value that is not null, and that a selector cannot look into,
// such as bytes: it is like nothing, not even another one.
func Other() Value { return Value{kind: kindOther} }

func (v Value) isNull() bool { return v.kind == kindNull }

func (v Value) isNumber() bool { return v.kind == kindInt || v.kind == kindFloat }

func (v Value) int() int64 { return int64(v.num) }

// float returns a number as Java's promotion to double gives it.
func (v Value) float() float64 {
	if v.kind == kindInt {
		return float64(int64(v.num))
	}
	return math.Float64frombits(v.num)
}

// Fields is a message as a selector sees it. Field returns the header field or
// the property called name, or the zero Value if the message has none or it is null
// (Jakarta Messaging 3.1, 3.8.1.1). JMSDeliveryMode is the string PERSISTENT or
// NON_PERSISTENT (3.8.1.3), JMSPriority and JMSTimestamp (in milliseconds since
// 1970) are exact numbers. Field must not change the message.
type Fields interface {
	Field(name string) Value
}
