package workload

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/sluicemq/sluice/bridge/torture/ledger"
)

// Addrs are where a server listens.
type Addrs struct {
	STOMP string `json:"stomp"`
	NATS  string `json:"nats"`
	SQS   string `json:"sqs"`
}

// Options are the settings of a workload.
type Options struct {
	Seed uint64
	// MaxOpen is how many messages may wait in a queue before its producers do; 0: 30,000.
	MaxOpen int
}

// Shape says who is at work in one run.
type Shape struct {
	Produce, Consume bool
	Purge            bool // fill a queue and purge it, again and again
	Bulk             bool // send large bodies, many at once
	Drain            bool // receive from every queue, also from the one that is purged
}

// Workload is clients with a memory of what was not answered. One Run at a time.
type Workload struct {
	ledger  *ledger.Ledger
	options Options
	runs    uint64

	// What was not answered, by those who sent it. Each belongs to one part of a run.
	orders  [orderSenders]resends
	numbers resends
	purged  []ledger.ID // what is in the queue that will be purged
}

// New returns a workload that enters what it does in l.
func New(l *ledger.Ledger, o Options) *Workload {
	if o.MaxOpen == 0 {
		o.MaxOpen = 30_000
	}
	return &Workload{ledger: l, options: o}
}

// patience is how long after the failure of a client its server may live on
// before it is taken for a refusal. A server that drains may need it.
const patience = time.Minute

// Run lets clients work on a server until ctx ends, as it should once the
// server is gone. The error says which client a living server has failed.
func (w *Workload) Run(ctx context.Context, at Addrs, shape Shape) error {
	w.runs++
	r := &run{Workload: w, at: at, shape: shape}
	if err := r.client(ctx, "setup", r.setup); err != nil || ctx.Err() != nil {
		return err
	}
	parts := r.parts()
	failed := make(chan error, len(parts))
	var working sync.WaitGroup
	for i, p := range parts {
		rnd := rand.New(rand.NewPCG(w.options.Seed, w.runs<<8|uint64(i)))
		// Ends with ctx, at the latest.
		working.Go(func() {
			failed <- r.client(ctx, p.name, func(ctx context.Context) error { return p.work(ctx, rnd) })
		})
	}
	working.Wait()
	close(failed)
	var errs []error
	for err := range failed {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// Crowded reports whether the producers of a queue may soon have to wait.
func (w *Workload) Crowded() bool {
	for _, q := range []string{workQueue, ordersQueue, step1Queue, step2Queue, fanAQueue, fanBQueue} {
		if w.ledger.Open(q) > w.options.MaxOpen/2 {
			return true
		}
	}
	return false
}

// GiveUp has nothing sent again that was not answered.
func (w *Workload) GiveUp() {
	for i := range w.orders {
		w.orders[i].giveUp(w.ledger)
	}
	w.numbers.giveUp(w.ledger)
}

// run is one run of a workload.
type run struct {
	*Workload
	at    Addrs
	shape Shape
}

// part is one client's work.
type part struct {
	name string
	work func(context.Context, *rand.Rand) error
}

// workReceivers is how many clients of each dialect receive from the work queue.
const workReceivers = 2

// parts returns everybody who is at work.
func (r *run) parts() []part {
	var ps []part
	if r.shape.Produce {
		ps = append(ps, part{"SQS sender", r.sendSQS}, part{"NATS sender", r.sendNATS}, part{"NATS topic sender", r.sendFanNATS}, part{"STOMP sender", r.sendSTOMP})
		for i := range r.orders {
			ps = append(ps, part{"FIFO sender", r.sendOrders(i)})
		}
	}
	if r.shape.Consume {
		ps = append(ps, part{"STOMP mover", r.moveSTOMP},
			part{"STOMP topic receiver", r.receiveSTOMP(fanAQueue)}, part{"NATS topic receiver", r.receiveNATS(fanBQueue)},
			part{"NATS receiver of what was moved", r.receiveNATS(step2Queue)})
		for range workReceivers {
			ps = append(ps, part{"SQS receiver", r.receiveSQS(workQueue, r.lease(workLease))}, part{"NATS receiver", r.receiveNATS(workQueue)},
				part{"STOMP receiver", r.receiveSTOMP(workQueue)})
		}
		for range orderReceivers {
			ps = append(ps, part{"FIFO receiver", r.receiveSQS(ordersQueue, r.lease(ordersLease))})
		}
	}
	if r.shape.Purge {
		ps = append(ps, part{"purger", r.purge})
	}
	if r.shape.Bulk {
		for range bulkSenders {
			ps = append(ps, part{"NATS bulk sender", r.sendBulk})
		}
	}
	if r.shape.Drain {
		ps = append(ps, part{"NATS drain of what would be purged", r.receiveNATS(purgeQueue)})
	}
	return ps
}

// lease returns how long what is received is leased.
func (r *run) lease(usual time.Duration) time.Duration {
	if r.shape.Drain {
		return drainLease
	}
	return usual
}

// careless reports, once in so many calls, that a message is not to be acked.
// Who drains a server acks all.
func (r *run) careless(rnd *rand.Rand, in int) bool { return !r.shape.Drain && rnd.IntN(in) == 0 }

// client runs a client. A failure counts only if the server outlives it.
func (r *run) client(ctx context.Context, name string, work func(context.Context) error) error {
	err := work(ctx)
	if err == nil || ctx.Err() != nil {
		return nil
	}
	select {
	case <-ctx.Done():
		return nil
	case <-time.After(patience):
		return fmt.Errorf("%s: %w", name, err)
	}
}

// breathe returns when there is room for more messages in the queues, or ctx has
// ended.
func (r *run) breathe(ctx context.Context, queues ...string) {
	const interval = 20 * time.Millisecond
	for _, q := range queues {
		for r.ledger.Open(q) > r.options.MaxOpen {
			select {
			case <-ctx.Done():
				return
			case <-time.After(interval):
			}
		}
	}
}
