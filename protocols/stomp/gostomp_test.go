package stomp_test

import (
	"bytes"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	gostomp "github.com/go-stomp/stomp/v3"
	"github.com/go-stomp/stomp/v3/frame"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/queuecore"
)

// The tests in this file let the client library go-stomp, which knows nothing of
// this gateway, judge it.

var goVersions = []gostomp.Version{gostomp.V10, gostomp.V11, gostomp.V12}

func dialGo(t *testing.T, address string, options ...func(*gostomp.Conn) error) *gostomp.Conn {
	t.Helper()
	c, err := gostomp.Dial("tcp", address, append(options, patience()...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.MustDisconnect() })
	return c
}

// patience has a client wait for whatever a busy machine takes its time for. With a timeout
// Unsubscribe begins to wait only after another goroutine has started, and misses a RECEIPT
// that comes before (v3.1.5: closeChannel does not take the lock).
func patience() []func(*gostomp.Conn) error {
	return []func(*gostomp.Conn) error{
		gostomp.ConnOpt.Logger(quiet{}), gostomp.ConnOpt.MsgSendTimeout(0), gostomp.ConnOpt.RcvReceiptTimeout(0),
		gostomp.ConnOpt.DisconnectReceiptTimeout(0), gostomp.ConnOpt.UnsubscribeReceiptTimeout(0),
	}
}

// quiet is the logger of a client whose errors the tests see otherwise.
type quiet struct{}

func (quiet) Debugf(string, ...any)   {}
func (quiet) Infof(string, ...any)    {}
func (quiet) Warningf(string, ...any) {}
func (quiet) Errorf(string, ...any)   {}
func (quiet) Debug(string)            {}
func (quiet) Info(string)             {}
func (quiet) Warning(string)          {}
func (quiet) Error(string)            {}

func accept(v gostomp.Version) func(*gostomp.Conn) error { return gostomp.ConnOpt.AcceptVersion(v) }

// receive returns the next message of a subscription.
func receive(t *testing.T, s *gostomp.Subscription) *gostomp.Message {
	t.Helper()
	select {
	case m, ok := <-s.C:
		if !ok {
			t.Fatal("the subscription is over")
		}
		if m.Err != nil {
			t.Fatal(m.Err)
		}
		return m
	case <-time.After(5 * time.Minute):
		t.Fatal("nothing came")
	}
	panic("unreachable")
}

