package nats_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluicemq/sluice/protocols/nats"
	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
	"github.com/sluicemq/sluice/queuecore/store/storetest"
)

// pipes is a listener whose connections are pipes in memory, where time need not be real.
type pipes struct {
	conns chan net.Conn
	gone  chan struct{}
}

func newPipes() *pipes { return &pipes{make(chan net.Conn), make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.gone:
		return nil, net.ErrClosed
	}
}

// Close is called once, by the gateway.
func (p *pipes) Close() error { close(p.gone); return nil }

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{} }

// dial connects to whoever accepts.
func (p *pipes) dial() net.Conn {
	ours, theirs := net.Pipe()
	p.conns <- theirs
	return ours
}

// Who has been silent is pinged, and cut off when that does not help.
func TestStaleConnectionsAreEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPipes()
		serve(t, newBroker(t), nats.Options{Limits: nats.Limits{PingInterval: time.Second}}, p)
		playOn(t, p.dial(), "S~ INFO .*\nC: CONNECT {\"verbose\":false}\nS: PING\nS: PING\nS: -ERR 'Stale Connection'\nS.")
	})
}

// Who must say who he is, and does not, is cut off.
func TestSilentClientsAreEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPipes()
		serve(t, newBroker(t), nats.Options{Auth: &guard{}}, p)
		playOn(t, p.dial(), "S~ INFO .*\nS: -ERR 'Authentication Timeout'\nS.")
	})
}

// A publisher that has to wait for the disk is not taken for dead, though its
// answers to pings lie in the socket.
func TestWaitingPublisherIsNotStale(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk, p := storetest.NewFailing(memstore.New()), newPipes()
		b := must(queuecore.Open(t.Context(), disk, &queuecore.Options{MaxPendingBytes: 1}))(t)
		t.Cleanup(func() { b.Close() })
		serve(t, b, nats.Options{Limits: nats.Limits{PingInterval: time.Second}}, p)
		must(b.CreateQueue(t.Context(), "S", queuecore.QueueConfig{}))(t)
		nc := p.dial()
		defer nc.Close()
		heard := make(chan string, 1)
		// Ends when the connection does, or both publishes are answered.
		go func() { heard <- untilAcks(nc, 2) }()
		gate := disk.HoldSync()
		defer gate.Open()
		fmt.Fprint(nc, "CONNECT {\"verbose\":false}\r\nSUB in 1\r\nPUB S in 1\r\n1\r\n")
		<-gate.Reached
		fmt.Fprint(nc, "PUB S in 1\r\n2\r\n") // waits for room among what is pending
		time.Sleep(time.Minute)
		gate.Open()
		if all := <-heard; strings.Count(all, `{"stream":"S"`) != 2 || strings.Contains(all, "-ERR") {
			t.Errorf("heard %q", all)
		}
	})
}

// untilAcks reads until n publishes are answered, or the connection ends.
func untilAcks(nc io.Reader, n int) (all string) {
	for in := bufio.NewReader(nc); strings.Count(all, `{"stream":`) < n; {
		line, err := in.ReadString('\n')
		if all += line; err != nil {
			return all
		}
	}
	return all
}
