package bench

import (
	"context"
	"errors"
	"net"

	"golang.org/x/sync/errgroup"
)

// echo has n plain peers send to the least server that there can be: whatever
// messages come, it writes as many confirmations, and looks at none of them. What
// more connections cost here is the price of their sockets, on both sides.
func (f *serverFigures) echo(ctx context.Context, o ConnectionsOptions, d dialect, n, inFlight int) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	var servers errgroup.Group
	var peers []*peer
	for range n {
		p, served, err := connect(ctx, l)
		if err != nil {
			return errors.Join(err, l.Close(), closeAll(peers))
		}
		peers = append(peers, p)
		d.speak(p, benchQueue, o.Size)
		size := len(p.message)
		// Ends when its peer is closed.
		servers.Go(func() error { return echo(served, size, []byte(d.answer)) })
	}
	err = f.send(peers, o.Messages, inFlight)
	return errors.Join(err, closeAll(peers), servers.Wait(), l.Close())
}

// connect returns both ends of a new connection.
func connect(ctx context.Context, l net.Listener) (*peer, net.Conn, error) {
	nothing := func(*peer) error { return nil }
	p, err := dial(ctx, l.Addr().String(), nothing)
	if err != nil {
		return nil, nil, err
	}
	served, err := l.Accept()
	if err != nil {
		return nil, nil, errors.Join(err, p.close())
	}
	return p, served, nil
}

// echo answers messages of one size until the peer hangs up.
func echo(c net.Conn, size int, answer []byte) error {
	defer c.Close()
	in := make([]byte, 16<<10)
	var out []byte
	for rest := 0; ; {
		n, err := c.Read(in)
		if err != nil {
			return nil // it has hung up
		}
		for rest += n; rest >= size; rest -= size {
			out = append(out, answer...)
		}
		if len(out) == 0 {
			continue
		}
		if _, err := c.Write(out); err != nil {
			return err
		}
		out = out[:0]
	}
}

// possible returns the ratio that a server would reach which spends no more on a
// message of many connections than on one of few, but for what the sockets take:
// the time of a message that few send, by that and what more the echo takes.
func possible(few, echoFew, echoMany []float64) []float64 {
	best := make([]float64, len(few))
	for i := range few {
		more := 1/echoMany[i] - 1/echoFew[i]
		best[i] = 1 / (1 + few[i]*max(more, 0))
	}
	return best
}

// over returns the processor time of a message of many connections by the least
// that possible allows. What else the machine does disturbs it less than rates.
func over(many, few, echoFew, echoMany []float64) []float64 {
	x := make([]float64, len(many))
	for i := range many {
		x[i] = ratio(many[i], few[i]+max(echoMany[i]-echoFew[i], 0))
	}
	return x
}
