package coretest

import (
	"fmt"
	"strings"

	"github.com/anishathalye/porcupine"
)

// GroupVerb is what is asked of a queue that keeps the order of its groups.
type GroupVerb uint8

// What is asked. Receives take one message. LeasesEnd is the moment at which all
// leases there are end, be it by the clock or by a restart.
const (
	GroupSend GroupVerb = iota + 1
	GroupReceive
	GroupAck
	GroupNack
	LeasesEnd
)

// GroupOp is one operation on one group. Receives that got nothing are not
// recorded; of those whose answer is lost, the group is "": they may have taken a
// message of any.
type GroupOp struct {
	Verb    GroupVerb
	Group   string
	Name    string // of the message; without spaces
	Attempt int    // acked or nacked; 0: not known
}

// GroupAnswer is what was told.
type GroupAnswer struct {
	How     Answer
	Name    string // of the message received
	Attempt int
	Seq     uint64 // of the message sent; 0: not known
}

// groupState is one group: its messages in order, and its first one's attempts.
type groupState struct {
	names    string // each followed by a space
	last     uint64 // sequence number
	attempts int
	out      bool // the first one is leased
}

// GroupModel is one queue's groups, taken one by one: messages come in the order
// in which they were sent, the next one only when the one before is acked, and at
// most one is out.
func GroupModel() porcupine.Model {
	m := porcupine.NondeterministicModel{
		Partition: func(h []porcupine.Operation) [][]porcupine.Operation {
			return partition(h, func(op porcupine.Operation) string { return op.Input.(GroupOp).Group })
		},
		Init: func() []any { return []any{groupState{}} },
		Step: func(state, in, out any) []any {
			s, op, a := state.(groupState), in.(GroupOp), out.(GroupAnswer)
			next := s.step(op, a)
			if a.How == Lost {
				next = append(next, s)
			}
			return next
		},
		DescribeOperation: func(in, out any) string { return fmt.Sprintf("%+v %+v", in, out) },
	}
	return m.ToModel()
}

// step returns the states in which op may leave the group; none: it cannot be.
func (s groupState) step(op GroupOp, a GroupAnswer) []any {
	switch op.Verb {
	case GroupSend:
		return s.send(op.Name, a)
	case GroupReceive:
		return s.receive(a)
	case GroupAck:
		return s.ack(op, a)
	case GroupNack:
		return s.nack(op, a)
	}
	s.out = false
	return []any{s}
}

func (s groupState) first() string {
	name, _, _ := strings.Cut(s.names, " ")
	return name
}

func (s groupState) send(name string, a GroupAnswer) []any {
	if a.Seq != 0 && a.Seq <= s.last {
		return nil
	}
	s.names += name + " "
	s.last = max(s.last, a.Seq)
	return []any{s}
}

func (s groupState) receive(a GroupAnswer) []any {
	if s.out || s.names == "" {
		return nil
	}
	s.out = true
	s.attempts++
	if a.How == Done && (a.Name != s.first() || a.Attempt != 0 && a.Attempt != s.attempts) {
		return nil
	}
	return []any{s}
}

// is reports whether op is about the delivery of the first message that is the
// last one so far.
func (s groupState) is(op GroupOp) bool {
	return s.first() == op.Name && s.attempts > 0 && (op.Attempt == 0 || op.Attempt == s.attempts)
}

func (s groupState) ack(op GroupOp, a GroupAnswer) []any {
	there := strings.Contains(" "+s.names, " "+op.Name+" ")
	switch {
	case a.How == Refuse && there && !s.is(op), a.How == Done && !there:
		return []any{s}
	case a.How == Refuse || !s.is(op):
		return nil
	}
	return []any{groupState{names: s.names[len(op.Name)+1:], last: s.last}}
}

func (s groupState) nack(op GroupOp, a GroupAnswer) []any {
	living := s.is(op) && s.out
	switch {
	case a.How == Refuse && !living:
		return []any{s}
	case a.How == Refuse || !living:
		return nil
	}
	s.out = false
	return []any{s}
}
