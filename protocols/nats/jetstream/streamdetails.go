package jetstream

import (
	"maps"
	"math"
	"slices"

	"github.com/sluicemq/sluice/protocols/nats/router"
	"github.com/sluicemq/sluice/queuecore"
)

// withSubjects adds to si a page of the subjects that filter covers, in their order, with the messages of
// each. Without any the page is empty, as that of nats-server.
func (e *Engine) withSubjects(s *stream, si *streamInfo, filter string, offset int) (any, error) {
	counts, all, err := e.subjects(s, si.State.Messages, filter)
	if err != nil {
		return nil, err
	}
	si.State.NumSubjects = all
	if len(counts) == 0 {
		return pagedStream{streamInfo: si}, nil
	}
	p, some := cut(slices.Sorted(maps.Keys(counts)), offset, subjectsPage)
	si.State.Subjects = make(map[string]int, len(some))
	for _, subject := range some {
		si.State.Subjects[subject] = counts[subject]
	}
	return pagedStream{si, p}, nil
}

// subjects counts the messages of each subject that filter covers, and the subjects of all.
func (e *Engine) subjects(s *stream, messages int, filter string) (counts map[string]int, all int, err error) {
	if counts, all, known, err := e.countedSubjects(s, filter); known || err != nil {
		return counts, all, err
	}
	if messages > maxScan {
		return nil, 0, errSubjectDetails.with("%s: the stream holds %d messages, subjects of up to %d are counted",
			errSubjectDetails.Description, messages, maxScan)
	}
	of, err := e.subjectsOf(s)
	if err != nil {
		return nil, 0, err
	}
	counts = make(map[string]int)
	seen := make(map[string]struct{})
	err = e.walk(s, 0, math.MaxUint64, func(x *queuecore.Browsed) bool {
		subject := of.of(x)
		seen[subject] = struct{}{}
		if router.Covers(filter, subject) {
			counts[subject]++
		}
		return true
	})
	return counts, len(seen), err
}

// countedSubjects is subjects for a stream that counts them itself; known is false where it does
// not.
func (e *Engine) countedSubjects(s *stream, filter string) (counts map[string]int, all int, known bool, err error) {
	topics, known, err := e.topics(s)
	if !known || err != nil {
		return nil, 0, false, err
	}
	counts = make(map[string]int)
	for subject, x := range topics {
		if router.Covers(filter, subject) {
			counts[subject] = x.Messages
		}
	}
	return counts, len(topics), true, nil
}

// topics returns what a stream that bounds its subjects knows of them.
func (e *Engine) topics(s *stream) (bySubject map[string]queuecore.TopicCount, known bool, err error) {
	if s.queue.Config.MaxPerTopic == 0 {
		return nil, false, nil
	}
	x, known, err := e.broker.Topics(e.ctx, s.queue.Name, maxScan)
	if !known || err != nil {
		return nil, false, err
	}
	bySubject = make(map[string]queuecore.TopicCount, len(x.Topics)+1)
	add := func(d queuecore.Destination, c queuecore.TopicCount) {
		subject := subjectOf(s, &queuecore.Browsed{Message: &queuecore.Message{Destination: d}})
		old := bySubject[subject]
		bySubject[subject] = queuecore.TopicCount{Messages: old.Messages + c.Messages, Last: max(old.Last, c.Last)}
	}
	for name, c := range x.Topics {
		add(queuecore.TopicNamed(name), c)
	}
	if x.Own.Messages > 0 {
		add(s.destination(), x.Own)
	}
	return bySubject, true, nil
}

// deleted returns the sequences between the first and the last that no message has.
func (e *Engine) deleted(s *stream, state *streamState) ([]uint64, error) {
	if state.Messages > maxScan || state.NumDeleted > maxScan {
		return nil, errSubjectDetails.with("deleted details would exceed the maximum: %d messages and %d deleted, of either %d are looked through",
			state.Messages, state.NumDeleted, maxScan)
	}
	var gone []uint64
	next := state.FirstSeq
	skip := func(to uint64) {
		for ; next < to && len(gone) <= maxScan; next++ {
			gone = append(gone, next)
		}
		next = to + 1
	}
	err := e.walk(s, next, state.LastSeq+1, func(x *queuecore.Browsed) bool {
		skip(x.Seq)
		return true
	})
	if state.Messages > 0 {
		skip(state.LastSeq + 1)
	}
	return gone, err
}
