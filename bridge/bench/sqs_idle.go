package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// maxIdleFor leaves time for all polls to begin before the first one ends.
const maxIdleFor = 15 * time.Second

const mega = 1e6

// sqsIdle measures what long polls cost that wait for a message and get none, each
// on a connection of its own: on the whole server, as it was at rest just before.
func sqsIdle(ctx context.Context, r *Report, o SQSOptions, dir, secret string) error {
	return withServed(ctx, o.Program, sqsServer, dir, "", secret, func(s *served) error {
		var f pollFigures
		for range o.Rounds {
			if err := f.round(ctx, &o, s, newSigner(s.addr, secret, time.Now())); err != nil {
				return fmt.Errorf("%d idle polls: %w", o.Idle, err)
			}
		}
		f.report(r, fmt.Sprintf("sqs.idle.%d", o.Idle))
		return nil
	})
}

// pollFigures has one value for each round.
type pollFigures struct{ cpuWithout, cpu, resident, grown []float64 }

func (f *pollFigures) report(r *Report, name string) {
	r.figure(name+".cpu.without", "ms/s", target{}, f.cpuWithout...)
	r.figure(name+".cpu", "ms/s", target{}, f.cpu...)
	r.figure(name+".cpu.more", "ms/s", atMost(1), minus(f.cpu, f.cpuWithout)...)
	r.figure(name+".memory", "MB", atMost(100), f.grown...)
	r.figure(name+".memory.all", "MB", target{}, f.resident...)
}

// round opens the polls, watches, and hangs up. Memory is as the system sees it,
// garbage included; what was there before is settled.
func (f *pollFigures) round(ctx context.Context, o *SQSOptions, s *served, sign *signer) error {
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
	polls, err := startPolls(ctx, s, sign, o.Idle)
	if err == nil {
		err = s.quiet()
	}
	with, watchErr := s.watch(o.IdleFor)
	after, usageErr := s.usage(asItIs)
	if err := errors.Join(err, watchErr, usageErr, polls.stillWait(), polls.close()); err != nil {
		return err
	}
	f.cpuWithout, f.cpu = append(f.cpuWithout, without), append(f.cpu, with)
	f.resident = append(f.resident, after.Resident/mega)
	f.grown = append(f.grown, (after.Resident-before.Resident)/mega)
	return nil
}

// startPolls has n connections ask for messages of an empty queue for 20 s. Those
// that it made are returned with an error too.
func startPolls(ctx context.Context, s *served, sign *signer, n int) (callers, error) {
	first, err := dialCaller(ctx, s.addr)
	if err != nil {
		return nil, err
	}
	q, err := createQueue(first, sign, "idle", false)
	if err := errors.Join(err, first.conn.Close()); err != nil {
		return nil, err
	}
	polls, err := dialCallers(ctx, s.addr, n)
	if err != nil {
		return polls, err
	}
	request := sign.append(nil, "ReceiveMessage", append(q.target(nil), `,"WaitTimeSeconds":20}`...), time.Now())
	for _, c := range polls {
		if _, err := c.conn.Write(request); err != nil {
			return polls, err
		}
	}
	return polls, nil
}

// stillWait is an error if one of the polls was answered, or given up.
func (l callers) stillWait() error {
	for _, c := range l {
		if err := c.conn.SetReadDeadline(time.Now().Add(-time.Second)); err != nil {
			return err
		}
		n, err := c.conn.Read(c.in)
		if n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			return fmt.Errorf("a poll did not wait: %w: %.500q", err, c.in[:n])
		}
	}
	return nil
}
