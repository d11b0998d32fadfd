package coretest

import (
	"fmt"
	"strings"

	"github.com/sluicemq/sluice/queuecore/internal/machine"
)

// flood sends n messages that are alike, and tells the first and the last.
func (s *speaker) flood(w *words) {
	r := &machine.Tx{}
	for range w.int("n") {
		r.Sends = append(r.Sends, s.message(w))
	}
	s.do(r, func() {
		if r.Err != nil {
			s.say("%v", r.Err)
			return
		}
		first, last := r.Sends[0].Placed[0], r.Sends[len(r.Sends)-1].Placed[0]
		s.say("%s/%d-%d", first.Queue, first.Seq, last.Seq)
	})
}

// drain receives up to max messages at once and tells their numbers alone, in runs.
func (s *speaker) drain(w *words) {
	r := &machine.Receive{Queue: w.word(1), Max: w.int("max"), Session: s.sessions[w.set["session"]]}
	_, r.HasLease = w.set["lease"]
	r.Lease = w.duration("lease")
	s.do(r, func() {
		if r.Err != nil {
			s.say("%v", r.Err)
			return
		}
		s.say("%d: %s", len(r.Deliveries), runs(r.Deliveries))
	})
}

// runs spells the numbers of deliveries: 1-3 7.
func runs(ds []machine.Delivery) string {
	var b strings.Builder
	for i := 0; i < len(ds); {
		first := ds[i].Receipt.Seq
		n := uint64(1)
		for ; i+int(n) < len(ds) && ds[i+int(n)].Receipt.Seq == first+n; n++ {
		}
		if n == 1 {
			fmt.Fprintf(&b, " %d", first)
		} else {
			fmt.Fprintf(&b, " %d-%d", first, first+n-1)
		}
		i += int(n)
	}
	return strings.TrimPrefix(b.String(), " ")
}

// acks acks queue/first-last, whatever the attempt.
func (s *speaker) acks(w *words) {
	var queue uint32
	var first, last uint64
	_, err := fmt.Sscanf(w.word(1), "%d/%d-%d", &queue, &first, &last)
	w.fault(err)
	r := &machine.Tx{}
	for seq := first; seq <= last; seq++ {
		r.Acks = append(r.Acks, machine.Receipt{Queue: queue, Seq: seq})
	}
	s.do(r, s.told(&r.Err, "ok"))
}

// noisy tells how many groups are, and counts the others' messages.
func (s *speaker) noisy(w *words) {
	r := &machine.Stats{Name: w.word(1)}
	s.do(r, func() {
		f := r.Fair
		s.say("noisy %d, of others ready %d delayed %d leased %d", f.NoisyGroups, f.QuietReady, f.QuietDelayed, f.QuietLeased)
	})
}
