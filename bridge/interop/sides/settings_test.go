package sides_test

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

func (x *site) ackWait(stream string) string {
	x.t.Helper()
	o, err := x.js.Consumer(x.within(), stream, "work")
	x.must(err)
	return o.CachedInfo().Config.AckWait.String()
}

func (x *site) config(stream string) jetstream.StreamConfig {
	x.t.Helper()
	s, err := x.js.Stream(x.within(), stream)
	x.must(err)
	return s.CachedInfo().Config
}

// twice does a check, and again after the house was stopped and opened anew.
func (x *site) twice(check func()) {
	x.t.Helper()
	check()
	x.restart()
	check()
}

func TestVisibilityTimeoutIsAckWait(t *testing.T) {
	x := open(t)
	x.stream("S", nil)
	x.consumer("S", nil)
	same(t, "untouched VisibilityTimeout", x.attribute("S", "VisibilityTimeout"), "30")
	same(t, "untouched ack_wait", x.ackWait("S"), "30s")
	x.set("S", "VisibilityTimeout", "75")
	x.twice(func() { same(t, "ack_wait", x.ackWait("S"), "1m15s") })
	wait := func(d time.Duration) func(*jetstream.ConsumerConfig) {
		return func(c *jetstream.ConsumerConfig) { c.AckWait = d }
	}
	x.consumer("S", wait(2500*time.Millisecond)) // is kept, and shown rounded up
	x.twice(func() {
		same(t, "VisibilityTimeout", x.attribute("S", "VisibilityTimeout"), "3")
		same(t, "ack_wait", x.ackWait("S"), "2.5s")
	})
	x.consumer("S", wait(24*time.Hour)) // past SQS's longest
	same(t, "VisibilityTimeout", x.attribute("S", "VisibilityTimeout"), "86400")
	x.set("S", "VisibilityTimeout", "60")
	x.twice(func() {
		same(t, "VisibilityTimeout", x.attribute("S", "VisibilityTimeout"), "60")
		same(t, "ack_wait of one that names it", x.ackWait("S"), "24h0m0s")
	})
	x.consumer("S", wait(10*time.Second))
	x.must(x.js.DeleteConsumer(x.within(), "S", "work"))
	x.twice(func() {
		same(t, "VisibilityTimeout without the consumer", x.attribute("S", "VisibilityTimeout"), "60")
	})
	x.set("S", "VisibilityTimeout", "0") // SQS's alone
	x.consumer("S", nil)
	same(t, "ack_wait", x.ackWait("S"), "30s")
}

func TestMaxReceiveCountIsMaxDeliver(t *testing.T) {
	x := open(t)
	x.stream("DEAD", nil)
	x.stream("S", func(c *jetstream.StreamConfig) { c.Metadata = map[string]string{"sluice.dead_letter": "DEAD"} })
	deliver := func(n int) { x.consumer("S", func(c *jetstream.ConsumerConfig) { c.MaxDeliver = n }) }
	shown := func() int {
		o, err := x.js.Consumer(x.within(), "S", "work")
		x.must(err)
		return o.CachedInfo().Config.MaxDeliver
	}
	deliver(5)
	x.twice(func() { same(t, "RedrivePolicy", x.attribute("S", "RedrivePolicy"), redrive("5", "DEAD")) })
	x.must(x.js.DeleteConsumer(x.within(), "S", "work"))
	same(t, "RedrivePolicy", x.attribute("S", "RedrivePolicy"), "")
	x.set("S", "RedrivePolicy", redrive("3", "DEAD"))
	deliver(0)
	x.twice(func() { same(t, "max_deliver", shown(), 3) })
}

