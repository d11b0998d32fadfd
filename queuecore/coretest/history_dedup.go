package coretest

import (
	"fmt"

	"github.com/anishathalye/porcupine"

	"github.com/sluicemq/sluice/queuecore"
)

// DedupOp is a send with a dedup id, a look at how many messages with the id are
// there or, with the id "", the end of all windows.
type DedupOp struct {
	ID   string
	Look bool
}

// DedupAnswer is what was told.
type DedupAnswer struct {
	How       Answer
	Seq       uint64
	Message   queuecore.MessageID
	Duplicate bool
	Count     int // of a look
}

// dedupState is what a queue knows of one id.
type dedupState struct {
	known   bool // the window is open
	seq     uint64
	message queuecore.MessageID // seq 0: of a send whose answer is lost
	count   int                 // windows that were opened
}

// DedupModel is one queue's dedup ids, taken one by one: the first send within the window
// makes a message, and all others are answered with it.
func DedupModel() porcupine.Model {
	m := porcupine.NondeterministicModel{
		Partition: func(h []porcupine.Operation) [][]porcupine.Operation {
			return partition(h, func(op porcupine.Operation) string { return op.Input.(DedupOp).ID })
		},
		Init: func() []any { return []any{dedupState{}} },
		Step: func(state, in, out any) []any {
			return state.(dedupState).step(in.(DedupOp), out.(DedupAnswer))
		},
		DescribeOperation: func(in, out any) string { return fmt.Sprintf("%+v %+v", in, out) },
	}
	return m.ToModel()
}

// step returns the states in which op may leave the id; none: it cannot be.
func (s dedupState) step(op DedupOp, a DedupAnswer) []any {
	opened := dedupState{known: true, seq: a.Seq, message: a.Message, count: s.count + 1}
	switch {
	case op.ID == "":
		return []any{dedupState{count: s.count}}
	case op.Look && a.Count == s.count:
		return []any{s}
	case op.Look:
		return nil
	case a.How == Lost && s.known:
		return []any{s}
	case a.How == Lost:
		return []any{s, opened}
	case a.Duplicate != s.known:
		return nil
	case !s.known:
		return []any{opened}
	case s.seq == 0:
		s.seq, s.message = a.Seq, a.Message
		return []any{s}
	case s.seq != a.Seq || s.message != a.Message:
		return nil
	}
	return []any{s}
}
