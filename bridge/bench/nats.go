package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// NATSTarget is a server with JetStream to measure.
type NATSTarget struct {
	Name        string // in the figures
	URL         string // nats://, with a user and a password if need be; "": a Sluice that is started for it
	Credentials string // file with a JWT and a seed; "": none
	PID         int    // its process on this machine, whose processor time is told; 0: not told
}

// NATSOptions say how servers with JetStream are measured, in turn. Program runs RunChild when its
// first argument is ChildVerb.
type NATSOptions struct {
	Program              string
	Dir                  string       // as in CoreOptions
	Profile              string       // file for a profile of the processor time of the Sluice that is started; "": none
	Targets              []NATSTarget // one, or two that are compared: the ratios are the first by the second
	Producers, Consumers int          // connections
	Sizes                []int        // of the bodies, in bytes
	Window               int          // publishes of one producer that are not confirmed
	Batch                int          // messages that one consumer asks for at once
	Messages             int          // of each phase but the synchronous one
	SyncMessages         int          // of the synchronous phase, where each producer waits for each message
	Rounds               int          // figures are medians
	Rate                 float64      // of the even load, messages a second over all producers; 0: no latencies
	LatencyFor           time.Duration
	// AsyncTarget and TakeTarget are what the ratios of asynchronous publishes and of consume+ack should
	// be at least; 0: nothing.
	AsyncTarget, TakeTarget float64
}

func (o *NATSOptions) check() error {
	switch {
	case len(o.Targets) < 1 || len(o.Targets) > 2:
		return errors.New("there must be one server, or two")
	case min(o.Producers, o.Consumers, o.Window, o.Batch, o.Rounds) < 1:
		return errors.New("producers, consumers, window, batch and rounds must be 1 or more")
	case min(o.Messages, o.SyncMessages) < 1 || max(o.Messages, o.SyncMessages) > maxNumber:
		return fmt.Errorf("there must be 1 to %d messages in each phase", maxNumber)
	case len(o.Sizes) == 0 || slices.Min(o.Sizes) < numberDigits:
		return fmt.Errorf("there must be sizes, of %d bytes or more", numberDigits)
	case o.Rate < 0 || o.Rate > 0 && o.LatencyFor <= 0:
		return errors.New("the even load must last, at a rate of 0 or more")
	}
	return nil
}

// NATS measures servers as clients of JetStream see them: publishes that wait for each PubAck, and
// publishes with a window of those under way; taking what was published with Consume, with Fetch, and
// from a push consumer, with an ack for each message; and how long a message takes at an even rate,
// to its PubAck and to a consumer. A server that refuses push consumers is measured without.
//
// The client is nats.go, in this process, and what it uses for a message is told beside what the
// server does: it is as much as some servers. The stream is a work queue in files, made for
// this and deleted afterwards. The clock of taking stops when each consumer has the answer to the ack
// of its last message, which comes behind all of its others.
func NATS(ctx context.Context, r *Report, o NATSOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	err := o.serve(ctx, func(benches []natsBench) error {
		for _, size := range o.Sizes {
			if err := natsSize(ctx, r, &o, benches, size); err != nil {
				return fmt.Errorf("%d B: %w", size, err)
			}
		}
		return nil
	})
	return errors.Join(err, r.err)
}

// natsSize measures with bodies of one size.
func natsSize(ctx context.Context, r *Report, o *NATSOptions, benches []natsBench, size int) (err error) {
	var sites []*natsSite
	defer func() {
		for _, s := range sites {
			err = errors.Join(err, s.end(context.WithoutCancel(ctx)))
		}
	}()
	for i := range benches {
		s, err := benches[i].begin(ctx, r, size)
		if err != nil {
			return fmt.Errorf("NATS server %s: %w", benches[i].target.Name, err)
		}
		sites = append(sites, s)
	}
	figures := make([]natsFigures, len(sites))
	for round := range o.Rounds {
		for i, s := range sites {
			if err := s.round(ctx, &figures[i]); err != nil {
				return fmt.Errorf("NATS server %s: %w", s.target.Name, err)
			}
			figures[i].note(r, s.target.Name, size, round)
		}
	}
	for i := range figures {
		figures[i].report(r, fmt.Sprintf("nats.%d.%s", size, o.Targets[i].Name), o)
	}
	if len(figures) == 2 {
		figures[0].compare(r, &figures[1], fmt.Sprintf("nats.%d", size), o)
	}
	return nil
}
