package queuecore

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"github.com/sluicemq/sluice/queuecore/schedule"
)

// messageVersion is the first byte of every message record. A reader refuses
// what it does not know.
const messageVersion = 1

// plannedVersion is that of a message with a Plan, which stands before the properties.
const plannedVersion = 2

// The types of property values on disk. Numbers are never used again.
const (
	typeString = iota + 1
	typeBytes
	typeBool
	typeInt8
	typeInt16
	typeInt32
	typeInt64
	typeFloat32
	typeFloat64
	typeDecimal
)

// appendMessage appends m's record to b. The properties have been checked.
func appendMessage(b []byte, m *Message) []byte {
	b = append(b, versionOf(m))
	b = append(b, m.ID[:]...)
	b = append(b, byte(m.BodyKind), byte(m.Priority))
	b = appendDestination(b, m.Destination)
	b = appendDestination(b, m.ReplyTo)
	for _, s := range [...]string{m.ContentType, m.CorrelationID, m.Type, m.UserID, m.Group, m.DedupID} {
		b = appendString(b, s)
	}
	for _, t := range [...]time.Time{m.SentAt, m.DeliverAt, m.ExpiresAt} {
		b = appendTime(b, t)
	}
	if m.Plan != nil {
		b = appendString(b, m.Plan.String())
	}
	b = binary.AppendUvarint(b, uint64(len(m.Properties)))
	for i := range m.Properties {
		b = appendProperty(b, &m.Properties[i])
	}
	return append(b, m.Body...)
}

func versionOf(m *Message) byte {
	if m.Plan != nil {
		return plannedVersion
	}
	return messageVersion
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendDestination(b []byte, d Destination) []byte {
	return appendString(append(b, byte(d.Kind)), d.Name)
}

// appendTime writes a time as seconds and nanoseconds; the zero time is one byte.
func appendTime(b []byte, t time.Time) []byte {
	if t.IsZero() {
		return append(b, 0)
	}
	b = binary.AppendVarint(append(b, 1), t.Unix())
	return binary.AppendUvarint(b, uint64(t.Nanosecond()))
}

func (r *recordReader) time() time.Time {
	if r.byte() == 0 {
		return time.Time{}
	}
	seconds := r.varint()
	nano := r.uvarint()
	if nano >= 1e9 {
		r.fault()
		return time.Time{}
	}
	return time.Unix(seconds, int64(nano))
}

func appendProperty(b []byte, p *Property) []byte {
	b = appendString(b, p.Name)
	b = appendString(b, p.Label)
	switch v := p.Value.(type) {
	case string:
		return appendString(append(b, typeString), v)
	case []byte:
		return appendString(append(b, typeBytes), string(v))
	case Decimal:
		return appendString(append(b, typeDecimal), string(v))
	case bool:
		if v {
			return append(b, typeBool, 1)
		}
		return append(b, typeBool, 0)
	case int8:
		return binary.AppendVarint(append(b, typeInt8), int64(v))
	case int16:
		return binary.AppendVarint(append(b, typeInt16), int64(v))
	case int32:
		return binary.AppendVarint(append(b, typeInt32), int64(v))
	case int64:
		return binary.AppendVarint(append(b, typeInt64), v)
	case float32:
		return binary.BigEndian.AppendUint32(append(b, typeFloat32), math.Float32bits(v))
	case float64:
		return binary.BigEndian.AppendUint64(append(b, typeFloat64), math.Float64bits(v))
	}
	panic(fmt.Sprintf("property %q of unchecked type %T", p.Name, p.Value))
}

// parseMessage reads a record; the message's body and binary properties alias b.
// The error is ErrInvalid.
func parseMessage(b []byte) (*Message, error) {
	r := recordReader{b: b}
	v := r.byte()
	if v != messageVersion && v != plannedVersion {
		return nil, fmt.Errorf("message record of version %d: %w", v, ErrInvalid)
	}
	m := &Message{}
	copy(m.ID[:], r.take(uint64(len(m.ID))))
	m.BodyKind, m.Priority = BodyKind(r.byte()), Priority(r.byte())
	m.Destination, m.ReplyTo = r.destination(), r.destination()
	for _, s := range [...]*string{&m.ContentType, &m.CorrelationID, &m.Type, &m.UserID, &m.Group, &m.DedupID} {
		*s = r.string()
	}
	for _, t := range [...]*time.Time{&m.SentAt, &m.DeliverAt, &m.ExpiresAt} {
		*t = r.time()
	}
	if v == plannedVersion {
		m.Plan = r.plan()
	}
	m.Properties = r.properties()
	if r.bad {
		return nil, fmt.Errorf("message record of %d bytes is damaged: %w", len(b), ErrInvalid)
	}
	m.Body = r.b
	return m, nil
}

// recordReader takes a record apart; after a fault it is bad and yields zeroes.
type recordReader struct {
	b   []byte
	bad bool
}

func (r *recordReader) fault() {
	r.bad, r.b = true, nil
}

func (r *recordReader) byte() byte {
	if p := r.take(1); p != nil {
		return p[0]
	}
	return 0
}

func (r *recordReader) take(n uint64) []byte {
	if n > uint64(len(r.b)) {
		r.fault()
		return nil
	}
	p := r.b[:n:n]
	r.b = r.b[n:]
	return p
}

func (r *recordReader) uvarint() uint64 {
	x, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.fault()
		return 0
	}
	r.b = r.b[n:]
	return x
}

func (r *recordReader) varint() int64 {
	x, n := binary.Varint(r.b)
	if n <= 0 {
		r.fault()
		return 0
	}
	r.b = r.b[n:]
	return x
}

func (r *recordReader) string() string { return string(r.take(r.uvarint())) }

func (r *recordReader) destination() Destination {
	return Destination{Kind: Kind(r.byte()), Name: r.string()}
}

func (r *recordReader) plan() *Plan {
	p, err := schedule.Parse(r.string())
	if err != nil {
		r.fault()
		return nil
	}
	return p
}

// minPropertyBytes is what the smallest property takes, so that a damaged count
// cannot ask for more memory than the record could fill.
const minPropertyBytes = 4

func (r *recordReader) properties() Properties {
	n := r.uvarint()
	if n == 0 {
		return nil
	}
	if n > uint64(len(r.b)/minPropertyBytes) {
		r.fault()
		return nil
	}
	ps := make(Properties, 0, n)
	for range n {
		ps = append(ps, Property{Name: r.string(), Label: r.string(), Value: r.value()})
	}
	return ps
}

func (r *recordReader) value() any {
	switch r.byte() {
	case typeString:
		return r.string()
	case typeBytes:
		return r.take(r.uvarint())
	case typeDecimal:
		return Decimal(r.string())
	case typeBool:
		return r.byte() != 0
	case typeInt8:
		return int8(r.varint())
	case typeInt16:
		return int16(r.varint())
	case typeInt32:
		return int32(r.varint())
	case typeInt64:
		return r.varint()
	case typeFloat32:
		if p := r.take(4); p != nil {
			return math.Float32frombits(binary.BigEndian.Uint32(p))
		}
	case typeFloat64:
		if p := r.take(8); p != nil {
			return math.Float64frombits(binary.BigEndian.Uint64(p))
		}
	default:
		r.fault()
	}
	return nil
}
