package jetstream_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/nats/jetstream"
	"github.com/sluicemq/sluice/queuecore"
)

// answer is what a request is told, as far as these tests look.
type answer struct {
	Error  *jetstream.Error `json:"error"`
	Config struct {
		AckWait    time.Duration     `json:"ack_wait"`
		MaxDeliver int               `json:"max_deliver"`
		Duplicates time.Duration     `json:"duplicate_window"`
		Metadata   map[string]string `json:"metadata"`
	} `json:"config"`
}

func asked(t *testing.T, d *desk, c *jetstream.Client, subject, body string) (a answer) {
	t.Helper()
	call(c, subject, body)
	if err := json.Unmarshal(d.next().Payload, &a); err != nil {
		t.Fatal(err)
	}
	return a
}

// waits asks for a consumer: 0 names no ack_wait.
func waits(name string, wait time.Duration, more string) string {
	return fmt.Sprintf(`{"stream_name":"S","config":{"durable_name":%q,"filter_subject":"s.%s","ack_policy":"explicit","ack_wait":%d%s}}`, name, name, wait, more)
}

// step is one change of a stream's consumers or of its queue, and what then holds.
type step struct {
	name  string        // of a consumer that is set, or "queue"
	wait  time.Duration // its ack_wait, or the queue's lease; -1: the consumer is deleted
	queue time.Duration // the queue's lease then
	shown time.Duration // ack_wait of the consumer a, 0: there is none
}

func (x step) do(t *testing.T, b *queuecore.Broker, d *desk, c *jetstream.Client) {
	t.Helper()
	var a answer
	switch {
	case x.name == "queue":
		if _, err := b.UpdateQueue(context.Background(), "S", func(q *queuecore.QueueConfig) error { q.Lease = x.wait; return nil }); err != nil {
			t.Fatal(err)
		}
	case x.wait < 0:
		a = asked(t, d, c, "$JS.API.CONSUMER.DELETE.S."+x.name, "")
	default:
		a = asked(t, d, c, "$JS.API.CONSUMER.DURABLE.CREATE.S."+x.name, waits(x.name, x.wait, ""))
	}
	if a.Error != nil {
		t.Fatalf("%+v: %v", x, a.Error)
	}
	if q, err := b.Queue("S"); err != nil || q.Config.Lease != x.queue {
		t.Errorf("after %+v the queue's lease is %v, %v", x, q.Config.Lease, err)
	}
	if got := asked(t, d, c, "$JS.API.CONSUMER.INFO.S.a", "").Config.AckWait; got != x.shown {
		t.Errorf("after %+v ack_wait is %v", x, got)
	}
}

// The ack_wait of the only consumer is the queue's lease until it goes; others have theirs for
// themselves, and a consumer that names none follows the queue.
func TestAckWaitIsTheQueuesLease(t *testing.T) {
	const s = time.Second
	for name, steps := range map[string][]step{
		"unnamed":       {{"a", 0, 0, 30 * s}, {"queue", 45 * s, 45 * s, 45 * s}, {"queue", 0, 0, 30 * s}},
		"alone":         {{"queue", 45 * s, 45 * s, 0}, {"a", 10 * s, 10 * s, 10 * s}, {"a", 12 * s, 12 * s, 12 * s}, {"a", -1, 45 * s, 0}},
		"names no more": {{"a", 10 * s, 10 * s, 10 * s}, {"a", 0, 0, 30 * s}},
		"set by others": {{"a", 10 * s, 10 * s, 10 * s}, {"queue", 60 * s, 60 * s, 10 * s}, {"a", -1, 60 * s, 0}},
		"said again":    {{"a", 10 * s, 10 * s, 10 * s}, {"queue", 60 * s, 60 * s, 10 * s}, {"a", 20 * s, 20 * s, 20 * s}, {"a", -1, 60 * s, 0}},
		"several":       {{"b", 10 * s, 10 * s, 0}, {"a", 20 * s, 10 * s, 20 * s}, {"b", -1, 0, 20 * s}, {"a", -1, 0, 0}},
		"unnamed beside one that names": {
			{"queue", 45 * s, 45 * s, 0}, {"b", 10 * s, 10 * s, 0}, {"a", 0, 10 * s, 45 * s}, {"queue", 50 * s, 50 * s, 50 * s},
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk("in")
			b, _, c := open(t, d)
			asked(t, d, c, "$JS.API.STREAM.CREATE.S", makeStream)
			for _, x := range steps {
				x.do(t, b, d, c)
			}
		})
	}
}

