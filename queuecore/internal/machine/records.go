package machine

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
)

// The families of records: a key begins with one of these. Numbers in keys are
// big-endian, so that the store's order is the queue's.
//
//	c                     counters: format, next queue id, next shared number, time
//	q id                  queue: name, configuration, times, what it is subscribed to (JSON)
//	n id                  the sequence numbers below this one are spoken for
//	p id                  entries below this sequence number are purged
//	b id pattern          binding
//	v id number           move of the queue's messages: where to, how far (JSON)
//	i id chunk            page: what the rules must know of a chunk's entries
//	e id seq              entry: head, and the message or the number of the shared record
//	s id seq              state of an entry that was handed out, nacked or dead-lettered
//	m number              message that several entries share, or that is large
//	d id key              dedup id: window end, sequence number, message id
//	w id seq              name of the seat in which an entry waits
const (
	FamilyCounters = 'c'
	FamilyQueue    = 'q'
	FamilyNext     = 'n'
	FamilyPurged   = 'p'
	FamilyBinding  = 'b'
	FamilyMove     = 'v'
	FamilyPage     = 'i'
	FamilyEntry    = 'e'
	FamilyState    = 's'
	FamilyShared   = 'm'
	FamilyDedup    = 'd'
	FamilySeat     = 'w'
)

// The first byte of the counters record is the format of a store. All are read, and get
// a higher one with the first record that needs it.
const (
	pagedFormat      = 2 // those before have no pages and no short heads
	selectiveFormat  = 3 // those before have no bindings with selectors
	subscribedFormat = 4 // those before have no subscriptions
	pickyFormat      = 5 // those before have no moves with selectors, and would move everything
	closingFormat    = 6 // those before have no messages that end their group
	relayedFormat    = 7 // those before have no relays, and would keep what these hand on
	seatedFormat     = 8 // those before have no seats, and would keep what is replaced
	formatVersion    = seatedFormat
)

const (
	entryKeyBytes  = 1 + 4 + 8
	sharedKeyBytes = 1 + 8
)

func appendQueueKey(b []byte, family byte, id uint32) []byte {
	return binary.BigEndian.AppendUint32(append(b, family), id)
}

func appendEntryKey(b []byte, family byte, id uint32, seq uint64) []byte {
	return binary.BigEndian.AppendUint64(appendQueueKey(b, family, id), seq)
}

// EntrySeq returns the sequence number in the key of an entry's record.
func EntrySeq(key []byte) (seq uint64, ok bool) {
	_, seq, err := splitEntryKey(key)
	return seq, err == nil && key[0] == FamilyEntry
}

func appendSharedKey(b []byte, number uint64) []byte {
	return binary.BigEndian.AppendUint64(append(b, FamilyShared), number)
}

func splitEntryKey(k []byte) (id uint32, seq uint64, err error) {
	if len(k) != entryKeyBytes {
		return 0, 0, fmt.Errorf("key %.64x: %w", k, ErrInvalid)
	}
	return binary.BigEndian.Uint32(k[1:]), binary.BigEndian.Uint64(k[5:]), nil
}

// Head stands before the message in an entry's record: what the rules must know
// without reading the message.
type Head struct {
	Visible, Sent, Expires int64
	Priority               uint8
	Group                  string
	Size                   uint32 // of body and properties, as limits count it
	Shared                 uint64 // not 0: the message stands in this shared record
	GroupEnd               bool   // it is the last of its group
}

const (
	headFixed  = 1 + 8 + 8 + 8 + 1 + 4 + 2
	flagShared = 1
	flagShort  = 2 // with flagShared: numbers of variable length. Stores of format 1 have none
	flagEnd    = 4 // GroupEnd. Stores of formats before 6 have none
)

func (h *Head) flags() byte {
	if h.GroupEnd {
		return flagEnd
	}
	return 0
}

// AppendHead appends the head's bytes to b.
func AppendHead(b []byte, h *Head) []byte {
	if h.Shared != 0 {
		return appendShortHead(b, h)
	}
	b = append(b, h.flags())
	b = binary.BigEndian.AppendUint64(b, uint64(h.Visible))
	b = binary.BigEndian.AppendUint64(b, uint64(h.Sent))
	b = binary.BigEndian.AppendUint64(b, uint64(h.Expires))
	b = append(b, h.Priority)
	b = binary.BigEndian.AppendUint32(b, h.Size)
	b = binary.BigEndian.AppendUint16(b, uint16(len(h.Group)))
	return append(b, h.Group...)
}

// appendShortHead is AppendHead for an entry whose message stands elsewhere: all
// that a topic's message takes in each queue.
func appendShortHead(b []byte, h *Head) []byte {
	b = append(b, flagShared|flagShort|h.flags(), h.Priority)
	b = binary.AppendUvarint(b, uint64(h.Size))
	b = binary.AppendUvarint(b, h.Shared)
	for _, at := range [...]int64{h.Sent, h.Visible, h.Expires} {
		b = binary.AppendVarint(b, at)
	}
	return append(b, h.Group...)
}

func parseShortHead(v []byte) (h Head, err error) {
	r := reader{b: v[1:]}
	h.GroupEnd = v[0]&flagEnd != 0
	h.Priority = r.byte()
	size := r.uvarint()
	h.Size, h.Shared = uint32(size), r.uvarint()
	for _, at := range [...]*int64{&h.Sent, &h.Visible, &h.Expires} {
		*at = r.varint()
	}
	h.Group = string(r.b)
	if r.bad || h.Shared == 0 || h.Priority >= levels || size > math.MaxUint32 || len(h.Group) > math.MaxUint16 {
		return h, fmt.Errorf("entry record of %d bytes: %w", len(v), ErrInvalid)
	}
	return h, nil
}

