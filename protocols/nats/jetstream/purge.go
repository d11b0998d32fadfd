package jetstream

import (
	"cmp"
	"math"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/queuecore"
)

// purgeRequest is what STREAM.PURGE brings.
type purgeRequest struct {
	Seq    uint64 `json:"seq"`    // what stands before it goes; 0: everything
	Filter string `json:"filter"` // what has a subject that it covers goes; "": whatever it has
	Keep   uint64 `json:"keep"`   // the newest that stay
}

// purged is the answer of STREAM.PURGE.
type purged struct {
	Success bool `json:"success"`
	Purged  int  `json:"purged"`
}

func (e *Engine) purgeStream(r *request) (any, error) {
	var in purgeRequest
	if err := r.decode(&in, true); err != nil {
		return nil, err
	}
	if in.Seq > 0 && in.Keep > 0 {
		return nil, errBadRequest // as nats-server: one bound or the other
	}
	s, err := r.client.open(protocols.Purge, "purge stream", r.args[0])
	if err != nil {
		return nil, err
	}
	if s.config.DenyPurge {
		return nil, errPurge.with("stream purge not permitted")
	}
	n, err := e.purge(s, &in)
	if err != nil {
		return nil, apiError(err, errPurge)
	}
	return purged{true, n}, nil
}

// purge removes what in says, leased messages too. All of a stream goes at once; some of it page
// by page, the oldest first, so that a request that was cut short is made good by repeating it.
func (e *Engine) purge(s *stream, in *purgeRequest) (int, error) {
	if in.Seq == 0 && in.Keep == 0 && (in.Filter == "" || in.Filter == ">") {
		return e.broker.Purge(e.ctx, s.queue.Name)
	}
	st, err := e.broker.Stats(e.ctx, s.queue.Name)
	if err != nil {
		return 0, err
	}
	of, err := e.subjectsOf(s)
	if err != nil {
		return 0, err
	}
	end := st.LastSeq + 1 // what comes later stays
	if in.Seq > 0 {
		end = min(end, in.Seq)
	}
	if in.Keep > 0 {
		if end, err = e.newest(&of, in.Filter, in.Keep); err != nil {
			return 0, err
		}
	}
	return e.removeBefore(&of, in.Filter, end)
}

// newest returns the sequence of the oldest of the newest keep messages that filter covers; 0
// when there are no more than those.
func (e *Engine) newest(of *subjects, filter string, keep uint64) (uint64, error) {
	var kept []uint64
	more := false
	err := e.walk(of.stream, 0, math.MaxUint64, func(x *queuecore.Browsed) bool {
		if of.covered(filter, x) {
			if kept = append(kept, x.Seq); uint64(len(kept)) > keep {
				kept, more = kept[1:], true
			}
		}
		return true
	})
	if err != nil || !more {
		return 0, err
	}
	return kept[0], nil
}

// removeBefore removes what filter covers and stands before end.
func (e *Engine) removeBefore(of *subjects, filter string, end uint64) (int, error) {
	removed := 0
	var doomed []uint64
	flush := func() error {
		n, err := e.broker.RemoveSome(e.ctx, of.stream.queue.Name, doomed)
		removed, doomed = removed+n, doomed[:0]
		return err
	}
	var failed error
	err := e.walk(of.stream, 0, end, func(x *queuecore.Browsed) bool {
		if of.covered(filter, x) {
			doomed = append(doomed, x.Seq)
		}
		if len(doomed) == queuecore.MaxReceive {
			failed = flush()
		}
		return failed == nil
	})
	if err != nil || failed != nil {
		return removed, cmp.Or(failed, err)
	}
	if len(doomed) > 0 {
		err = flush()
	}
	return removed, err
}

// walk shows the messages from a sequence on and before end, in whatever state, until show says
// that it has seen enough.
func (e *Engine) walk(s *stream, from, end uint64, show func(*queuecore.Browsed) bool) error {
	for from < end {
		page, err := e.broker.Browse(e.ctx, s.queue.Name, from, queuecore.MaxReceive)
		if err != nil || len(page) == 0 {
			return err
		}
		for i := range page {
			if page[i].Seq >= end || !show(&page[i]) {
				return nil
			}
		}
		from = page[len(page)-1].Seq + 1
	}
	return nil
}
