package bench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
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
	InFlight int    // messages under way, over all connections together
	Rounds   int
	Size     int // of the bodies, in bytes
}

// Connections measures confirmed sends through the listeners, with many and with
// few connections that have the same number of messages under way in all. The
// clients run in the process of the server and share its processors.
func Connections(ctx context.Context, r *Report, o ConnectionsOptions) error {
	if min(o.Messages, o.Many, o.Few, o.Rounds) < 1 || o.Size < 0 {
		return errors.New("messages, connections and rounds must be 1 or more")
	}
	if o.InFlight < max(o.Many, o.Few) {
		return errors.New("each connection must have a message under way")
	}
	for _, d := range dialects() {
		var many, few, both []float64
		for round := range o.Rounds {
			f, err := serverRound(ctx, o, d, o.Few)
			if err != nil {
				return fmt.Errorf("%s, %d connections: %w", d.name, o.Few, err)
			}
			m, err := serverRound(ctx, o, d, o.Many)
			if err != nil {
				return fmt.Errorf("%s, %d connections: %w", d.name, o.Many, err)
			}
			many, few, both = append(many, m), append(few, f), append(both, m/f)
			r.notef("connections, %s, round %d: %.0f messages/s with %d, %.0f with %d", d.name, round+1, m, o.Many, f, o.Few)
		}
		name := "connections." + d.name
		r.figure(fmt.Sprintf("%s.%d", name, o.Few), "1/s", target{}, few...)
		r.figure(fmt.Sprintf("%s.%d", name, o.Many), "1/s", target{}, many...)
		r.figure(name+".ratio", "x", atLeast(0.8), both...)
	}
	return r.err
}

// dialect is a way to send to a running server.
type dialect struct {
	name string
	dial func(ctx context.Context, a bridge.Addrs, size int) (*peer, error)
}

func dialects() []dialect {
	return []dialect{
		{"nats", func(ctx context.Context, a bridge.Addrs, size int) (*peer, error) {
			return dialNATS(ctx, a.NATS, benchQueue, size)
		}},
		{"stomp", func(ctx context.Context, a bridge.Addrs, size int) (*peer, error) {
			return dialSTOMP(ctx, a.STOMP, benchQueue, size)
		}},
	}
}

// serverRound returns the messages a second that n connections bring into a fresh server.
func serverRound(ctx context.Context, o ConnectionsOptions, d dialect, n int) (rate float64, err error) {
	err = inDir(o.Dir, func(dir string) error {
		return withServer(ctx, dir, func(a bridge.Addrs) error {
			if err := makeQueue(ctx, a); err != nil {
				return err
			}
			peers, err := dialAll(ctx, d, a, o.Size, n)
			if err == nil {
				rate, err = sendFrom(peers, o)
			}
			for _, p := range peers {
				err = errors.Join(err, p.close())
			}
			return err
		})
	})
	return rate, err
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

// sendFrom sends o.Messages from all peers together. The messages under way are
// shared out among them.
func sendFrom(peers []*peer, o ConnectionsOptions) (rate float64, err error) {
	var left atomic.Int64
	left.Store(int64(o.Messages))
	more := func() bool { return left.Add(-1) >= 0 }
	var g errgroup.Group
	start := time.Now()
	for i, p := range peers {
		window := o.InFlight / len(peers)
		if i < o.InFlight%len(peers) {
			window++
		}
		// Ends when there are no more messages; Wait waits for it.
		g.Go(func() error { return p.send(window, more) })
	}
	err = g.Wait()
	return float64(o.Messages) / time.Since(start).Seconds(), err
}
