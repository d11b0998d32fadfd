package jetstream_test

import (
	"bytes"
	"testing"
	"time"
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
