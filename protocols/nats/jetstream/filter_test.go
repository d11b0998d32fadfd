package jetstream_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/sluicemq/sluice/queuecore"
)

// filtered makes a durable consumer of S with a filter, over an API that answers at once.
func filtered(name, filter string, maxDeliver int) string {
	return fmt.Sprintf(`{"stream_name":"S","config":{"durable_name":%q,"ack_policy":"explicit","filter_subject":%q,"max_deliver":%d}}`, name, filter, maxDeliver)
}

// Each consumer is handed what its filter says, whoever pulls first.
func TestPullsOfFilteredConsumers(t *testing.T) {
	d := newDesk("in")
	b, _, c := open(t, d)
	call(c, "$JS.API.STREAM.CREATE.S", makeStream)
	for _, name := range []string{"a", "b"} {
		call(c, "$JS.API.CONSUMER.DURABLE.CREATE.S."+name, filtered(name, "s."+name, -1))
	}
	for range 3 {
		if m := d.next(); !json.Valid(m.Payload) || bytes.Contains(m.Payload, []byte(`"error"`)) {
			t.Fatalf("%s", m.Payload)
		}
	}
	call(c, "$JS.API.CONSUMER.MSG.NEXT.S.a", "1")
	call(c, "$JS.API.CONSUMER.MSG.NEXT.S.b", "1")
	for _, subject := range []string{"s.x", "s.b", "s.a"} {
		if _, err := b.Send(context.Background(), &queuecore.Message{Destination: queuecore.TopicNamed(subject)}); err != nil {
			t.Fatal(err)
		}
	}
	got := map[string]bool{}
	for range 2 {
		m := d.next()
		got[string(m.Subject)] = bytes.HasPrefix(m.Reply, []byte("$JS.ACK.S."+string(m.Subject[2:])+".1."))
	}
	if !got["s.a"] || !got["s.b"] {
		t.Errorf("%v", got)
	}
	if st, _ := b.Stats(context.Background(), "S"); st.Ready != 1 || st.Leased != 2 {
		t.Errorf("%+v", st)
	}
}

// The queue's MaxAttempts is what the most generous consumer allows; what others set
// meanwhile stays.
func TestRuleOfSeveralConsumers(t *testing.T) {
	d := newDesk("in")
	b, _, c := open(t, d)
	ctx := context.Background()
	call(c, "$JS.API.STREAM.CREATE.S", makeStream)
	d.next()
	set := func(n int) {
		if _, err := b.UpdateQueue(ctx, "S", func(q *queuecore.QueueConfig) error { q.MaxAttempts = n; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	set(4)
	for _, x := range []struct {
		name       string
		maxDeliver int // 0: delete
		want       int
	}{
		{"a", -1, 4}, {"b", 2, 4}, {"c", 9, 9}, {"b", 3, 9}, {"c", 0, 4}, {"b", -1, 4}, {"b", 5, 5}, {"a", 0, 5}, {"b", 0, 4},
	} {
		if x.maxDeliver == 0 {
			call(c, "$JS.API.CONSUMER.DELETE.S."+x.name, "")
		} else {
			call(c, "$JS.API.CONSUMER.DURABLE.CREATE.S."+x.name, filtered(x.name, "s."+x.name, x.maxDeliver))
		}
		if m := d.next(); bytes.Contains(m.Payload, []byte(`"error"`)) {
			t.Fatalf("%s", m.Payload)
		}
		if q, err := b.Queue("S"); err != nil || q.Config.MaxAttempts != x.want {
			t.Errorf("after %+v it is %d, %v", x, q.Config.MaxAttempts, err)
		}
	}
	call(c, "$JS.API.CONSUMER.DURABLE.CREATE.S.a", filtered("a", "s.a", 3))
	d.next()
	set(8)
	call(c, "$JS.API.CONSUMER.DELETE.S.a", "")
	d.next()
	if q, _ := b.Queue("S"); q.Config.MaxAttempts != 8 {
		t.Errorf("what another has set became %d", q.Config.MaxAttempts)
	}
}
