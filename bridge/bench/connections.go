package bench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sluicemq/sluice/bridge"
	"github.com/sluicemq/sluice/bridge/config"
)

// ConnectionsOptions say how the whole server is measured.
type ConnectionsOptions struct {
	Dir      string // as in CoreOptions
	Messages int    // of each round
	Many     int    // connections
	Few      int    // connections
	InFlight []int  // messages under way, over all connections together; each is measured
	Rounds   int
	Size     int // of the bodies, in bytes
}

// Connections measures confirmed sends through the listeners, with many and with
// few connections that have the same number of messages under way in all. The
// clients run in the process of the server and share its processors. With one
// message under way on each connection no two share a write of the client; with
// many they do. Compare several depths before blaming the server, and see what
// the sockets alone make possible: ratio/echo is the ratio by the best that the
// same clients and a server that does nothing leave room for.
func Connections(ctx context.Context, r *Report, o ConnectionsOptions) error {
	if min(o.Messages, o.Many, o.Few, o.Rounds) < 1 || o.Size < 0 {
		return errors.New("messages, connections and rounds must be 1 or more")
	}
	if len(o.InFlight) == 0 || slices.Min(o.InFlight) < max(o.Many, o.Few) {
		return errors.New("each connection must have a message under way")
	}
	for _, d := range dialects() {
		for _, n := range o.InFlight {
			if err := connectionsOf(ctx, r, o, d, n); err != nil {
				return err
			}
		}
	}
	return r.err
}

// connectionsOf measures one dialect with so many messages under way.
func connectionsOf(ctx context.Context, r *Report, o ConnectionsOptions, d dialect, inFlight int) error {
	var few, many, echoFew, echoMany serverFigures
	for round := range o.Rounds {
		err := few.round(ctx, o, d, o.Few, inFlight)
		if err == nil {
			err = many.round(ctx, o, d, o.Many, inFlight)
		}
		if err == nil {
			err = echoFew.echo(ctx, o, d, o.Few, inFlight)
		}
		if err == nil {
			err = echoMany.echo(ctx, o, d, o.Many, inFlight)
		}
		if err != nil {
			return err
		}
		r.notef("connections, %s, %d under way, round %d: %.0f messages/s with %d, %.0f with %d",
			d.name, inFlight, round+1, many.rate[round], o.Many, few.rate[round], o.Few)
	}
	name := fmt.Sprintf("connections.%s.%d-under-way", d.name, inFlight)
	r.figure(fmt.Sprintf("%s.%d", name, o.Few), "1/s", target{}, few.rate...)
	r.figure(fmt.Sprintf("%s.%d", name, o.Many), "1/s", target{}, many.rate...)
	ratio, best := divided(many.rate, few.rate), possible(few.rate, echoFew.rate, echoMany.rate)
	r.figure(name+".ratio", "x", atLeast(0.8), ratio...)
	r.figure(name+".ratio/echo", "x", target{}, divided(ratio, best)...)
	r.figure(fmt.Sprintf("%s.echo.%d", name, o.Few), "1/s", target{}, echoFew.rate...)
	r.figure(fmt.Sprintf("%s.echo.%d", name, o.Many), "1/s", target{}, echoMany.rate...)
	r.figure(name+".echo.possible", "x", target{}, best...)
	r.figure(fmt.Sprintf("%s.%d.cpu", name, o.Few), "µs/message", target{}, few.cpu...)
	r.figure(fmt.Sprintf("%s.%d.cpu", name, o.Many), "µs/message", target{}, many.cpu...)
	r.figure(name+".cpu/echo", "x", target{}, over(many.cpu, few.cpu, echoFew.cpu, echoMany.cpu)...)
	r.figure(fmt.Sprintf("%s.echo.%d.cpu", name, o.Few), "µs/message", target{}, echoFew.cpu...)
	r.figure(fmt.Sprintf("%s.echo.%d.cpu", name, o.Many), "µs/message", target{}, echoMany.cpu...)
	return nil
}