func TestDeadLetterQueueIsMetadata(t *testing.T) {
	x := open(t)
	x.stream("A", nil)
	x.queue("b", nil)
	x.queue("q", map[string]string{"RedrivePolicy": redrive("3", "A")})
	shown := func() string { return x.config("q").Metadata["sluice.dead_letter"] }
	x.twice(func() { same(t, "sluice.dead_letter", shown(), "A") })
	said := func(v string) func(*jetstream.StreamConfig) {
		return func(c *jetstream.StreamConfig) { c.Metadata = map[string]string{"sluice.dead_letter": v} }
	}
	x.stream("q", said("b"))
	x.twice(func() { same(t, "RedrivePolicy", x.attribute("q", "RedrivePolicy"), redrive("3", "b")) })
	x.stream("q", nil)
	same(t, "sluice.dead_letter that was left out", shown(), "b")
	x.stream("q", said(""))
	same(t, "RedrivePolicy", x.attribute("q", "RedrivePolicy"), "")
}

func TestDelayIsMetadata(t *testing.T) {
	x := open(t)
	x.stream("S", func(c *jetstream.StreamConfig) { c.Metadata = map[string]string{"sluice.delay": "1500ms"} })
	x.twice(func() { same(t, "DelaySeconds", x.attribute("S", "DelaySeconds"), "2") })
	same(t, "sluice.delay", x.config("S").Metadata["sluice.delay"], "1.5s")
	x.set("S", "DelaySeconds", "90")
	x.twice(func() { same(t, "sluice.delay", x.config("S").Metadata["sluice.delay"], "1m30s") })
}

func TestRetentionIsMaxAge(t *testing.T) {
	x := open(t)
	x.stream("S", nil)
	same(t, "MessageRetentionPeriod without end", x.attribute("S", "MessageRetentionPeriod"), "1209600")
	x.set("S", "MessageRetentionPeriod", "3600")
	x.twice(func() { same(t, "max_age", x.config("S").MaxAge, time.Hour) })
	x.stream("S", func(c *jetstream.StreamConfig) { c.MaxAge = 2500 * time.Millisecond })
	x.twice(func() { same(t, "MessageRetentionPeriod", x.attribute("S", "MessageRetentionPeriod"), "3") })
	same(t, "max_age", x.config("S").MaxAge, 2500*time.Millisecond)
	x.stream("S", func(c *jetstream.StreamConfig) { c.MaxAge = 30 * 24 * time.Hour })
	same(t, "MessageRetentionPeriod past the longest", x.attribute("S", "MessageRetentionPeriod"), "2592000")
}

func TestMaximumMessageSizeIsMaxMsgSize(t *testing.T) {
	x := open(t)
	x.stream("S", func(c *jetstream.StreamConfig) { c.MaxMsgSize = 2000 })
	x.twice(func() { same(t, "MaximumMessageSize", x.attribute("S", "MaximumMessageSize"), "2000") })
	x.set("S", "MaximumMessageSize", "4096")
	x.twice(func() {
		if n := x.config("S").MaxMsgSize; n < 4096 || n > 4096+16<<10 {
			t.Errorf("max_msg_size is %d", n)
		}
		same(t, "MaximumMessageSize", x.attribute("S", "MaximumMessageSize"), "4096")
	})
}

func TestFIFOIsMetadata(t *testing.T) {
	x := open(t)
	x.queue("q.fifo", map[string]string{"FifoQueue": "true"})
	x.stream("n_x2Efifo", func(c *jetstream.StreamConfig) { c.Metadata = map[string]string{"sluice.fifo": "true"} })
	x.stream("q_x2Efifo", nil) // names no window, and so leaves SQS's
	x.twice(func() {
		for queue, stream := range map[string]string{"q.fifo": "q_x2Efifo", "n.fifo": "n_x2Efifo"} {
			c := x.config(stream)
			same(t, "sluice.fifo of "+stream, c.Metadata["sluice.fifo"], "true")
			same(t, "duplicate_window of "+stream, c.Duplicates, 5*time.Minute)
			same(t, "FifoQueue of "+queue, x.attribute(queue, "FifoQueue"), "true")
		}
	})
}