// What a consumer that names no ack_wait gets comes back after the queue's lease, also where
// another's ack_wait is in its place, and once others have changed it. An hour would be too
// long for the test.
func TestLeaseOfThoseWhoNameNone(t *testing.T) {
	const short, long = 20 * time.Millisecond, time.Hour
	for name, steps := range map[string][]step{
		"the queue's":            {{"queue", short, short, 0}, {"a", 0, short, short}},
		"beside one that names":  {{"queue", short, short, 0}, {"b", long, long, 0}, {"a", 0, long, short}},
		"changed by others":      {{"queue", long, long, 0}, {"a", 0, long, long}, {"queue", short, short, short}},
		"named by the only one":  {{"queue", long, long, 0}, {"a", short, short, short}},
		"named, and then others": {{"a", short, short, short}, {"queue", long, long, short}},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk("in")
			b, _, c := open(t, d)
			asked(t, d, c, "$JS.API.STREAM.CREATE.S", makeStream)
			for _, x := range steps {
				x.do(t, b, d, c)
			}
			publish(c, "s.a", "x")
			d.next()
			for _, attempt := range []string{"1", "2"} {
				call(c, "$JS.API.CONSUMER.MSG.NEXT.S.a", "1")
				if m := d.next(); !bytes.HasPrefix(m.Reply, []byte("$JS.ACK.S.a."+attempt+".")) {
					t.Errorf("%s", m.Reply)
				}
			}
		})
	}
}

// A configuration that is read, changed in a part and sent whole names nothing new; one that
// asks for what is there is no other.
func TestWhatIsShownMayBeSentBack(t *testing.T) {
	d := newDesk("in")
	b, _, c := open(t, d)
	asked(t, d, c, "$JS.API.STREAM.CREATE.S", makeStream)
	step{"queue", 45 * time.Second, 45 * time.Second, 0}.do(t, b, d, c)
	step{"a", 0, 45 * time.Second, 45 * time.Second}.do(t, b, d, c)
	if _, err := b.UpdateQueue(context.Background(), "S", func(q *queuecore.QueueConfig) error { q.MaxAttempts = 4; return nil }); err != nil {
		t.Fatal(err)
	}
	back := waits("a", 45*time.Second, `,"max_deliver":4,"description":"new"`)
	if a := asked(t, d, c, "$JS.API.CONSUMER.DURABLE.CREATE.S.a", back); a.Error != nil || a.Config.MaxDeliver != 4 {
		t.Fatalf("%+v", a)
	}
	step{"queue", 50 * time.Second, 50 * time.Second, 50 * time.Second}.do(t, b, d, c)
	create := `{"stream_name":"S","action":"create","config":{"name":"b","durable_name":"b","filter_subject":"s.b","ack_policy":"explicit"%s}}`
	for _, wait := range []string{`,"ack_wait":50000000000`, ""} {
		if a := asked(t, d, c, "$JS.API.CONSUMER.CREATE.S.b.s.b", fmt.Sprintf(create, wait)); a.Error != nil {
			t.Errorf("%q: %v", wait, a.Error)
		}
	}
}

// reader may do all but administer.
type reader struct{ root }

func (reader) May(a protocols.Action, _ queuecore.Destination) bool { return a != protocols.Admin }

// Who may not administer a queue has an ack_wait for himself.
func TestAckWaitOfAReaderIsHisOwn(t *testing.T) {
	d := newDesk("in")
	b, e, c := open(t, d)
	asked(t, d, c, "$JS.API.STREAM.CREATE.S", makeStream)
	r := e.Client(reader{}, func() bool { return true })
	defer r.Close()
	step{"a", 10 * time.Second, 0, 10 * time.Second}.do(t, b, d, r)
}
