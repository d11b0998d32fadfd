package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// pollsBegin is how long the server is left alone when polls have begun: the collector
// looks at what came with them.
const pollsBegin = 2 * time.Second

// maxIdleFor leaves time for all polls to begin before the first one ends.
const maxIdleFor = 15 * time.Second

const mega = 1e6

// idleRounds bounds the rounds, each of which begins with new servers: a process that
// had so many connections once keeps some of the memory.
const idleRounds = 3

// sqsIdle measures what long polls cost that wait for a message and get none, each
// on a connection of its own: on the whole server, as it was at rest just before. Beside it
// stands a server of net/http that lets as many calls wait and does nothing else.
func sqsIdle(ctx context.Context, r *Report, o SQSOptions, secret string) error {
	var f, plain pollFigures
	brief := o // it is there for its memory
	brief.IdleFor = min(o.IdleFor, quietLook)
	for range min(o.Rounds, idleRounds) {
		if err := f.round(ctx, &o, sqsServer, secret); err != nil {
			return fmt.Errorf("%d idle polls: %w", o.Idle, err)
		}
		if err := plain.round(ctx, &brief, waitingServer, secret); err != nil {
			return fmt.Errorf("%d calls that wait: %w", o.Idle, err)
		}
	}
	name := fmt.Sprintf("sqs.idle.%d", o.Idle)
	r.figure(name+".cpu.without", "ms/s", target{}, f.cpuWithout...)
	r.figure(name+".cpu", "ms/s", target{}, f.cpu...)
	r.figure(name+".cpu.more", "ms/s", atMost(1), minus(f.cpu, f.cpuWithout)...)
	r.figure(name+".memory", "MB", atMost(100), f.grown...)
	r.figure(name+".memory.all", "MB", target{}, f.resident...)
	r.figure(name+".memory.plain", "MB", target{}, plain.grown...)
	return nil
}

// pollFigures has one value for each round.
type pollFigures struct{ cpuWithout, cpu, resident, grown []float64 }

func (f *pollFigures) round(ctx context.Context, o *SQSOptions, server, secret string) error {
	return inDir(o.Dir, func(dir string) error {
		return withServed(ctx, o.Program, server, dir, "", secret, func(s *served) error {
			q := queueNamed(newSigner(s.addr, secret, time.Now()), "idle")
			if server == sqsServer {
				if err := createIdle(ctx, s, q); err != nil {
					return err
				}
			}
			return f.watch(ctx, o, s, q)
		})
	})
}

func createIdle(ctx context.Context, s *served, q *sqsQueue) error {
	c, err := dialCaller(ctx, s.addr)
	if err != nil {
		return err
	}
	_, err = createQueue(c, q.signer, "idle")
	return errors.Join(err, c.conn.Close())
}

// watch opens the polls, looks at the server, and hangs up. Memory is as the system
// sees it, garbage included; what was there before is settled.
func (f *pollFigures) watch(ctx context.Context, o *SQSOptions, s *served, q *sqsQueue) error {
	if err := s.quiet(); err != nil {
		return err
	}
	without, err := s.watch(o.IdleFor)
	if err != nil {
		return err
	}
	before, err := s.usage(settled)
	if err != nil {
		return err
	}
	polls, err := startPolls(ctx, s, q, o.Idle)
	if err == nil {
		_, err = s.watch(min(o.IdleFor, pollsBegin))
	}
	with, watchErr := s.watch(o.IdleFor)
	after, usageErr := s.usage(asItIs)
	if err := errors.Join(err, watchErr, usageErr, polls.hangUp()); err != nil {
		return err
	}
	f.cpuWithout, f.cpu = append(f.cpuWithout, without), append(f.cpu, with)
	f.resident = append(f.resident, after.Resident/mega)
	f.grown = append(f.grown, (after.Resident-before.Resident)/mega)
	return nil
}

// polls are calls that wait for their answer.
type polls struct {
	callers
	over    errgroup.Group
	hanging atomic.Bool // up
}

// startPolls has n connections ask for messages of an empty queue for 20 s. What
// it has started is returned with an error too.
func startPolls(ctx context.Context, s *served, q *sqsQueue, n int) (p *polls, err error) {
	p = &polls{}
	if p.callers, err = dialCallers(ctx, s.addr, n); err != nil {
		return p, err
	}
	request := q.append(nil, "ReceiveMessage", append(q.target(nil), `,"WaitTimeSeconds":20}`...), time.Now())
	for _, c := range p.callers {
		// Ends when the connection is closed.
		p.over.Go(func() error {
			answer, err := c.call(request)
			if p.hanging.Load() {
				return nil
			}
			return fmt.Errorf("a poll did not wait: %w", cmp.Or(err, fmt.Errorf("it was answered %.500q", answer)))
		})
	}
	return p, nil
}

// hangUp ends the polls. It is an error if one of them had ended before.
func (p *polls) hangUp() error {
	p.hanging.Store(true)
	return errors.Join(p.close(), p.over.Wait())
}