func subscribeGo(t *testing.T, c *gostomp.Conn, destination string, mode gostomp.AckMode, options ...func(*frame.Frame) error) *gostomp.Subscription {
	t.Helper()
	s, err := c.Subscribe(destination, mode, options...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestGoStompSendsReceivesAndAcks(t *testing.T) {
	for _, v := range goVersions {
		for _, mode := range []gostomp.AckMode{gostomp.AckAuto, gostomp.AckClient, gostomp.AckClientIndividual} {
			t.Run(fmt.Sprintf("%s %s", v, mode), func(t *testing.T) {
				h := newHouse(t)
				c := dialGo(t, h.listen(), accept(v))
				if c.Version() != v || c.Server() != "Sluice/test" || c.Session() == "" {
					t.Errorf("version %s, server %q, session %q", c.Version(), c.Server(), c.Session())
				}
				s := subscribeGo(t, c, "/queue/a", mode)
				body := []byte("hello\x00wörld\n")
				must(t, c.Send("/queue/a", "text/plain", body, gostomp.SendOpt.Receipt, gostomp.SendOpt.Header("k:e\\y", "v:a\\l\nue")))
				m := receive(t, s)
				if !bytes.Equal(m.Body, body) || m.Destination != "/queue/a" || m.ContentType != "text/plain" {
					t.Errorf("got %q at %s of type %s", m.Body, m.Destination, m.ContentType)
				}
				if v != gostomp.V10 && m.Header.Get("k:e\\y") != "v:a\\l\nue" {
					t.Errorf("headers %v", m.Header)
				}
				must(t, c.Ack(m))
				must(t, c.Disconnect())
				if n := h.stats("a").Len(); n != 0 {
					t.Errorf("%d messages left", n)
				}
			})
		}
	}
}

func TestGoStompNackAndRedelivery(t *testing.T) {
	for _, v := range goVersions[1:] {
		h := newHouse(t, withNack(mapping.NackRequeues))
		address := h.listen()
		c := dialGo(t, address, accept(v))
		must(t, c.Send("/queue/a", "", []byte("x"), gostomp.SendOpt.Receipt))
		s := subscribeGo(t, c, "/queue/a", gostomp.AckClientIndividual)
		must(t, c.Nack(receive(t, s)))
		if m := receive(t, s); m.Header.Get("redelivered") != "true" || m.Header.Get("JMSXDeliveryCount") != "2" {
			t.Errorf("%s: after NACK: %v", v, m.Header)
		}
		must(t, c.Disconnect()) // without an ACK
		c = dialGo(t, address, accept(v))
		s = subscribeGo(t, c, "/queue/a", gostomp.AckClientIndividual)
		m := receive(t, s)
		if m.Header.Get("JMSXDeliveryCount") != "3" {
			t.Errorf("%s: after the disconnect: %v", v, m.Header)
		}
		must(t, c.Ack(m))
		must(t, c.Disconnect())
		if n := h.stats("a").Len(); n != 0 {
			t.Errorf("%s: %d messages left", v, n)
		}
	}
}

func TestGoStompCumulativeAck(t *testing.T) {
	for _, v := range goVersions {
		h := newHouse(t)
		c := dialGo(t, h.listen(), accept(v))
		for i := range 10 {
			must(t, c.Send("/queue/a", "", []byte(fmt.Sprint(i))))
		}
		s := subscribeGo(t, c, "/queue/a", gostomp.AckClient)
		var seventh *gostomp.Message
		for i := range 10 {
			m := receive(t, s)
			if string(m.Body) != fmt.Sprint(i) {
				t.Errorf("%s: got %s instead of %d", v, m.Body, i)
			}
			if i == 6 {
				seventh = m
			}
		}
		must(t, c.Ack(seventh))
		must(t, c.Disconnect())
		if n := h.stats("a").Len(); n != 3 {
			t.Errorf("%s: %d messages left, want 3", v, n)
		}
	}
}

func TestGoStompTransactions(t *testing.T) {
	for _, v := range goVersions {
		h := newHouse(t)
		c := dialGo(t, h.listen(), accept(v))
		must(t, c.Send("/queue/in", "", []byte("work"), gostomp.SendOpt.Receipt))
		s := subscribeGo(t, c, "/queue/in", gostomp.AckClientIndividual)
		m := receive(t, s)
		for _, commit := range []bool{false, true} {
			tx, err := c.BeginWithError()
			must(t, err)
			must(t, tx.Send("/queue/out", "", []byte("done")))
			must(t, tx.Ack(m))
			if commit {
				must(t, tx.CommitWithReceipt())
			} else {
				must(t, tx.AbortWithReceipt())
			}
		}
		must(t, c.Disconnect())
		if h.stats("in").Len() != 0 || h.stats("out").Ready != 1 {
			t.Errorf("%s: in %+v, out %+v", v, h.stats("in"), h.stats("out"))
		}
	}
}

// Many senders share one connection and each waits for its own receipt.
func TestGoStompReceipts(t *testing.T) {
	h := newHouse(t)
	c := dialGo(t, h.listen())
	const senders, each = 8, 25
	var all sync.WaitGroup
	for i := range senders {
		all.Add(1)
		go func() {
			defer all.Done()
			for j := range each {
				if err := c.Send("/queue/a", "", []byte(fmt.Sprint(i, j)), gostomp.SendOpt.Receipt); err != nil {
					t.Error(err)
					return
				}
			}
		}()
	}
	all.Wait()
	if n := h.stats("a").Ready; n != senders*each {
		t.Errorf("%d messages", n)
	}
	must(t, c.Disconnect())
}

func TestGoStompTopics(t *testing.T) {
	h := newHouse(t)
	address := h.listen()
	sender := dialGo(t, address)
	var subs []*gostomp.Subscription
	for range 3 {
		c := dialGo(t, address)
		s := subscribeGo(t, c, "/topic/news.*", gostomp.AckAuto)
		must(t, c.Send("/queue/ready", "", nil, gostomp.SendOpt.Receipt)) // the SUBSCRIBE has been processed
		subs = append(subs, s)
	}
	for i := range 20 {
		must(t, sender.Send("/topic/news.sport", "", []byte(fmt.Sprint(i))))
	}
	for _, s := range subs {
		for i := range 20 {
			if m := receive(t, s); string(m.Body) != fmt.Sprint(i) || m.Destination != "/topic/news.sport" {
				t.Errorf("got %s at %s instead of %d", m.Body, m.Destination, i)
			}
		}
	}
}

func TestGoStompSeesErrors(t *testing.T) {
	h := newHouse(t)
	address := h.listen()
	if _, err := h.broker.CreateQueue(t.Context(), "full", queuecore.QueueConfig{MaxMessages: 1}); err != nil {
		t.Fatal(err)
	}
	c := dialGo(t, address)
	must(t, c.Send("/queue/full", "", []byte("x"), gostomp.SendOpt.Receipt))
	err := c.Send("/queue/full", "", []byte("x"), gostomp.SendOpt.Receipt)
	if err == nil || !strings.Contains(err.Error(), "queue is full") {
		t.Errorf("a SEND to a full queue: %v", err)
	}
	if _, err := gostomp.Dial("tcp", address, append(patience(), accept("3.0"))...); err == nil {
		t.Error("a version that nobody knows is accepted")
	}
}

// A queue that bounds its topics refuses what is sent to one that it has its maximum of, and says
// which.
func TestGoStompMeetsABoundOfTopics(t *testing.T) {
	h := newHouse(t)
	address := h.listen()
	if _, err := h.broker.CreateQueue(t.Context(), "q", queuecore.QueueConfig{MaxPerTopic: 1}); err != nil {
		t.Fatal(err)
	}
	if err := h.broker.Bind(t.Context(), queuecore.Binding{Pattern: "news.*", Queue: "q"}); err != nil {
		t.Fatal(err)
	}
	c := dialGo(t, address)
	must(t, c.Send("/topic/news.a", "", []byte("x"), gostomp.SendOpt.Receipt))
	must(t, c.Send("/topic/news.b", "", []byte("x"), gostomp.SendOpt.Receipt))
	err := c.Send("/topic/news.a", "", []byte("x"), gostomp.SendOpt.Receipt)
	if err == nil || !strings.Contains(err.Error(), "queue is full") {
		t.Errorf("a SEND to a full topic: %v", err)
	}
}

func TestGoStompLogin(t *testing.T) {
	h := newHouse(t, withAuth(&users{passwords: map[string]string{"alice": "secret"}}))
	address := h.listen()
	c := dialGo(t, address, gostomp.ConnOpt.Login("alice", "secret"))
	must(t, c.Disconnect())
	nc, err := net.Dial("tcp", address)
	must(t, err)
	defer nc.Close() // the library leaves it open, and the server waits for its end
	_, err = gostomp.Connect(nc, append(patience(), gostomp.ConnOpt.Login("alice", "wrong"))...)
	if err == nil || !strings.Contains(err.Error(), "access refused") {
		t.Errorf("wrong passcode: %v", err)
	}
}

// Each side ends the connection when the other's beats stay out.
func TestGoStompHeartBeats(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c, err := gostomp.Connect(h.pipes.dial(), gostomp.ConnOpt.HeartBeat(10*time.Second, 10*time.Second),
			gostomp.ConnOpt.Logger(quiet{}))
		must(t, err)
		s := subscribeGo(t, c, "/queue/a", gostomp.AckAuto)
		time.Sleep(time.Hour)
		must(t, c.Send("/queue/a", "", []byte("x"), gostomp.SendOpt.Receipt))
		receive(t, s)
		must(t, c.Disconnect())
	})
}

// A large body goes both ways through a socket that takes it in pieces.
func TestGoStompLargeBodies(t *testing.T) {
	h := newHouse(t)
	c := dialGo(t, h.listen())
	s := subscribeGo(t, c, "/queue/a", gostomp.AckClient)
	body := bytes.Repeat([]byte("0123456789abcde\x00"), 1<<16)
	for range 5 {
		must(t, c.Send("/queue/a", "application/octet-stream", body, gostomp.SendOpt.Receipt))
		m := receive(t, s)
		if !bytes.Equal(m.Body, body) {
			t.Fatalf("a body of %d bytes came as %d", len(body), len(m.Body))
		}
		must(t, c.Ack(m))
	}
	err := c.Send("/queue/a", "", append(body, 'x'), gostomp.SendOpt.Receipt)
	if err == nil || !strings.Contains(err.Error(), "too large") {
		t.Errorf("a body over the limit: %v", err)
	}
}
