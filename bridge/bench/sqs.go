package bench

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"
)

// SQSOptions say how the SQS gateway is measured. Program runs RunChild when its
// first argument is ChildVerb; all servers are processes of their own.
type SQSOptions struct {
	Program     string
	Dir         string        // as in CoreOptions
	Sizes       []int         // of the bodies, in bytes
	Connections []int         // each with one call under way; each is measured
	Rounds      int           // figures are medians
	For         time.Duration // how long each side of a round lasts
	Idle        int           // long polls; 0: not measured
	IdleFor     time.Duration // how long they are watched, at most 15 s
	Backlog     int           // messages of a long FIFO queue, 0: not measured
	Profile     string        // file for a profile of the server's processor time; "": none
}

func (o *SQSOptions) check() error {
	switch {
	case o.Rounds < 1 || o.For <= 0:
		return errors.New("there must be rounds, and each must last")
	case len(o.Sizes) == 0 || slices.Min(o.Sizes) < minBody:
		return fmt.Errorf("there must be sizes, of %d bytes or more", minBody)
	case len(o.Connections) == 0 || slices.Min(o.Connections) < 1:
		return errors.New("there must be connections")
	case o.Idle < 0 || o.Backlog < 0 || o.Backlog > 0 && o.Backlog < shortBacklog:
		return fmt.Errorf("no idle polls are 0, and a backlog is 0 or %d and more", shortBacklog)
	case o.Idle > 0 && (o.IdleFor <= 0 || o.IdleFor > maxIdleFor):
		return fmt.Errorf("idle polls are watched up to %v", maxIdleFor)
	}
	return nil
}

// minBody leaves room for a number, so that no two bodies are the same.
const minBody = 16

// How many requests are made and signed in advance, for all connections together.
const (
	preparedSends   = 4096
	preparedBatches = 1024
	batchSize       = 10 // SendMessageBatch, "Entries": at most 10
)

// SQS measures the gateway as its clients see it: access keys are configured,
// every call is signed and verified, and every confirmed message is on the disk.
// Beside it stands a server of net/http that reads the body and answers with a
// constant; the clients, their number and the bytes that they send are the same. A
// second one syncs a page of a file before it answers, one sync for all that wait: no
// server that promises what this one does can be faster.
// Sends and batches are signed before the clock runs; receives and deletions
// while it does, as a receipt handle is not known before. Every send has a body,
// and so a signature, of its own among some thousand.
//
// Clients and server share the processors of one machine. What a server's process
// uses is told beside the rates: that is the server's alone.
func SQS(ctx context.Context, r *Report, o SQSOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	secret := rand.Text()
	err := inDir(o.Dir, func(dir string) error {
		return withServed(ctx, o.Program, sqsServer, dir, o.Profile, secret, func(s *served) error {
			return sqsBusy(ctx, r, o, s, secret)
		})
	})
	if err == nil && o.Idle > 0 {
		err = sqsIdle(ctx, r, o, secret)
	}
	return errors.Join(err, r.err)
}

// withServed runs fn beside a server.
func withServed(ctx context.Context, program, server, dir, profile, secret string, fn func(*served) error) error {
	s, err := startServed(ctx, program, server, dir, profile, secret)
	if err != nil {
		return err
	}
	return errors.Join(fn(s), s.stop())
}

// sqsBusy measures what one server does under load.
func sqsBusy(ctx context.Context, r *Report, o SQSOptions, s *served, secret string) error {
	err := withPlain(ctx, o, func(constant, synced *served) error {
		for _, size := range o.Sizes {
			for _, n := range o.Connections {
				b := sqsBench{
					r: r, o: &o, server: s, constant: constant, synced: synced,
					signer: newSigner(s.addr, secret, time.Now()), size: size, connections: n,
				}
				if err := b.run(ctx); err != nil {
					return fmt.Errorf("%d B, %d connections: %w", size, n, err)
				}
			}
		}
		return nil
	})
	if err == nil && o.Backlog > 0 {
		err = sqsFIFO(ctx, r, o, s, newSigner(s.addr, secret, time.Now()))
	}
	return err
}

// withPlain runs fn beside the servers that the gateway is compared with.
func withPlain(ctx context.Context, o SQSOptions, fn func(constant, synced *served) error) error {
	return inDir(o.Dir, func(dir string) error {
		return withServed(ctx, o.Program, constantServer, dir, "", "", func(constant *served) error {
			return withServed(ctx, o.Program, syncedServer, dir, "", "", func(synced *served) error {
				return fn(constant, synced)
			})
		})
	})
}

// sqsBench measures with bodies of one size and with so many connections.
type sqsBench struct {
	r                        *Report
	o                        *SQSOptions
	server, constant, synced *served
	signer                   *signer
	size                     int
	connections              int

	queue                *sqsQueue
	calls, plain, onDisk callers // to the server, the constant and the synced one

	answered, kept, send, batch, take, takeAll side
}

// side is one of the things that take turns. It has one value for each round.
type side struct {
	rate   []float64 // messages a second
	cpu    []float64 // of the server, in µs a message
	client []float64 // of the clients, in µs a message
}

