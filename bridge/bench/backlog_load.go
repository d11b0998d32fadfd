package bench

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/sluicemq/sluice/queuecore"
)

const (
	// A backlog is loaded by a few producers in large transactions.
	loaders   = 8
	loadBatch = 1000
	// maxLeased bounds the leased part of a mixed backlog.
	maxLeased = 100_000
	// aDay is longer than any run.
	aDay = 24 * time.Hour
)

// load fills the queues, in turn.
func (b *backlog) load(ctx context.Context) error {
	for i := range b.o.Queues {
		if _, err := b.broker.CreateQueue(ctx, longQueue(i), queuecore.QueueConfig{}); err != nil {
			return err
		}
	}
	var next atomic.Int64
	start := time.Now()
	err := together(loaders, func() error {
		for {
			to := int(next.Add(loadBatch))
			from, to := to-loadBatch, min(to, b.o.Messages)
			if from >= to {
				return nil
			}
			if _, err := b.broker.Commit(ctx, queuecore.Tx{Sends: b.messages(from, to)}); err != nil {
				return err
			}
			if to%1_000_000 == 0 {
				b.r.notef("backlog: %d loaded after %v", to, time.Since(start).Round(time.Second))
			}
		}
	})
	if err == nil {
		b.r.figure(b.name+".load", "1/s", target{}, float64(b.o.Messages)/time.Since(start).Seconds())
	}
	return err
}

func (b *backlog) messages(from, to int) []*queuecore.Message {
	all := make([]queuecore.Message, to-from)
	sends := make([]*queuecore.Message, to-from)
	body := make([]byte, b.o.Size) // shared: nobody changes it
	later := time.Now().Add(aDay)
	for i := range all {
		m := &all[i]
		m.Destination, m.Body = queuecore.QueueNamed(longQueue((from+i)%b.o.Queues)), body
		if b.o.Mixed {
			mix(m, from+i, later)
		}
		sends[i] = m
	}
	return sends
}

// mix makes one in ten delayed, and gives three in ten a priority of their own. The
// queues of a run are filled in turn, so the parts are cut across them.
func mix(m *queuecore.Message, i int, later time.Time) {
	switch part := (uint64(i) * 0x9E3779B97F4A7C15) >> 32 % 10; part { // spreads neighbours
	case 0:
		m.DeliverAt = later
	case 1, 2, 3:
		m.Priority = queuecore.PriorityOf(i % 10)
	}
}

// lease takes a part of a mixed backlog for a day.
func (b *backlog) lease(ctx context.Context) error {
	if !b.o.Mixed {
		return nil
	}
	left := min(b.o.Messages/100, maxLeased)
	for i := 0; left > 0; i++ {
		most := min(max(left/b.o.Queues, 1), left, queuecore.MaxReceive)
		ds, err := b.broker.Receive(ctx, longQueue(i%b.o.Queues), queuecore.ReceiveOptions{Max: most, Lease: queuecore.LeaseFor(aDay)})
		if err != nil {
			return err
		}
		left -= max(len(ds), 1) // a queue may have none
	}
	return nil
}
