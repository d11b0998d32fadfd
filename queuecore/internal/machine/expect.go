package machine

import (
	"encoding/binary"
	"fmt"
)

// Expect is what a transaction wants a queue to be like.
type Expect struct {
	Queue string
	// Last is the sequence number given last; 0: none has been. AnyLast: it is not looked at.
	Last    uint64
	AnyLast bool
	// Topic is what the last message there of a topic is to be; nil: any.
	Topic *TopicLast
	// ID is the dedup id of the message that came last, whether it is still there or not; "": any.
	ID string
}

// TopicLast names the last message that a queue holds of a topic.
type TopicLast struct {
	Topic string // ""; what was sent to the queue itself
	Seq   uint64 // 0: there is none
}

// WrongLast says that a queue's last sequence number, or that of a topic in it, is not the
// expected one.
type WrongLast struct {
	Queue string
	Topic *TopicLast // what was expected, if it was of a topic
	Last  uint64     // what it is
}

func (e *WrongLast) Error() string {
	if e.Topic != nil {
		return fmt.Sprintf("the last sequence number of topic %q in queue %q is %d", e.Topic.Topic, e.Queue, e.Last)
	}
	return fmt.Sprintf("the last sequence number of queue %q is %d", e.Queue, e.Last)
}

// WrongID says that the message that came last to a queue has not the expected dedup id.
type WrongID struct {
	Queue string
	ID    string // what it is; "": it has none, or came before the store was opened and is not known
}

func (e *WrongID) Error() string {
	return fmt.Sprintf("the dedup id of the last message of queue %q is %q", e.Queue, e.ID)
}

// TopicFull is the error of a send to a queue that holds its maximum of a topic. It is an
// ErrFull.
type TopicFull struct {
	Queue, Topic string // Topic "": of what was sent to the queue itself
	Limit        int
}

func (e *TopicFull) Error() string {
	if e.Topic == ownTopic {
		return fmt.Sprintf("queue %q holds its maximum of %d messages that were sent to it by its name: %v", e.Queue, e.Limit, ErrFull)
	}
	return fmt.Sprintf("queue %q holds its maximum of %d messages of topic %q: %v", e.Queue, e.Limit, e.Topic, ErrFull)
}

// Unwrap is for errors.Is.
func (e *TopicFull) Unwrap() error { return ErrFull }

// expect says whether r's queue is as r wants it. A transaction of nothing but sends that
// were made before changes nothing, and so is answered as they were.
func (m *Machine) expect(r *Tx) error {
	q, err := m.queue(r.If.Queue)
	if err != nil {
		return err
	}
	if err := q.differs(r.If); err != nil && !m.repeats(q, r) {
		return err
	}
	return nil
}

// differs says how q is not as x wants it.
func (q *queue) differs(x *Expect) error {
	if last := q.last(); !x.AnyLast && last != x.Last {
		return &WrongLast{Queue: q.name, Last: last}
	}
	if x.Topic != nil {
		if last := q.topics.last(x.Topic.Topic); last != x.Topic.Seq {
			return &WrongLast{Queue: q.name, Topic: x.Topic, Last: last}
		}
	}
	if x.ID != "" && x.ID != q.lastID {
		return &WrongID{Queue: q.name, ID: q.lastID}
	}
	return nil
}

// dedupID returns the id in what dedupKey made; "" when it is of another kind of key.
func (q *queue) dedupID(key string) string {
	if !q.config.DedupPerGroup {
		return key
	}
	length, n := binary.Uvarint([]byte(key[:min(len(key), binary.MaxVarintLen64)]))
	if n <= 0 || length > uint64(len(key)-n) {
		return ""
	}
	return key[n+int(length):]
}

// repeats reports whether r is sends alone that q has had.
func (m *Machine) repeats(q *queue, r *Tx) bool {
	for i := range r.Sends {
		if _, dup := q.duplicate(&r.Sends[i], m.now); !dup {
			return false
		}
	}
	return len(r.Sends) > 0 && len(r.Acks) == 0 && len(r.Nacks) == 0
}