// ParseHead splits an entry's record into its head and the message behind it,
// which aliases v. The error is ErrInvalid.
func ParseHead(v []byte) (h Head, message []byte, err error) {
	if len(v) > 0 && v[0]&^flagEnd == flagShared|flagShort {
		h, err = parseShortHead(v)
		return h, nil, err
	}
	if len(v) < headFixed || v[0]&^(flagShared|flagEnd) != 0 {
		return h, nil, fmt.Errorf("entry record of %d bytes: %w", len(v), ErrInvalid)
	}
	h.GroupEnd = v[0]&flagEnd != 0
	h.Visible = int64(binary.BigEndian.Uint64(v[1:]))
	h.Sent = int64(binary.BigEndian.Uint64(v[9:]))
	h.Expires = int64(binary.BigEndian.Uint64(v[17:]))
	h.Priority = v[25]
	h.Size = binary.BigEndian.Uint32(v[26:])
	rest := v[headFixed:]
	n := int(binary.BigEndian.Uint16(v[30:]))
	if len(rest) < n || h.Priority >= levels {
		return h, nil, fmt.Errorf("entry record of %d bytes: %w", len(v), ErrInvalid)
	}
	h.Group, rest = string(rest[:n]), rest[n:]
	if v[0]&flagShared == 0 {
		return h, rest, nil
	}
	if len(rest) != 8 {
		return h, nil, fmt.Errorf("entry record of %d bytes: %w", len(v), ErrInvalid)
	}
	h.Shared = binary.BigEndian.Uint64(rest)
	if h.Shared == 0 {
		return h, nil, fmt.Errorf("entry record without a number: %w", ErrInvalid)
	}
	return h, nil, nil
}

// ReplaceHead returns an entry's record v with another head before the same message.
func ReplaceHead(v, head []byte) ([]byte, error) {
	_, message, err := ParseHead(v)
	if err != nil {
		return nil, err
	}
	return append(head[:len(head):len(head)], message...), nil
}

// setVisible writes the time into a record that AppendHead began.
func setVisible(v []byte, at int64) { binary.BigEndian.PutUint64(v[1:], uint64(at)) }

// stateRecord is what outlives a restart of an entry that is not fresh.
type stateRecord struct {
	state          State // Ready, Delayed, Leased by clock, or Parked
	attempt        uint32
	visible, first int64
	reason         string // of a parked entry
	dead           *DeadLetter
}

func appendState(b []byte, s *stateRecord) []byte {
	b = append(b, byte(s.state))
	b = binary.AppendUvarint(b, uint64(s.attempt))
	b = binary.AppendVarint(b, s.visible)
	b = binary.AppendVarint(b, s.first)
	b = binary.AppendUvarint(b, uint64(len(s.reason)))
	b = append(b, s.reason...)
	if s.dead == nil {
		return b
	}
	b = binary.AppendUvarint(b, uint64(len(s.dead.Queue)))
	b = append(b, s.dead.Queue...)
	b = binary.AppendUvarint(b, uint64(s.dead.Attempts))
	return append(b, s.dead.Reason...)
}

func parseState(v []byte) (s stateRecord, err error) {
	r := reader{b: v}
	s.state = State(r.byte())
	s.attempt = uint32(r.uvarint())
	s.visible = r.varint()
	s.first = r.varint()
	s.reason = string(r.bytes(r.uvarint()))
	if !r.bad && len(r.b) > 0 {
		s.dead = &DeadLetter{Queue: string(r.bytes(r.uvarint()))}
		s.dead.Attempts = int(uint32(r.uvarint()))
		s.dead.Reason = string(r.b)
	}
	if r.bad || s.state == gone || s.state > Parked {
		return s, fmt.Errorf("state record %.64x: %w", v, ErrInvalid)
	}
	return s, nil
}

func appendFirst(b []byte, f first) []byte {
	b = binary.BigEndian.AppendUint64(b, uint64(f.expires))
	b = binary.BigEndian.AppendUint64(b, f.seq)
	return append(b, f.id[:]...)
}

func parseFirst(v []byte) (f first, err error) {
	if len(v) != 32 {
		return f, fmt.Errorf("dedup record of %d bytes: %w", len(v), ErrInvalid)
	}
	f.expires = int64(binary.BigEndian.Uint64(v))
	f.seq = binary.BigEndian.Uint64(v[8:])
	copy(f.id[:], v[16:])
	return f, nil
}

// queueRecord is JSON, since it is rare and grows with the configuration.
type queueRecord struct {
	Name              string
	Created, Modified int64
	Config            Config
	Subscription      *Subscription `json:",omitempty"`
}

func encodeQueue(q *queue) []byte {
	b, err := json.Marshal(queueRecord{q.name, q.created, q.modified, q.config, q.info().Subscription})
	if err != nil {
		panic(fmt.Sprintf("queue %q cannot be encoded: %v", q.name, err)) // plain values only
	}
	return b
}

// reader takes a record apart; after a fault it is bad and yields zeroes.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) byte() byte {
	if len(r.b) == 0 {
		r.bad = true
		return 0
	}
	c := r.b[0]
	r.b = r.b[1:]
	return c
}

func (r *reader) uvarint() uint64 {
	x, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return x
}

func (r *reader) varint() int64 {
	x, n := binary.Varint(r.b)
	if n <= 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return x
}

func (r *reader) bytes(n uint64) []byte {
	if n > uint64(len(r.b)) {
		r.bad, r.b = true, nil
		return nil
	}
	p := r.b[:n]
	r.b = r.b[n:]
	return p
}
