package stomp_test

import (
	"testing"
	"time"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/queuecore"
)

func withRules(rules func(string, queuecore.QueueConfig) queuecore.QueueConfig) houseOption {
	return func(s *houseSettings) { s.options.Rules = rules }
}

// A queue made by its use has what its dialect has for such, and the queues that it names
// are made with it.
func TestQueuesOfFirstUse(t *testing.T) {
	for d, want := range map[mapping.STOMPDialect]struct {
		config queuecore.QueueConfig
		made   int
	}{
		mapping.PlainSTOMP: {queuecore.QueueConfig{BackoffInitial: time.Second, BackoffMax: time.Minute, BackoffFactor: 2}, 1},
		mapping.ActiveMQ: {queuecore.QueueConfig{
			BackoffInitial: time.Second, BackoffMax: time.Minute, BackoffFactor: 2, DeadLetter: "ActiveMQ.DLQ", ExpiredTo: "ActiveMQ.DLQ",
		}, 2},
		mapping.Artemis: {queuecore.QueueConfig{
			BackoffInitial: time.Second, BackoffMax: time.Minute, BackoffFactor: 2, DeadLetter: "DLQ", ExpiredTo: "ExpiryQueue",
		}, 3},
		mapping.RabbitMQ: {queuecore.QueueConfig{}, 1},
	} {
		inBubble(t, func(t *testing.T, h *house) {
			c := h.dial()
			c.send("CONNECT\naccept-version:1.2\nhost:/\n\n^@")
			c.expect("CONNECTED")
			c.put("/queue/orders", "x")
			want.config.DedupWindow = 2 * time.Minute
			if q, err := h.broker.Queue("orders"); err != nil || !sameRules(q.Config, want.config) {
				t.Errorf("%s: %+v, %v; want %+v", d, q.Config, err, want.config)
			}
			for _, q := range h.broker.Queues("") {
				if q.Config.DeadLetter == q.Name || q.Config.ExpiredTo == q.Name {
					t.Errorf("%s: %+v", d, q)
				}
			}
			if n := len(h.broker.Queues("")); n != want.made {
				t.Errorf("%s: %d queues were made, want %d", d, n, want.made)
			}
		}, withDialect(d))
	}
}

func sameRules(a, b queuecore.QueueConfig) bool {
	return a.DeadLetter == b.DeadLetter && a.ExpiredTo == b.ExpiredTo && a.MaxAttempts == b.MaxAttempts && a.DedupWindow == b.DedupWindow &&
		a.BackoffInitial == b.BackoffInitial && a.BackoffMax == b.BackoffMax && a.BackoffFactor == b.BackoffFactor
}

// Rules have the last word on queues made by use, and hold for those made with them, however
// they name one another; temporary queues and those of topics are not theirs.
func TestRulesOfFirstUse(t *testing.T) {
	names := map[string]string{"orders": "a", "a": "b", "b": "c", "c": "a"}
	rules := func(queue string, c queuecore.QueueConfig) queuecore.QueueConfig {
		c.DeadLetter, c.ExpiredTo, c.MaxAttempts = names[queue], queue, 3
		return c
	}
	inBubble(t, func(t *testing.T, h *house) {
		c := h.connect("1.2")
		c.subscribe("1", "/queue/orders")
		c.subscribe("2", "/topic/orders")
		c.subscribe("3", "/temp-queue/orders")
		for queue, dead := range names {
			if q, err := h.broker.Queue(queue); err != nil || q.Config.DeadLetter != dead || q.Config.ExpiredTo != "" || q.Config.MaxAttempts != 3 {
				t.Errorf("%s: %+v, %v", queue, q.Config, err)
			}
		}
		for _, q := range h.broker.Queues("") {
			if q.Config.Transient && q.Config.MaxAttempts != 0 {
				t.Errorf("%+v", q)
			}
		}
		if n := len(h.broker.Queues("")); n != 6 {
			t.Errorf("%d queues", n)
		}
	}, withRules(rules))
}

// What NACK means may be set for a listener, whatever its dialect; what the frame says wins.
func TestNackOfAListener(t *testing.T) {
	for _, d := range dialects() {
		for _, x := range []struct {
			nack    mapping.STOMPNack
			headers string
			want    queuecore.Stats
		}{
			{mapping.NackRequeues, "", queuecore.Stats{Leased: 1}}, // it is back with its receiver
			{mapping.NackRequeues, "requeue:true", queuecore.Stats{Leased: 1}},
			{mapping.NackRequeues, "requeue:false", queuecore.Stats{Parked: 1}},
			{mapping.NackRequeues, "retry-delay:60000", queuecore.Stats{Delayed: 1}},
			{mapping.NackRests, "", queuecore.Stats{Delayed: 1}},
			{mapping.NackRests, "retry-delay:0", queuecore.Stats{Leased: 1}},
			{mapping.NackDeadLettered, "", queuecore.Stats{Parked: 1}},
			{mapping.NackDeadLettered, "requeue:true", queuecore.Stats{Delayed: 1}},
			{mapping.NackDeadLettered, "retry-delay:60000", queuecore.Stats{Delayed: 1}},
		} {
			inBubble(t, func(t *testing.T, h *house) { nackedAs(t, h, x.headers, x.want) }, withDialect(d), withNack(x.nack))
		}
	}
}

func nackedAs(t *testing.T, h *house, headers string, want queuecore.Stats) {
	if _, err := h.broker.CreateQueue(t.Context(), "q", queuecore.QueueConfig{BackoffInitial: time.Hour}); err != nil {
		t.Fatal(err)
	}
	c := h.dial()
	c.send("CONNECT\naccept-version:1.2\nhost:/\n\n^@")
	c.expect("CONNECTED")
	c.put("/queue/q", "x")
	c.subscribe("s", "/queue/q", "ack:client-individual")
	c.sendf("NACK\nid:%s\nreceipt:n\n%s\n\n^@", ackID(c.expect("MESSAGE")), headers)
	c.expect("RECEIPT", "receipt-id", "n")
	if want.Leased > 0 {
		c.expect("MESSAGE", "redelivered", "true")
	}
	got := h.stats("q")
	if got.Ready != want.Ready || got.Parked != want.Parked || got.Delayed != want.Delayed || got.Leased != want.Leased {
		t.Errorf("%q: %+v, want %+v", headers, got, want)
	}
}
