package bench

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// shortBacklog is that of the FIFO queue that a long one is compared with.
const shortBacklog = 200

// How a FIFO queue is filled, and worked on.
const (
	fifoSize    = 128 // of the bodies, in bytes
	fifoFew     = 16  // groups, when they are few
	fifoDepth   = 10  // messages of a group, when they are many
	fifoFilling = 64  // connections
	fifoWorkers = 8   // connections: fewer than groups, so that one is always free
)

// sqsFIFO measures receive and delete on FIFO queues, a long one beside a short one
// that has as many groups, or whose groups are as deep. A message is sent for each that is
// deleted, so that a queue stays as long as it is; the time of that does not count.
func sqsFIFO(ctx context.Context, r *Report, o SQSOptions, s *served, sign *signer) (err error) {
	filling, err := dialCallers(ctx, s.addr, fifoFilling)
	defer func() { err = errors.Join(err, filling.close()) }()
	if err != nil {
		return err
	}
	var queues []*fifoQueue
	for _, groups := range []func(int) int{fewGroups, manyGroups} {
		for _, backlog := range []int{shortBacklog, o.Backlog} {
			q, err := fillFIFO(filling, sign, backlog, groups(backlog), len(queues))
			if err != nil {
				return err
			}
			queues = append(queues, q)
			r.notef("sqs, FIFO: %d messages of %d groups are there", backlog, q.groups)
		}
	}
	for range o.Rounds {
		for _, q := range queues {
			if err := errors.Join(ctx.Err(), s.quiet(), q.measure(filling[:fifoWorkers], o.For)); err != nil {
				return err
			}
		}
	}
	reportFIFO(r, "few-groups", queues[0], queues[1])
	reportFIFO(r, "many-groups", queues[2], queues[3])
	return nil
}

func fewGroups(int) int          { return fifoFew }
func manyGroups(backlog int) int { return backlog / fifoDepth }

func reportFIFO(r *Report, groups string, short, long *fifoQueue) {
	name := "sqs.fifo." + groups
	r.figure(fmt.Sprintf("%s.%d", name, short.backlog), "message/s", target{}, short.rate...)
	r.figure(fmt.Sprintf("%s.%d", name, long.backlog), "message/s", target{}, long.rate...)
	r.figure(name+".long/short", "x", atLeast(0.9), divided(long.rate, short.rate)...)
}

// fifoQueue is a FIFO queue with messages in it. It has one rate for each round.
type fifoQueue struct {
	*sqsQueue
	backlog, groups int
	rate            []float64 // receives with their deletions, a second
}

// fillFIFO makes a queue, which number tells from the others.
func fillFIFO(l callers, sign *signer, backlog, groups, number int) (*fifoQueue, error) {
	q, err := createQueue(l[0], sign, fmt.Sprintf("bench-%d%s", number, fifoSuffix))
	if err != nil {
		return nil, err
	}
	f := &fifoQueue{sqsQueue: q, backlog: backlog, groups: groups}
	var left atomic.Int64
	left.Store(int64(backlog / batchSize))
	_, err = l.work(time.Hour, func(c *caller, _ int) (int, error) {
		if left.Add(-1) < 0 {
			return 0, nil
		}
		_, err := c.do(sign, "SendMessageBatch", q.batch(nil, batchSize, fifoSize, groups))
		return batchSize, err
	})
	return f, err
}

// measure adds a round: what all workers do in a second while they receive and delete.
func (f *fifoQueue) measure(l callers, d time.Duration) error {
	var taking atomic.Int64 // nanoseconds, of all workers
	n, err := l.work(d, func(c *caller, _ int) (int, error) {
		start := time.Now()
		for n := 0; n == 0; {
			var err error
			if n, err = f.take(c, 1); err != nil {
				return 0, err
			}
		}
		taking.Add(int64(time.Since(start)))
		_, err := c.do(f.signer, "SendMessage", f.send(nil, fifoSize, f.groups))
		return 1, err
	})
	if err != nil {
		return err
	}
	f.rate = append(f.rate, float64(len(l)*n)/time.Duration(taking.Load()).Seconds())
	return nil
}
