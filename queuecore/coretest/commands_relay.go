package coretest

import (
	"strconv"
	"strings"

	"github.com/sluicemq/sluice/queuecore/internal/machine"
)

// fill reads fill=NUMBER,…,NUMBER+ where the last one, with a plus, stands for everything
// from there on; nil when there is no such setting.
func (w *words) fill() *machine.Fill {
	text, ok := w.set["fill"]
	if !ok {
		return nil
	}
	f := &machine.Fill{}
	for word := range strings.SplitSeq(text, ",") {
		number, all := strings.CutSuffix(word, "+")
		seq, err := strconv.ParseUint(number, 10, 64)
		if w.fault(err); all {
			f.From = seq
		} else {
			f.Seqs = append(f.Seqs, seq)
		}
	}
	return f
}

// held reads: held QUEUE [bound=N].
func (s *speaker) held(w *words) {
	r := &machine.Held{Name: w.word(1), Bound: 1000}
	if _, ok := w.set["bound"]; ok {
		r.Bound = w.int("bound")
	}
	s.do(r, func() {
		if r.Err != nil {
			s.say("%v", r.Err)
			return
		}
		least := ""
		if !r.Exact {
			least = "at least "
		}
		s.say("%s%d messages, %d bytes, first %d last %d", least, r.Messages, r.Bytes, r.FirstSeq, r.LastSeq)
	})
}
