package jetstream_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/queuecore"
)

func stream(name, more string) string {
	return fmt.Sprintf(`{"name":%q,"retention":"workqueue"%s}`, name, more)
}

func meta(pairs string) string { return `,"metadata":{` + pairs + `}` }

// What a stream's metadata says the queue has, and what the queue has it shows.
func TestWordsOfAStream(t *testing.T) {
	d := newDesk("in")
	b, _, c := open(t, d)
	asked(t, d, c, "$JS.API.STREAM.CREATE.DEAD", stream("DEAD", ""))
	said := meta(`"sluice.dead_letter":"DEAD","sluice.expired_to":"DEAD","sluice.delay":"1500ms","sluice.fifo":"true","mine":"x"`)
	a := asked(t, d, c, "$JS.API.STREAM.CREATE.S", stream("S", said))
	if a.Error != nil || a.Config.Metadata["sluice.delay"] != "1.5s" || a.Config.Metadata["mine"] != "x" || a.Config.Duplicates != 5*time.Minute {
		t.Fatalf("%+v", a)
	}
	q, err := b.Queue("S")
	if x := q.Config; err != nil || x.DeadLetter != "DEAD" || x.ExpiredTo != "DEAD" || x.Delay != 1500*time.Millisecond || !x.GroupOrder || x.DedupWindow != 5*time.Minute {
		t.Errorf("%+v, %v", q, err)
	}
	if a := asked(t, d, c, "$JS.API.STREAM.CREATE.S", stream("S", said)); a.Error != nil {
		t.Error(a.Error)
	}
	if _, err := b.UpdateQueue(context.Background(), "S", func(q *queuecore.QueueConfig) error { q.DeadLetter, q.Delay = "", time.Minute; return nil }); err != nil {
		t.Fatal(err)
	}
	got := asked(t, d, c, "$JS.API.STREAM.INFO.S", "").Config.Metadata
	if _, ok := got["sluice.dead_letter"]; ok || got["sluice.delay"] != "1m0s" || got["sluice.fifo"] != "true" {
		t.Errorf("%v", got)
	}
}

// A request says nothing of the words that it leaves out, and takes away those that it leaves
// empty.
func TestWordsThatAreLeftOut(t *testing.T) {
	d := newDesk("in")
	b, _, c := open(t, d)
	asked(t, d, c, "$JS.API.STREAM.CREATE.DEAD", stream("DEAD", ""))
	asked(t, d, c, "$JS.API.STREAM.CREATE.S", stream("S", meta(`"mine":"x"`)))
	if _, err := b.UpdateQueue(context.Background(), "S", func(q *queuecore.QueueConfig) error { q.DeadLetter, q.MaxAttempts = "DEAD", 3; return nil }); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct{ verb, body, want string }{
		{"CREATE", stream("S", meta(`"mine":"x"`)), "DEAD"},
		{"UPDATE", stream("S", `,"max_msgs":7`), "DEAD"},
		{"UPDATE", stream("S", meta(`"sluice.dead_letter":"DEAD"`)), "DEAD"},
		{"UPDATE", stream("S", meta(`"sluice.dead_letter":""`)), ""},
	} {
		a := asked(t, d, c, "$JS.API.STREAM."+x.verb+".S", x.body)
		q, err := b.Queue("S")
		if a.Error != nil || err != nil || q.Config.DeadLetter != x.want || a.Config.Metadata["sluice.dead_letter"] != x.want || q.Config.MaxAttempts != 3 {
			t.Errorf("%s %s: %+v, %+v, %v", x.verb, x.body, a, q.Config, err)
		}
	}
}

// What cannot be is refused with a sentence, and nothing changes.
func TestWordsThatAreRefused(t *testing.T) {
	d := newDesk("in")
	b, _, c := open(t, d)
	for name, more := range map[string]string{"A": "", "S": `,"max_msgs":7`} {
		asked(t, d, c, "$JS.API.STREAM.CREATE."+name, stream(name, more))
	}
	asked(t, d, c, "$JS.API.STREAM.CREATE.B", stream("B", meta(`"sluice.dead_letter":"S"`)))
	asked(t, d, c, "$JS.API.STREAM.UPDATE.A", stream("A", meta(`"sluice.expired_to":"B"`)))
	for said, want := range map[string]string{
		`"sluice.dead_letter":"NONE"`: `no stream "NONE"`,
		`"sluice.dead_letter":"S"`:    "its own",
		`"sluice.dead_letter":"A"`:    "go round",
		`"sluice.dead_letter":"a.b"`:  "sluice.dead_letter",
		`"sluice.expired_to":"B"`:     "go round",
		`"sluice.delay":"soon"`:       "duration",
		`"sluice.delay":"-1s"`:        "duration",
		`"sluice.fifo":"yes"`:         "neither",
		`"sluice.fifo":"true"`:        "fixed",
		`"sluice.deadletter":"A"`:     `"sluice.deadletter"`,
	} {
		for _, verb := range []string{"CREATE", "UPDATE"} {
			a := asked(t, d, c, "$JS.API.STREAM."+verb+".S", stream("S", meta(said)))
			if verb == "CREATE" && a.Error != nil && a.Error.ErrCode == 10058 {
				continue // another configuration, whatever it is
			}
			if a.Error == nil || a.Error.ErrCode != 10052 || !strings.Contains(a.Error.Description, want) {
				t.Errorf("%s %s: %+v", verb, said, a)
			}
		}
	}
	if q, err := b.Queue("S"); err != nil || q.Config.DeadLetter != "" || q.Config.MaxMessages != 7 {
		t.Errorf("%+v, %v", q, err)
	}
}

// senderTo may send to one queue alone, and do everything else.
type senderTo struct {
	root
	queue string
}

func (p senderTo) May(a protocols.Action, d queuecore.Destination) bool {
	return a != protocols.Send || d.Name == p.queue
}

// Where a stream hands on to, its maker must be allowed to send.
func TestDeadLettersNeedTheRightToSend(t *testing.T) {
	d := newDesk("in")
	_, e, c := open(t, d)
	p := e.Client(senderTo{queue: "A"}, func() bool { return true })
	defer p.Close()
	for _, name := range []string{"A", "B"} {
		asked(t, d, c, "$JS.API.STREAM.CREATE."+name, stream(name, ""))
	}
	if a := asked(t, d, p, "$JS.API.STREAM.CREATE.N", stream("N", meta(`"sluice.dead_letter":"A"`))); a.Error != nil {
		t.Error(a.Error)
	}
	if a := asked(t, d, p, "$JS.API.STREAM.CREATE.M", stream("M", meta(`"sluice.dead_letter":"B"`))); a.Error == nil || a.Error.Code != 403 {
		t.Errorf("%+v", a)
	}
}
