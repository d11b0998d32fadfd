package bridge

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/go-stomp/stomp/v3"

	"github.com/sluicemq/sluice/bridge/config"
	"github.com/sluicemq/sluice/queuecore"
)

func to[T any](v T) *T { return &v }

// rulesOfOrders gives a message so many attempts, and keeps what is given up or expires.
func rulesOfOrders(attempts int) []config.QueueRule {
	return []config.QueueRule{{
		Queues: []string{"orders*"},
		QueueRedelivery: config.QueueRedelivery{
			MaxAttempts: &attempts, DeadLetter: to("orders.dlq"), ExpiredTo: to("late"), Backoff: to(time.Duration(0)),
		},
	}, {
		Queues: []string{"late"}, QueueTimes: config.QueueTimes{Retention: to(time.Hour)},
	}}
}

func dialSTOMP(t *testing.T, h *House) *stomp.Conn {
	t.Helper()
	c, err := stomp.Dial("tcp", h.Addrs().STOMP)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func subscribeTo(t *testing.T, c *stomp.Conn, queue string) *stomp.Subscription {
	t.Helper()
	sub, err := c.Subscribe("/queue/"+queue, stomp.AckClientIndividual)
	if err != nil {
		t.Fatal(err)
	}
	return sub
}

// A queue that a STOMP client makes by using it is as its rule says, and so are those that
// are made with it; a queue that was there keeps what it has.
func TestQueueRules(t *testing.T) {
	c := testConfig(t)
	c.QueueRules = rulesOfOrders(2)
	h := openHouse(t, c)
	if _, err := h.broker.CreateQueue(context.Background(), "orders.old", queuecore.QueueConfig{MaxAttempts: 7}); err != nil {
		t.Fatal(err)
	}
	client := dialSTOMP(t, h)
	for _, queue := range []string{"orders.eu", "orders.old", "other"} {
		if err := client.Send("/queue/"+queue, "", []byte("x"), stomp.SendOpt.Receipt); err != nil {
			t.Fatal(err)
		}
	}
	sub := subscribeTo(t, client, "orders.eu")
	for range 2 {
		if err := client.Nack(<-sub.C); err != nil {
			t.Fatal(err)
		}
	}
	m := <-subscribeTo(t, client, "orders.dlq").C
	for name, want := range map[string]string{
		"original-destination": "/queue/orders.eu", "sluice-dead-queue": "orders.eu", "sluice-dead-reason": "attempts",
		"sluice-dead-attempts": "2", "JMSXDeliveryCount": "3", "redelivered": "true",
	} {
		if got := m.Header.Get(name); got != want {
			t.Errorf("%s of the dead letter is %q, want %q", name, got, want)
		}
	}
	for queue, want := range map[string]queuecore.QueueConfig{
		"orders.eu":  {MaxAttempts: 2, DeadLetter: "orders.dlq", ExpiredTo: "late"},
		"orders.dlq": {ExpiredTo: "late"}, // its own rule names it
		"late":       {Retention: time.Hour, BackoffInitial: time.Second},
		"orders.old": {MaxAttempts: 7},
		"other":      {BackoffInitial: time.Second},
	} {
		q, err := h.broker.Queue(queue)
		got := queuecore.QueueConfig{
			MaxAttempts: q.Config.MaxAttempts, DeadLetter: q.Config.DeadLetter, ExpiredTo: q.Config.ExpiredTo,
			Retention: q.Config.Retention, BackoffInitial: q.Config.BackoffInitial,
		}
		if err != nil || got.MaxAttempts != want.MaxAttempts || got.DeadLetter != want.DeadLetter || got.ExpiredTo != want.ExpiredTo ||
			got.Retention != want.Retention || got.BackoffInitial != want.BackoffInitial {
			t.Errorf("%s: %+v, %v; want %+v", queue, got, err, want)
		}
	}
}

// Queues that are not as the rules say are named in the log when the house opens, with the
// rule and what differs, and nothing else happens to them.
func TestQueuesThatDifferAreTold(t *testing.T) {
	c := testConfig(t)
	c.QueueRules = rulesOfOrders(2)
	h := openHouse(t, c)
	if err := dialSTOMP(t, h).Send("/queue/orders.eu", "", nil, stomp.SendOpt.Receipt); err != nil {
		t.Fatal(err)
	}
	closeHouse(t, h)
	for attempts, want := range map[int]int{2: 0, 3: 1} {
		c.QueueRules = rulesOfOrders(attempts)
		var book bytes.Buffer
		h, err := Open(context.Background(), c, slog.New(slog.NewTextHandler(&book, nil)))
		if err != nil {
			t.Fatal(err)
		}
		q, err := h.broker.Queue("orders.eu")
		closeHouse(t, h)
		if err != nil || q.Config.MaxAttempts != 2 {
			t.Errorf("%+v, %v", q.Config, err)
		}
		if n := strings.Count(book.String(), `queue=orders.eu rule=queue_rules[0] differs=[max_attempts]`); n != want || strings.Count(book.String(), "queue_rules") > 2*want {
			t.Errorf("with %d attempts it is told %d times:\n%s", attempts, n, &book)
		}
	}
}

// What NACK means is each listener's own.
func TestNackOfListeners(t *testing.T) {
	c := testConfig(t)
	c.STOMPNack = config.STOMPNackDeadLetter
	c.STOMPFurther = []config.STOMPListener{{Addr: "127.0.0.1:0", Dialect: config.STOMPActiveMQ, Nack: config.STOMPNackRequeue}}
	h := openHouse(t, c)
	first := dialSTOMP(t, h)
	further, err := stomp.Dial("tcp", h.ports.further[0].Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if err := further.Send("/queue/q", "", []byte("x"), stomp.SendOpt.Receipt); err != nil {
		t.Fatal(err)
	}
	sub := subscribeTo(t, further, "q")
	if err := further.Nack(<-sub.C); err != nil {
		t.Fatal(err)
	}
	if m := <-sub.C; m.Header.Get("JMSXDeliveryCount") != "2" {
		t.Fatalf("%+v", m)
	}
	if err := further.Disconnect(); err != nil {
		t.Fatal(err)
	}
	if err := first.Nack(<-subscribeTo(t, first, "q").C); err != nil {
		t.Fatal(err)
	}
	if m := <-subscribeTo(t, first, "ActiveMQ.DLQ").C; m.Header.Get("sluice-dead-reason") != "rejected" || m.Header.Get("sluice-dead-attempts") != "3" {
		t.Errorf("%+v", m.Header)
	}
}
