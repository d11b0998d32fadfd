package jetstream_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/nats/jetstream"
	"github.com/sluicemq/sluice/protocols/nats/wire"
	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/coretest/leak"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
)

func TestMain(m *testing.M) { leak.Main(m) }

// desk is a transport that keeps what is delivered: another than the listener's,
// as a leaf node's will be.
type desk struct {
	mu     sync.Mutex // over what follows
	inbox  string     // the one that somebody listens to
	got    []wire.Message
	signal chan struct{}
}

func newDesk(inbox string) *desk { return &desk{inbox: inbox, signal: make(chan struct{}, 1000)} }

func (d *desk) Interest(inbox []byte) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return string(inbox) == d.inbox
}

func (d *desk) Push(subject []byte, m *wire.Message, _ func(*jetstream.Client) bool) bool {
	return d.Deliver(subject, m)
}

func (d *desk) Audience(subject []byte, _ string, _ func(*jetstream.Client) bool) jetstream.Audience {
	if d.Interest(subject) {
		return jetstream.Ready
	}
	return jetstream.Nobody
}

func (d *desk) Deliver(inbox []byte, m *wire.Message) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if string(inbox) != d.inbox {
		return false
	}
	d.got = append(d.got, wire.Message{
		Subject: bytes.Clone(m.Subject), Reply: bytes.Clone(m.Reply), Header: bytes.Clone(m.Header), Payload: bytes.Clone(m.Payload),
	})
	select {
	case d.signal <- struct{}{}:
	default:
	}
	return true
}

// leave makes nobody listen any more.
func (d *desk) leave() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.inbox = ""
}

func (d *desk) next() wire.Message {
	<-d.signal
	d.mu.Lock()
	defer d.mu.Unlock()
	m := d.got[0]
	d.got = d.got[1:]
	return m
}

// root may do everything.
type root struct{}

func (root) Name() string                                     { return "root" }
func (root) May(protocols.Action, queuecore.Destination) bool { return true }