// serverFigures has one value for each round. The processor time is that of
// server and clients together.
type serverFigures struct{ rate, cpu []float64 }

// dialect is a way to send to a running server.
type dialect struct {
	name string
	dial func(ctx context.Context, a bridge.Addrs, size int) (*peer, error)

	speak  func(p *peer, queue string, size int)
	answer string // as the server confirms
}

func dialects() []dialect {
	return []dialect{{
		name: "nats",
		dial: func(ctx context.Context, a bridge.Addrs, size int) (*peer, error) {
			return dialNATS(ctx, a.NATS, benchQueue, size)
		},
		speak:  func(p *peer, queue string, size int) { speakNATS(p, queue, size) },
		answer: "MSG _INBOX.ABCDEFGHIJKLMNOPQRSTUVWXYZ 1 29\r\n{\"stream\":\"bench\",\"seq\":1000}\r\n",
	}, {
		name: "stomp",
		dial: func(ctx context.Context, a bridge.Addrs, size int) (*peer, error) {
			return dialSTOMP(ctx, a.STOMP, benchQueue, size)
		},
		speak:  speakSTOMP,
		answer: "RECEIPT\nreceipt-id:r\n\n\x00",
	}}
}

// round has n connections send to a fresh server.
func (f *serverFigures) round(ctx context.Context, o ConnectionsOptions, d dialect, n, inFlight int) error {
	err := inDir(o.Dir, func(dir string) error {
		return withServer(ctx, dir, func(a bridge.Addrs) error {
			if err := makeQueue(ctx, a); err != nil {
				return err
			}
			peers, err := dialAll(ctx, d, a, o.Size, n)
			if err == nil {
				err = f.send(peers, o.Messages, inFlight)
			}
			return errors.Join(err, closeAll(peers))
		})
	})
	if err != nil {
		return fmt.Errorf("%s, %d connections: %w", d.name, n, err)
	}
	return nil
}

// withServer runs fn beside a server on free ports, with its store in dir.
func withServer(ctx context.Context, dir string, fn func(bridge.Addrs) error) error {
	c := config.Default()
	c.DataDir = dir
	c.STOMPAddr, c.NATSAddr, c.SQSAddr, c.AdminAddr = "127.0.0.1:0", "127.0.0.1:0", "", ""
	h, err := bridge.Open(ctx, c, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	return errors.Join(fn(h.Addrs()), h.Close(ctx))
}

// makeQueue sends one message over STOMP, which makes the queue for all dialects.
func makeQueue(ctx context.Context, a bridge.Addrs) error {
	p, err := dialSTOMP(ctx, a.STOMP, benchQueue, 1)
	if err != nil {
		return err
	}
	var left atomic.Int64
	left.Store(1)
	return errors.Join(p.send(1, func() bool { return left.Add(-1) >= 0 }), p.close())
}

// dialAll connects n peers. Those that it made are returned with the error too.
func dialAll(ctx context.Context, d dialect, a bridge.Addrs, size, n int) ([]*peer, error) {
	var peers []*peer
	for range n {
		p, err := d.dial(ctx, a, size)
		if err != nil {
			return peers, err
		}
		peers = append(peers, p)
	}
	return peers, nil
}

// send sends messages from all peers together. Those under way are shared out
// among them.
func (f *serverFigures) send(peers []*peer, messages, inFlight int) error {
	var left atomic.Int64
	left.Store(int64(messages))
	more := func() bool { return left.Add(-1) >= 0 }
	var g errgroup.Group
	start, cpu := time.Now(), cpuTime()
	for i, p := range peers {
		window := inFlight / len(peers)
		if i < inFlight%len(peers) {
			window++
		}
		// Ends when there are no more messages; Wait waits for it.
		g.Go(func() error { return p.send(window, more) })
	}
	err := g.Wait()
	f.rate = append(f.rate, float64(messages)/time.Since(start).Seconds())
	f.cpu = append(f.cpu, (cpuTime()-cpu).Seconds()*1e6/float64(messages))
	return err
}
