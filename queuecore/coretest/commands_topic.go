package coretest

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/sluicemq/sluice/queuecore/internal/machine"
)

// expect reads if=queue, and last=n, topic-last=topic/n (the topic may be empty), last-id=id.
func (w *words) expect() *machine.Expect {
	name, ok := w.set["if"]
	if !ok {
		return nil
	}
	x := &machine.Expect{Queue: name, AnyLast: true, ID: w.set["last-id"]}
	if _, ok := w.set["last"]; ok {
		x.Last, x.AnyLast = uint64(w.int("last")), false
	}
	if text, ok := w.set["topic-last"]; ok {
		topic, n, _ := strings.Cut(text, "/")
		seq, err := strconv.ParseUint(n, 10, 64)
		w.fault(err)
		x.Topic = &machine.TopicLast{Topic: topic, Seq: seq}
	}
	return x
}

// topics tells what a queue knows of its topics.
func (s *speaker) topics(w *words) {
	r := &machine.Topics{Name: w.word(1), Most: 100}
	s.do(r, func() {
		if r.Err != nil || !r.Known {
			s.say("not known %v", r.Err)
			return
		}
		s.say("own %d", r.Own.Messages)
		for _, name := range slices.Sorted(maps.Keys(r.Counts)) {
			s.say("%s %d", name, r.Counts[name].Messages)
		}
	})
}
