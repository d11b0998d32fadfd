package workload

import (
	"context"
	"time"

	"github.com/sluicemq/sluice/queuecore"
)

// The queues, by the names that all dialects spell in the same way.
const (
	workQueue   = "torture-work"
	ordersQueue = "torture-orders.fifo"
	step1Queue  = "torture-step-1"
	step2Queue  = "torture-step-2"
	fanAQueue   = "torture-fan-a"
	fanBQueue   = "torture-fan-b"
	purgeQueue  = "torture-purge"

	topic = "torture.fan." // and a word
)

// fan are the queues of the topic, in the order in which a send's ids are given.
func fan() []string { return []string{fanAQueue, fanBQueue} }

// copyOf says how far the id of a message in queue is from the one in its body.
func copyOf(queue string) int {
	if queue == fanBQueue {
		return 1
	}
	return 0
}

// Leases by clock. They end soon, so that what a killed client held comes back
// soon, and late enough for a slow machine to ack in time.
const (
	workLease   = 6 * time.Second
	ordersLease = 3 * time.Second
	// drainLease is for who drains a server: nobody else is to get what he has, and a busy machine
	// that acked too late again and again would never be done.
	drainLease = time.Minute
	// natsWaits is how long a NATS message may have been leased before the request
	// that brought it: the server receives for all requests of a consumer together,
	// and gives what has come to whoever asks by then.
	natsWaits = 3 * time.Second
)

// resendWithin is how long after its first send a message is sent again under
// its id. Every queue knows ids for two minutes at least.
const resendWithin = 90 * time.Second

// Prepare makes what no dialect can make: queues that share a topic. The rest
// the clients make themselves, when they first run.
func Prepare(ctx context.Context, b *queuecore.Broker) error {
	config := queuecore.QueueConfig{DedupWindow: 2 * time.Minute}
	for _, name := range append(fan(), step1Queue, step2Queue, purgeQueue) {
		if _, err := b.EnsureQueue(ctx, name, config); err != nil {
			return err
		}
	}
	for _, name := range fan() {
		if err := b.Bind(ctx, queuecore.Binding{Pattern: topic + ">", Queue: name}); err != nil {
			return err
		}
	}
	return nil
}

// Visit calls fn for each message of each queue of a broker that serves nobody
// else. The ID is that of the ledger; it is 0 when the body is not one that was
// sent.
func Visit(ctx context.Context, b *queuecore.Broker, fn func(queue string, m *queuecore.Message, id uint64)) error {
	for _, q := range b.Queues("torture-") {
		if err := visit(ctx, b, q.Name, fn); err != nil {
			return err
		}
	}
	return nil
}

func visit(ctx context.Context, b *queuecore.Broker, queue string, fn func(string, *queuecore.Message, uint64)) error {
	for from := uint64(0); ; {
		entries, err := b.Browse(ctx, queue, from, queuecore.MaxReceive)
		if err != nil || len(entries) == 0 {
			return err
		}
		for _, e := range entries {
			id, ok := idOf(e.Body, queue)
			if !ok {
				id = 0
			}
			fn(queue, e.Message, uint64(id))
		}
		from = entries[len(entries)-1].Seq + 1
	}
}
