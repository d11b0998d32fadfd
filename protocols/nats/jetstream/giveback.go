package jetstream

import (
	"cmp"
	"errors"
	"slices"

	"github.com/sluicemq/sluice/queuecore"
)

// giveBack ends the leases of what a removed consumer has out, so that the stream's next
// consumer gets it at once, as in nats-server. The attempts count: somebody has seen
// the messages.
func (o *consumer) giveBack() {
	for _, r := range o.receipts() {
		t := queuecore.Tx{Nacks: []queuecore.Nack{{Receipt: r}}}
		if err := o.engine.broker.Submit(o.engine.ctx, t, o.gaveBack); err != nil {
			o.gaveBack(nil, err)
			return
		}
	}
}

func (o *consumer) gaveBack(_ []queuecore.Sent, err error) {
	if err == nil || errors.Is(err, queuecore.ErrStale) || errors.Is(err, queuecore.ErrNotFound) {
		return // or settled meanwhile
	}
	o.engine.log.Warn("what a removed consumer had out waits for the end of its lease", "stream", o.stream, "consumer", o.name, "err", err)
}

// receipts returns the receipts of what is out, oldest first.
func (o *consumer) receipts() []queuecore.Receipt {
	o.mu.Lock()
	defer o.mu.Unlock()
	all := make([]queuecore.Receipt, 0, o.out.len())
	for _, h := range o.out.bySeq {
		if h.before {
			continue // it may be another dialect's
		}
		all = append(all, queuecore.Receipt{Queue: o.queueID, Seq: h.seq, Attempt: h.attempt})
	}
	slices.SortFunc(all, func(a, b queuecore.Receipt) int { return cmp.Compare(a.Seq, b.Seq) })
	return all
}
