package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// STOMPTarget is a server to measure, and how clients speak to it.
type STOMPTarget struct {
	Name string // in the figures
	Addr string // host:port; "": a Sluice that is started for it
	PID  int    // its process on this machine, whose processor time is told; 0: not told
	// Host, Login and Passcode are headers of CONNECT, those that are not empty.
	Host, Login, Passcode string
	Version               string   // 1.0, 1.1 or 1.2
	Queue                 string   // destination
	Headers               []string // more of SEND and SUBSCRIBE, each name:value
}

// STOMPOptions say how STOMP servers are measured, in turn. Program runs RunChild when its
// first argument is ChildVerb.
type STOMPOptions struct {
	Program              string
	Dir                  string        // as in CoreOptions
	Profile              string        // file for a profile of the processor time of the Sluice that is started; "": none
	Targets              []STOMPTarget // one, or two that are compared: the ratios are the first by the second
	Producers, Consumers int           // connections
	Size                 int           // of the bodies, in bytes
	Window               int           // sends of one producer that are not confirmed
	Prefetch             int           // messages of one consumer that are not acked
	Messages             int           // of each phase; 0: For says
	For                  time.Duration // how long each phase sends, when Messages is 0
	Persistent           bool          // sends have persistent:true
	Rounds               int           // figures are medians
	Rate                 float64       // of the even load, messages a second over all producers; 0: no latencies
	LatencyFor           time.Duration // how long it lasts, in each round
	// SendTarget and TakeTarget are what the ratios of sends and of get+ack should be at least; 0: nothing.
	SendTarget, TakeTarget float64
}

func (o *STOMPOptions) check() error {
	switch {
	case len(o.Targets) < 1 || len(o.Targets) > 2:
		return errors.New("there must be one server, or two")
	case min(o.Producers, o.Consumers, o.Window, o.Prefetch, o.Rounds) < 1:
		return errors.New("producers, consumers, window, prefetch and rounds must be 1 or more")
	case o.Messages < 0 || o.Messages == 0 && o.For <= 0:
		return errors.New("there must be messages, or a time to send for")
	case o.Messages > maxNumber || o.Size < stampBytes:
		return fmt.Errorf("there must be at most %d messages, of %d bytes or more", maxNumber, stampBytes)
	case o.Rate < 0 || o.Rate > 0 && o.LatencyFor <= 0:
		return errors.New("the even load must last, at a rate of 0 or more")
	}
	for i := range o.Targets {
		if err := o.Targets[i].check(); err != nil {
			return err
		}
	}
	return nil
}

func (t *STOMPTarget) check() error {
	if !slices.Contains([]string{"1.0", "1.1", "1.2"}, t.Version) {
		return fmt.Errorf("there is no STOMP version %q", t.Version)
	}
	for _, h := range append([]string{"destination:" + t.Queue, "host:" + t.Host, "login:" + t.Login, "passcode:" + t.Passcode}, t.Headers...) {
		if !strings.Contains(h, ":") || strings.ContainsAny(h, "\r\n\x00") {
			return fmt.Errorf("%q is no header: want name:value in one line", h)
		}
	}
	return nil
}

// STOMP measures servers as their clients see them: sends, each confirmed by a
// RECEIPT; getting what was sent, with an ACK for each message; both at once; and how long a
// message takes at an even rate, to its RECEIPT and to a consumer. The clients are the same for all servers,
// and share the processors of the machine with those that run on it.
//
// Consumers are client-individual. They end with DISCONNECT and a receipt, and the clock stops
// when all of those have come, so that no ACK is still on its way. What such a
// receipt promises differs: Sluice writes it when the acks are on the disk, RabbitMQ when it
// has read them.
func STOMP(ctx context.Context, r *Report, o STOMPOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	figures := make([]stompFigures, len(o.Targets))
	err := o.serve(ctx, func(benches []stompBench) error {
		for i := range benches {
			if err := benches[i].makeQueue(ctx); err != nil {
				return err
			}
		}
		for round := range o.Rounds {
			for i := range benches {
				if err := benches[i].round(ctx, &figures[i]); err != nil {
					return err
				}
				f := &figures[i]
				r.notef("stomp, %s, round %d: %.0f sends/s, %.0f get+ack/s, %.0f/s both at once",
					benches[i].target.Name, round+1, f.send.rate[round], f.take.rate[round], f.both.rate[round])
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i := range figures {
		figures[i].report(r, "stomp."+o.Targets[i].Name, &o)
	}
	if len(figures) == 2 {
		figures[0].compare(r, &figures[1], &o)
	}
	return r.err
}

// stompFigures has one value for each round.
type stompFigures struct {
	send, take, both   loadFigures
	toReceipt, toTaker percentiles
	late               []float64 // 99th percentile of the generator, in microseconds
}

func (f *stompFigures) report(r *Report, name string, o *STOMPOptions) {
	f.send.report(r, name+".send")
	f.take.report(r, name+".get+ack")
	f.both.report(r, name+".both")
	f.toReceipt.report(r, name+".latency.receipt")
	f.toTaker.report(r, name+".latency.message")
	if o.Rate > 0 {
		r.figure(name+".latency.generator.p99", "µs", target{}, f.late...)
	}
}

func (f *stompFigures) compare(r *Report, g *stompFigures, o *STOMPOptions) {
	name := o.Targets[0].Name + "/" + o.Targets[1].Name
	f.send.compare(r, &g.send, "stomp.send."+name, o.SendTarget)
	f.take.compare(r, &g.take, "stomp.get+ack."+name, o.TakeTarget)
	f.both.compare(r, &g.both, "stomp.both."+name, 0)
	if len(f.toReceipt.p99) > 0 {
		r.figure("stomp.latency.receipt.p99."+name, "x", target{}, divided(f.toReceipt.p99, g.toReceipt.p99)...)
		r.figure("stomp.latency.message.p99."+name, "x", target{}, divided(f.toTaker.p99, g.toTaker.p99)...)
	}
}
