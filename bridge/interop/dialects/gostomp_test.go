package dialects_test

import (
	"testing"
	"time"

	"github.com/go-stomp/stomp/v3"
	"github.com/go-stomp/stomp/v3/frame"

	"github.com/sluicemq/sluice/bridge/interop/rig"
)

// go-stomp, with the options that its documentation has for each broker.
func TestGoStomp(t *testing.T) {
	h := openHouse(t)
	for i, dialect := range []string{"plain", "activemq", "artemis", "rabbitmq"} {
		t.Run(dialect, func(t *testing.T) {
			g := &goStomp{h.addrs[i], dialect, "/queue/go." + dialect}
			t.Run("versions", g.testVersions)
			t.Run("transaction", g.testTransaction)
			t.Run("NACK", g.testNack)
			t.Run("prefetch", g.testPrefetch)
		})
	}
	t.Run("restart", func(t *testing.T) { testGoStompRestart(t, h) })
}

// goStomp judges one listener.
type goStomp struct {
	addr    string
	dialect string
	queue   string
}

func dialGoStomp(t *testing.T, addr string, options ...func(*stomp.Conn) error) *stomp.Conn {
	t.Helper()
	options = append([]func(*stomp.Conn) error{rig.PatientSTOMP}, append(options, stomp.ConnOpt.Host("/"), stomp.ConnOpt.Login("guest", "guest"))...)
	conn, err := stomp.Dial("tcp", addr, options...)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

func (g *goStomp) dial(t *testing.T, options ...func(*stomp.Conn) error) *stomp.Conn {
	t.Helper()
	return dialGoStomp(t, g.addr, options...)
}

func send(t *testing.T, conn *stomp.Conn, queue, body string, options ...func(*frame.Frame) error) {
	t.Helper()
	if err := conn.Send(queue, "text/plain", []byte(body), append(options, stomp.SendOpt.Receipt)...); err != nil {
		t.Fatal(err)
	}
}

// take is the next message, which has this body.
func take(t *testing.T, s *stomp.Subscription, body string) *stomp.Message {
	t.Helper()
	select {
	case m, ok := <-s.C:
		if !ok || m.Err != nil || string(m.Body) != body {
			t.Fatalf("%+v, want %q", m, body)
		}
		return m
	case <-time.After(patience):
		t.Fatalf("no %q came", body)
		return nil
	}
}

func subscribe(t *testing.T, conn *stomp.Conn, queue string, ack stomp.AckMode, options ...func(*frame.Frame) error) *stomp.Subscription {
	t.Helper()
	s, err := conn.Subscribe(queue, ack, options...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func done(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

func (g *goStomp) testVersions(t *testing.T) {
	for _, v := range []stomp.Version{stomp.V10, stomp.V11, stomp.V12} {
		conn := g.dial(t, stomp.ConnOpt.AcceptVersion(v), stomp.ConnOpt.HeartBeat(time.Minute, time.Minute), stomp.ConnOpt.UseStomp)
		if conn.Version() != v {
			t.Errorf("version %s, not %s", conn.Version(), v)
		}
		send(t, conn, g.queue, "body "+v.String(), stomp.SendOpt.NoContentLength, stomp.SendOpt.Header("colour", "grün"))
		m := take(t, subscribe(t, conn, g.queue, stomp.AckClient), "body "+v.String())
		if m.Header.Get("colour") != "grün" {
			t.Errorf("headers %v", m.Header)
		}
		done(t, conn.Ack(m), conn.Disconnect())
	}
}

func (g *goStomp) testTransaction(t *testing.T) {
	conn := g.dial(t)
	tx := conn.Begin()
	done(t, tx.Send(g.queue, "text/plain", []byte("never")), tx.Abort())
	tx = conn.Begin()
	done(t, tx.Send(g.queue, "text/plain", []byte("one")), tx.Commit())
	m := take(t, subscribe(t, conn, g.queue, stomp.AckClientIndividual), "one")
	tx = conn.Begin()
	done(t, tx.Ack(m), tx.Send(g.queue, "text/plain", []byte("two")), tx.Commit(), conn.Disconnect())
	conn = g.dial(t)
	take(t, subscribe(t, conn, g.queue, stomp.AckAuto), "two")
	done(t, conn.Disconnect())
}

// A NACK is what the broker makes of it: a dead letter at once, or the message again.
func (g *goStomp) testNack(t *testing.T) {
	conn := g.dial(t)
	send(t, conn, g.queue, "bad")
	s := subscribe(t, conn, g.queue, stomp.AckClientIndividual)
	done(t, conn.Nack(take(t, s, "bad")))
	if dead := map[string]string{"activemq": "/queue/ActiveMQ.DLQ", "artemis": "/queue/DLQ"}[g.dialect]; dead != "" {
		s = subscribe(t, conn, dead, stomp.AckClientIndividual)
	}
	done(t, conn.Ack(take(t, s, "bad")), conn.Disconnect())
}

// One message at a time, by the header that each broker has for it.
func (g *goStomp) testPrefetch(t *testing.T) {
	header := map[string]string{"plain": "prefetch-count", "activemq": "activemq.prefetchSize", "artemis": "consumer-window-size", "rabbitmq": "prefetch-count"}[g.dialect]
	value := map[bool]string{true: "0", false: "1"}[g.dialect == "artemis"]
	conn, other := g.dial(t), g.dial(t)
	send(t, conn, g.queue, "one")
	send(t, conn, g.queue, "two")
	first := take(t, subscribe(t, conn, g.queue, stomp.AckClientIndividual, stomp.SubscribeOpt.Header(header, value)), "one")
	second := take(t, subscribe(t, other, g.queue, stomp.AckClientIndividual), "two")
	done(t, conn.Ack(first), other.Ack(second), conn.Disconnect(), other.Disconnect())
}

// The client is told when the server goes, and its program connects anew.
func testGoStompRestart(t *testing.T, h *house) {
	conn := dialGoStomp(t, h.addrs[1])
	send(t, conn, "/queue/go.restart", "before")
	s := subscribe(t, conn, "/queue/go.restart", stomp.AckClient)
	take(t, s, "before")
	done(t, h.stop())
	select {
	case m := <-s.C:
		if m != nil && m.Err == nil {
			t.Errorf("%+v", m)
		}
	case <-time.After(patience):
		t.Fatal("the client was not told")
	}
	done(t, h.start())
	conn = dialGoStomp(t, h.addrs[1])
	m := take(t, subscribe(t, conn, "/queue/go.restart", stomp.AckClient), "before")
	if m.Header.Get("redelivered") != "true" {
		t.Errorf("headers %v", m.Header)
	}
	done(t, conn.Ack(m), conn.Disconnect())
}
