package selector

import "math"

// Kind says what a [Value] holds.
type Kind uint8

// The kinds of value. An Other is something that a selector cannot look into,
// such as bytes: it is there, and it is like nothing else.
const (
	KindNull Kind = iota // no value: the zero Kind
	KindBool
	KindInt   // Java's byte, short, int and long
	KindFloat // Java's float and double
	KindString
	KindOther
)

// Value is what a field of a message holds. It is small and holds no pointer but
// that of a string, whose bytes must not change while a selector looks at it. The
// zero Value is Null.
type Value struct {
	kind Kind
	num  uint64
	str  string
}

// Bool returns the boolean b.
func Bool(b bool) Value {
	v := Value{kind: KindBool}
	if b {
		v.num = 1
	}
	return v
}

// Int returns an exact number.
func Int(n int64) Value { return Value{kind: KindInt, num: uint64(n)} }

// Float returns an approximate number; it may be infinite or not a number.
func Float(f float64) Value { return Value{kind: KindFloat, num: math.Float64bits(f)} }

// String returns a string.
func String(s string) Value { return Value{kind: KindString, str: s} }

// Other returns a value that is not null and like nothing else.
func Other() Value { return Value{kind: KindOther} }

// Kind says which kind of value v is.
func (v Value) Kind() Kind { return v.kind }

// IsNull reports whether v is no value.
func (v Value) IsNull() bool { return v.kind == KindNull }

func (v Value) isNumber() bool { return v.kind == KindInt || v.kind == KindFloat }

func (v Value) bool() bool { return v.num != 0 }
func (v Value) int() int64 { return int64(v.num) }

// float returns a number as Java's promotion to double gives it.
func (v Value) float() float64 {
	if v.kind == KindInt {
		return float64(int64(v.num))
	}
	return math.Float64frombits(v.num)
}

// Fields is a message as a selector sees it. Field returns the header field or
// the property called name, or Null if the message has none or it is null
// (Jakarta Messaging 3.1, 3.8.1.1). JMSDeliveryMode is the string PERSISTENT or
// NON_PERSISTENT (3.8.1.3), JMSPriority and JMSTimestamp (in milliseconds since
// 1970) are exact numbers. Field must not change the message.
type Fields interface {
	Field(name string) Value
}
