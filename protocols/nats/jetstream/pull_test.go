package jetstream_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/sluicemq/sluice/protocols/nats/jetstream"
)

// A pull that wants a heartbeat each nanosecond gets a hundred a second, and its messages.
func TestHeartbeatsOfANanosecond(t *testing.T) {
	inBubble(t, func(q *sealedQueue) {
		began := time.Now()
		call(q.client, "$JS.API.CONSUMER.MSG.NEXT.S.c", `{"batch":1,"expires":3600000000000,"idle_heartbeat":1}`)
		for range 50 {
			if m := q.desk.next(); !bytes.Contains(m.Header, []byte("Idle Heartbeat")) {
				t.Fatalf("%s", m.Header)
			}
		}
		if d := time.Since(began); d < 500*time.Millisecond {
			t.Errorf("50 heartbeats in %v", d)
		}
		q.send("1")
		for {
			if m := q.desk.next(); len(m.Payload) > 0 {
				return
			}
		}
	})
}

// With one message out at the most, one that is given back comes before those behind it, each time.
func TestNakComesBeforeTheNext(t *testing.T) {
	d := newDesk("in")
	_, _, c := open(t, d)
	call(c, "$JS.API.STREAM.CREATE.S", makeStream)
	call(c, "$JS.API.CONSUMER.DURABLE.CREATE.S.c", strings.Replace(makeConsumer, `"ack_policy"`, `"max_ack_pending":1,"ack_policy"`, 1))
	for _, body := range []string{"1", "2"} {
		publish(c, "s.x", body)
	}
	for range 4 {
		d.next()
	}
	call(c, "$JS.API.CONSUMER.MSG.NEXT.S.c", `{"batch":1000000}`)
	for i := range 2000 {
		m := d.next()
		if string(m.Payload) != "1" {
			t.Fatalf("%s, after %d", m.Payload, i)
		}
		c.Request(&jetstream.Message{Subject: string(m.Reply), Body: []byte("-NAK")})
		c.Flush()
	}
}