func open(t testing.TB, d *desk) (*queuecore.Broker, *jetstream.Engine, *jetstream.Client) {
	t.Helper()
	b, err := queuecore.Open(context.Background(), memstore.New(), nil)
	if err != nil {
		t.Fatal(err)
	}
	e := jetstream.New(b, d, jetstream.Options{Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	c := e.Client(root{}, func() bool { return true })
	t.Cleanup(func() {
		c.Close()
		if err := e.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		b.Close()
	})
	return b, e, c
}

// call has the client say one thing, and nothing more for now.
func call(c *jetstream.Client, subject, body string) jetstream.Outcome {
	defer c.Flush()
	return c.Request(&jetstream.Message{Subject: subject, Reply: []byte("in"), Body: []byte(body)})
}

func publish(c *jetstream.Client, subject, body string) {
	c.Publish(c.Target(subject), &jetstream.Message{Subject: subject, Reply: []byte("in"), Body: []byte(body)})
}

const (
	makeStream   = `{"name":"S","subjects":["s.*"],"retention":"workqueue"}`
	makeConsumer = `{"stream_name":"S","config":{"durable_name":"c","ack_policy":"explicit"}}`
)

// TestEngineNeedsNoListener: everything works over a transport that is no socket.
func TestEngineNeedsNoListener(t *testing.T) {
	d := newDesk("in")
	b, _, c := open(t, d)
	call(c, "$JS.API.STREAM.CREATE.S", makeStream)
	call(c, "$JS.API.CONSUMER.DURABLE.CREATE.S.c", makeConsumer)
	for range 2 {
		if m := d.next(); !json.Valid(m.Payload) || bytes.Contains(m.Payload, []byte(`"error"`)) {
			t.Fatalf("%s", m.Payload)
		}
	}
	publish(c, "s.x", "hello")
	if m := d.next(); string(m.Payload) != `{"stream":"S","seq":1}` {
		t.Fatalf("%s", m.Payload)
	}
	call(c, "$JS.API.CONSUMER.MSG.NEXT.S.c", "1")
	m := d.next()
	if string(m.Subject) != "s.x" || string(m.Payload) != "hello" || !bytes.HasPrefix(m.Reply, []byte("$JS.ACK.S.c.1.1.1.")) {
		t.Fatalf("%s %s %s", m.Subject, m.Reply, m.Payload)
	}
	call(c, string(m.Reply), "+ACK")
	if m := d.next(); len(m.Payload) != 0 {
		t.Fatalf("%s", m.Payload)
	}
	if st, _ := b.Stats(context.Background(), "S"); st.Len() != 0 {
		t.Errorf("%+v", st)
	}
}

// TestAcksThatComeTogether are handed to the broker before anything else that the client says,
// when they are many, and by Flush; each is answered, also one that settles nothing.
func TestAcksThatComeTogether(t *testing.T) {
	for what, then := range map[string]func(*jetstream.Client){
		"flush":   (*jetstream.Client).Flush,
		"close":   (*jetstream.Client).Close,
		"publish": func(c *jetstream.Client) { publish(c, "s.y", "") },
		"request": func(c *jetstream.Client) {
			c.Request(&jetstream.Message{Subject: "$JS.API.INFO", Reply: []byte("elsewhere")})
		},
		"nak": func(c *jetstream.Client) {
			c.Request(&jetstream.Message{Subject: "$JS.ACK.S.c.1.9.9.1.0", Body: []byte("-NAK")})
		},
		"many": func(c *jetstream.Client) {
			for range 512 {
				c.Request(&jetstream.Message{Subject: "$JS.ACK.S.c.1.9.9.1.0"})
			}
		},
	} {
		t.Run(what, func(t *testing.T) {
			d := newDesk("in")
			b, _, c := open(t, d)
			call(c, "$JS.API.STREAM.CREATE.S", makeStream)
			call(c, "$JS.API.CONSUMER.DURABLE.CREATE.S.c", makeConsumer)
			for range 3 {
				publish(c, "s.x", "hello")
			}
			call(c, "$JS.API.CONSUMER.MSG.NEXT.S.c", "2")
			var acks []string
			for len(acks) < 2 {
				if m := d.next(); string(m.Subject) == "s.x" {
					acks = append(acks, string(m.Reply))
				}
			}
			waits := strings.Replace(acks[1], ".1.2.2.", ".1.3.3.", 1) // nobody was given it
			for _, subject := range append(acks, waits, acks[0]) {
				c.Request(&jetstream.Message{Subject: subject, Reply: []byte("in"), Body: []byte("+ACK")})
			}
			if n := left(t, b); n != 3 {
				t.Errorf("%d messages are left before the acks are handed over", n)
			}
			then(c)
			for range 4 {
				if m := d.next(); len(m.Payload) != 0 {
					t.Errorf("%s", m.Payload)
				}
			}
			want := 1
			if what == "publish" {
				want = 2
			}
			if n := left(t, b); n != want {
				t.Errorf("%d messages are left, want %d", n, want)
			}
		})
	}
}

func left(t *testing.T, b *queuecore.Broker) int {
	t.Helper()
	st, err := b.Stats(context.Background(), "S")
	if err != nil {
		t.Fatal(err)
	}
	return st.Len()
}

// TestDeliveriesThatNobodyTakesGoBack: with their attempt, when the inbox is gone
// by the time that a message comes and nobody said so.
func TestDeliveriesThatNobodyTakesGoBack(t *testing.T) {
	d := newDesk("in")
	b, _, c := open(t, d)
	call(c, "$JS.API.STREAM.CREATE.S", makeStream)
	call(c, "$JS.API.CONSUMER.DURABLE.CREATE.S.c", makeConsumer)
	call(c, "$JS.API.CONSUMER.MSG.NEXT.S.c", `{"batch":5}`)
	d.leave()
	ctx := context.Background()
	if _, err := b.Send(ctx, &queuecore.Message{Destination: queuecore.QueueNamed("S"), Body: []byte("x")}); err != nil {
		t.Fatal(err)
	}
	got, err := b.Receive(ctx, "S", queuecore.ReceiveOptions{Wait: -1})
	if err != nil || len(got) != 1 || got[0].Attempt != 1 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestOutcomes(t *testing.T) {
	_, _, c := open(t, newDesk("in"))
	for subject, want := range map[string]jetstream.Outcome{
		"$JS.API.INFO": jetstream.Taken, "$JS.API.NONSENSE": jetstream.Taken, "$JS.ACK.too.short": jetstream.Taken,
		"$JS.API.CONSUMER.MSG.NEXT.S.c": jetstream.Passed, "$JS.API.CONSUMER.MSG.NEXT.S": jetstream.Passed,
		"$JS.API.DIRECT.GET.S": jetstream.Passed, "$JS.EVENT.X": jetstream.Passed, "orders": jetstream.Passed,
	} {
		if got := call(c, subject, ""); got != want {
			t.Errorf("%s: %v, want %v", subject, got, want)
		}
	}
	if c.Target("_INBOX.x.y").Kept() || c.Target("$JS.API.INFO").Kept() || c.Target("nobody").Kept() {
		t.Error("something would be kept that must not be")
	}
}