func (b *sqsBench) run(ctx context.Context) (err error) {
	if b.calls, err = dialCallers(ctx, b.server.addr, b.connections); err == nil {
		b.plain, err = dialCallers(ctx, b.constant.addr, b.connections)
	}
	if err == nil {
		b.onDisk, err = dialCallers(ctx, b.synced.addr, b.connections)
	}
	defer func() { err = errors.Join(err, b.calls.close(), b.plain.close(), b.onDisk.close()) }()
	if err != nil {
		return err
	}
	if b.queue, err = createQueue(b.calls[0], b.signer, benchQueue); err != nil {
		return err
	}
	for range b.o.Rounds {
		if err := b.round(ctx); err != nil {
			return err
		}
	}
	b.report()
	return nil
}

// piece is what a connection does again and again: a call, or some that belong together.
// It returns how many messages it was about; 0 ends the work of all.
type piece func(c *caller, worker int) (messages int, err error)

// round leaves the queue as it was, empty.
func (b *sqsBench) round(ctx context.Context) error {
	sends := b.queue.prepare(preparedSends, "SendMessage", func(x []byte) []byte { return b.queue.send(x, b.size, 1) })
	batches := b.queue.prepare(preparedBatches, "SendMessageBatch", func(x []byte) []byte { return b.queue.batch(x, batchSize, b.size, 1) })
	one := sends.calls(b.connections, 1)
	_, err := b.turn(ctx, &b.answered, b.constant, b.plain, b.o.For, one)
	if err == nil {
		_, err = b.turn(ctx, &b.kept, b.synced, b.onDisk, b.o.For, one)
	}
	if err == nil {
		_, err = b.turn(ctx, &b.send, b.server, b.calls, b.o.For, one)
	}
	var there int
	if err == nil {
		there, err = b.turn(ctx, &b.batch, b.server, b.calls, b.o.For, batches.calls(b.connections, batchSize))
	}
	if err == nil {
		_, err = b.turn(ctx, &b.take, b.server, b.calls, b.o.For, upTo(there, b.takes(1)))
	}
	if err == nil {
		_, err = b.turn(ctx, &b.takeAll, b.server, b.calls, time.Hour, b.takes(batchSize))
	}
	return err
}

func (b *sqsBench) takes(most int) piece {
	return func(c *caller, _ int) (int, error) { return b.queue.take(c, most) }
}

// upTo does p up to n times in all.
func upTo(n int, p piece) piece {
	var left atomic.Int64
	left.Store(int64(n))
	return func(c *caller, worker int) (int, error) {
		if left.Add(-1) < 0 {
			return 0, nil
		}
		return p(c, worker)
	}
}

// turn has it be one side's turn, when the server has done what it does after the
// turn before.
func (b *sqsBench) turn(ctx context.Context, s *side, to *served, l callers, d time.Duration, p piece) (messages int, err error) {
	if err := errors.Join(ctx.Err(), b.server.quiet()); err != nil {
		return 0, err
	}
	return s.measure(to, l, d, p)
}

// measure has the callers work, and looks at the processor time of both sides.
func (s *side) measure(to *served, l callers, d time.Duration, p piece) (messages int, err error) {
	before, err := to.usage(asItIs)
	if err != nil {
		return 0, err
	}
	own, start := cpuTime(), time.Now()
	n, err := l.work(d, p)
	took := time.Since(start)
	own = cpuTime() - own
	after, usageErr := to.usage(asItIs)
	if err := errors.Join(err, usageErr); err != nil {
		return 0, err
	}
	if n == 0 {
		return 0, errors.New("nothing was done")
	}
	s.rate = append(s.rate, float64(n)/took.Seconds())
	s.cpu = append(s.cpu, (after.CPU-before.CPU).Seconds()*1e6/float64(n))
	s.client = append(s.client, own.Seconds()*1e6/float64(n))
	return n, nil
}

// report tells of calls where a call is a message, and else of messages. What the
// clients use shows that they are the same for each server.
func (b *sqsBench) report() {
	name := fmt.Sprintf("sqs.%d.%d.", b.size, b.connections)
	rate := func(what, unit string, s *side) {
		b.r.figure(name+what, unit+"/s", target{}, s.rate...)
		b.r.figure(name+what+".cpu", "µs/"+unit, target{}, s.cpu...)
		if s == &b.answered || s == &b.send {
			b.r.figure(name+what+".client.cpu", "µs/"+unit, target{}, s.client...)
		}
	}
	rate("constant", "call", &b.answered)
	rate("synced", "call", &b.kept)
	rate("send", "call", &b.send)
	b.r.figure(name+"send/constant", "x", atLeast(0.8), divided(b.send.rate, b.answered.rate)...)
	b.r.figure(name+"send/constant.cpu", "x", target{}, divided(b.send.cpu, b.answered.cpu)...)
	b.r.figure(name+"send/synced", "x", target{}, divided(b.send.rate, b.kept.rate)...)
	rate("batch", "message", &b.batch)
	b.r.figure(name+"batch.call.cpu", "µs/call", target{}, scaled(batchSize, b.batch.cpu)...)
	b.r.figure(name+"batch/send", "x", atLeast(5), divided(b.batch.rate, b.send.rate)...)
	rate("receive+delete", "message", &b.take)
	rate("receive+delete.10", "message", &b.takeAll)
}

func scaled(x float64, values []float64) []float64 {
	s := slices.Clone(values)
	for i := range s {
		s[i] *= x
	}
	return s
}
