package jetstream

import (
	"maps"
	"slices"

	"github.com/sluicemq/sluice/queuecore"
)

// beginning returns what a new consumer of an interest stream begins with, of what others hold, by
// its deliver policy. What came after seen, while it was looked for, is all in it, and has still to be
// held against the filters.
func (e *Engine) beginning(s *stream, c *ConsumerConfig) (begin queuecore.Fill, seen uint64, err error) {
	filters := c.filters()
	switch {
	case c.DeliverPolicy == "new":
		return begin, 0, nil
	case c.DeliverPolicy == "all" && len(filters) == 0:
		return queuecore.Fill{From: 1}, 0, nil
	case c.DeliverPolicy == "by_start_sequence" && len(filters) == 0:
		return queuecore.Fill{From: c.OptStartSeq}, 0, nil
	}
	st, err := e.broker.Held(e.ctx, s.queue.Name, maxScan)
	if err != nil {
		return begin, 0, apiError(err, errConsumerCreate)
	}
	if st.Messages > maxScan || !st.Exact {
		return begin, 0, errConsumerCreate.with("deliver_policy %q with filters, or a start, would look through more than %d messages: use deliver_policy new, "+
			"or all without filters", c.DeliverPolicy, maxScan)
	}
	begin.From = st.LastSeq + 1
	begin.Seqs, err = e.picked(s, c, st.LastSeq)
	return begin, st.LastSeq, err
}

// picked returns the sequences up to last of what the consumer begins with.
func (e *Engine) picked(s *stream, c *ConsumerConfig, last uint64) ([]uint64, error) {
	var all []uint64
	bySubject := make(map[string]uint64)
	covered := s.covered(c.filters())
	err := e.walk(s, c.OptStartSeq, last+1, func(x *queuecore.Browsed) bool {
		if !covered.Has(x.Message) || c.OptStartTime != nil && x.SentAt.Before(*c.OptStartTime) {
			return true
		}
		all = append(all, x.Seq)
		bySubject[subjectOf(s, x)] = x.Seq
		return true
	})
	switch {
	case err != nil:
		return nil, apiError(err, errConsumerCreate)
	case c.DeliverPolicy == "last" && len(all) > 0:
		return all[len(all)-1:], nil
	case c.DeliverPolicy == "last_per_subject":
		return slices.Sorted(maps.Values(bySubject)), nil
	}
	return all, nil
}

// prune takes out of a consumer's new queue what came after seen and its filters do not cover.
// Nobody has been told of the queue yet.
func (e *Engine) prune(s *stream, queue string, filters []string, seen uint64) error {
	covered := s.covered(filters)
	for from := seen + 1; ; {
		page, err := e.broker.Browse(e.ctx, queue, from, queuecore.MaxReceive)
		if err != nil {
			return err
		}
		var doomed []uint64
		for i := range page {
			if !covered.Has(page[i].Message) {
				doomed = append(doomed, page[i].Seq)
			}
		}
		if len(doomed) > 0 {
			if _, err := e.broker.RemoveSome(e.ctx, queue, doomed); err != nil {
				return err
			}
		}
		if len(page) < queuecore.MaxReceive {
			return nil
		}
		from = page[len(page)-1].Seq + 1
	}
}
