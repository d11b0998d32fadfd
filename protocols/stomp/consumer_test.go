package stomp_test

import (
	"context"
	"fmt"
	"net"
	"testing"
	"testing/synctest"

	gostomp "github.com/go-stomp/stomp/v3"
	"github.com/go-stomp/stomp/v3/frame"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/queuecore"
)

// Queues that a first use makes have owners of groups as the dialect's broker does.
func TestFirstUseHasGroupAffinity(t *testing.T) {
	for _, d := range dialects() {
		inBubble(t, func(t *testing.T, h *house) {
			h.connect("1.2", "host:/").put("/queue/a", "x")
			q, err := h.broker.Queue("a")
			if want := d != mapping.RabbitMQ; err != nil || q.Config.GroupAffinity != want {
				t.Errorf("%s: affinity is %t, %v; want %t", d, q.Config.GroupAffinity, err, want)
			}
		}, withDialect(d))
	}
}

// JMSXGroupSeq:-1 ends a group: the next message of that name chooses its consumer anew. Both
// headers come out as they went in.
func TestGroupSeqClosesAGroup(t *testing.T) {
	for _, d := range dialects()[:3] {
		inBubble(t, func(t *testing.T, h *house) {
			in := h.connect("1.2")
			a, b := h.connect("1.2"), h.connect("1.2")
			a.subscribe("0", "/queue/q", "ack:client")
			in.put("/queue/q", "1", "JMSXGroupID:g", "JMSXGroupSeq:1")
			a.expect("MESSAGE", "body", "1", "JMSXGroupID", "g", "JMSXGroupSeq", "1")
			b.subscribe("0", "/queue/q", "ack:client")
			in.put("/queue/q", "2", "JMSXGroupID:g")
			a.expect("MESSAGE", "body", "2")
			synctest.Wait()
			in.put("/queue/q", "3", "JMSXGroupID:g", "JMSXGroupSeq:-1")
			a.expect("MESSAGE", "body", "3", "JMSXGroupID", "g", "JMSXGroupSeq", "-1")
			in.put("/queue/q", "4", "JMSXGroupID:g")
			b.expect("MESSAGE", "body", "4") // which has waited longest
			in.put("/queue/q", "5", "JMSXGroupID:g")
			b.expect("MESSAGE", "body", "5")
			a.expectQuiet()
		}, withDialect(d))
	}
}

// Who unsubscribes has its groups until what it holds of them is settled.
func TestUnsubscribeGivesUpGroups(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		in, a, b := h.connect("1.2"), h.connect("1.2"), h.connect("1.2")
		a.subscribe("0", "/queue/q", "ack:client-individual")
		in.put("/queue/q", "1", "JMSXGroupID:g")
		m := a.expect("MESSAGE", "body", "1")
		b.subscribe("0", "/queue/q", "ack:client-individual")
		a.send("UNSUBSCRIBE\nid:0\nreceipt:u\n\n^@")
		a.expect("RECEIPT", "receipt-id", "u")
		in.put("/queue/q", "2", "JMSXGroupID:g")
		in.put("/queue/q", "free")
		b.expect("MESSAGE", "body", "free")
		b.expectQuiet()
		a.sendf("ACK\nid:%s\n\n^@", ackID(m))
		b.expect("MESSAGE", "body", "2", "redelivered", "false")
	})
}

// One consumer of a queue gets everything while it is there, by the headers of each dialect
// and by the options of a destination.
func TestExclusiveConsumers(t *testing.T) {
	for _, x := range []struct {
		dialect           mapping.STOMPDialect
		destination, asks string
	}{
		{mapping.PlainSTOMP, "/queue/q", "activemq.exclusive:true"},
		{mapping.PlainSTOMP, "/queue/q", "x-single-active-consumer:true"},
		{mapping.ActiveMQ, "/queue/q", "activemq.exclusive:TRUE"},
		{mapping.ActiveMQ, "/queue/q?consumer.exclusive=true&consumer.prefetchSize=10", "x:y"},
		{mapping.RabbitMQ, "/queue/q", "x-single-active-consumer:true"},
	} {
		inBubble(t, func(t *testing.T, h *house) {
			in, a, b, c := h.connect("1.2", "host:/"), h.connect("1.2", "host:/"), h.connect("1.2", "host:/"), h.connect("1.2", "host:/")
			c.subscribe("0", "/queue/q", "ack:client-individual") // does not ask
			a.subscribe("0", x.destination, "ack:client-individual", x.asks)
			b.subscribe("0", x.destination, "ack:client-individual", x.asks)
			for i := range 3 {
				in.put("/queue/q", fmt.Sprint(i+1))
				a.expect("MESSAGE", "body", fmt.Sprint(i+1))
			}
			b.expectQuiet()
			c.expectQuiet()
			a.send("DISCONNECT\nreceipt:d\n\n^@")
			a.expect("RECEIPT")
			for i := range 3 {
				b.expect("MESSAGE", "body", fmt.Sprint(i+1), "redelivered", "true")
			}
			c.expectQuiet()
			b.send("DISCONNECT\nreceipt:d\n\n^@")
			b.expect("RECEIPT")
			for i := range 3 {
				c.expect("MESSAGE", "body", fmt.Sprint(i+1))
			}
		}, withDialect(x.dialect))
	}
}

// Of those who have room for a message the consumer of the highest priority gets it.
func TestPriorityOfConsumers(t *testing.T) {
	for _, x := range []struct {
		dialect                     mapping.STOMPDialect
		destination, high, prefetch string
	}{
		{mapping.PlainSTOMP, "/queue/q", "activemq.priority:5", "prefetch-count:2"},
		{mapping.PlainSTOMP, "/queue/q", "x-priority:5", "prefetch-count:2"},
		{mapping.ActiveMQ, "/queue/q", "activemq.priority:127", "activemq.prefetchSize:2"},
		{mapping.ActiveMQ, "/queue/q?consumer.priority=5", "x:y", "activemq.prefetchSize:2"},
		{mapping.RabbitMQ, "/queue/q", "x-priority:2147483647", "prefetch-count:2"},
	} {
		inBubble(t, func(t *testing.T, h *house) {
			in, low, high := h.connect("1.2", "host:/"), h.connect("1.2", "host:/"), h.connect("1.2", "host:/")
			low.subscribe("0", "/queue/q", "ack:client-individual", x.prefetch)
			high.subscribe("0", x.destination, "ack:client-individual", x.prefetch, x.high)
			synctest.Wait() // both wait for messages
			in.put("/queue/q", "1")
			first := high.expect("MESSAGE", "body", "1")
			synctest.Wait()
			in.put("/queue/q", "2")
			high.expect("MESSAGE", "body", "2")
			in.put("/queue/q", "3") // it holds what it may
			low.expect("MESSAGE", "body", "3")
			high.sendf("ACK\nid:%s\n\n^@", ackID(first))
			synctest.Wait()
			in.put("/queue/q", "4")
			high.expect("MESSAGE", "body", "4")
			low.expectQuiet()
		}, withDialect(x.dialect))
	}
}

// A topic subscription has no other consumers: what is asked of it there is so already.
func TestExclusiveConsumerOfATopic(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		c, d := h.connect("1.2"), h.connect("1.2")
		c.subscribe("0", "/topic/t", "activemq.exclusive:true")
		d.subscribe("0", "/topic/t", "activemq.exclusive:true")
		c.put("/topic/t", "x")
		c.expect("MESSAGE", "body", "x")
		d.expect("MESSAGE", "body", "x")
	}, withDialect(mapping.ActiveMQ))
}

// goWorker is a consumer of the library go-stomp whose connection a test can cut.
type goWorker struct {
	*gostomp.Conn
	wire net.Conn
	*gostomp.Subscription
}

func newGoWorker(t *testing.T, address string, options ...func(*frame.Frame) error) *goWorker {
	t.Helper()
	wire, err := net.Dial("tcp", address)
	must(t, err)
	c, err := gostomp.Connect(wire, append(patience(), accept(gostomp.V12))...)
	must(t, err)
	t.Cleanup(func() { _ = c.MustDisconnect() })
	return &goWorker{c, wire, subscribeGo(t, c, "/queue/jobs", gostomp.AckClientIndividual, options...)}
}

func prefetch(n int) func(*frame.Frame) error {
	return gostomp.SubscribeOpt.Header("prefetch-count", fmt.Sprint(n))
}

func (w *goWorker) expect(t *testing.T, bodies ...string) (last *gostomp.Message) {
	t.Helper()
	for _, want := range bodies {
		if last = receive(t, w.Subscription); string(last.Body) != want {
			t.Fatalf("got %q, want %q", last.Body, want)
		}
	}
	return last
}

// sendJobs sends jobs whose first letter is their group.
func sendJobs(t *testing.T, c *gostomp.Conn, jobs ...string) {
	t.Helper()
	for _, j := range jobs {
		must(t, c.Send("/queue/jobs", "", []byte(j), gostomp.SendOpt.Receipt, gostomp.SendOpt.Header("JMSXGroupID", j[:1])))
	}
}

// A worker that dies in the middle of a group loses nothing of it: the other one gets what was
// not settled first, in order, and then the rest.
func TestGoStompWorkerDies(t *testing.T) {
	h := newHouse(t)
	address := h.listen()
	a := newGoWorker(t, address, prefetch(3))
	sendJobs(t, a.Conn, "x1", "x2", "x3", "x4", "x5")
	first := a.expect(t, "x1")
	a.expect(t, "x2", "x3")
	b := newGoWorker(t, address, prefetch(10))
	sendJobs(t, b.Conn, "y1")
	b.expect(t, "y1")
	must(t, a.Ack(first))
	a.expect(t, "x4")
	must(t, a.wire.Close())
	for i, want := range []string{"x2", "x3", "x4", "x5"} {
		m := b.expect(t, want)
		if again := m.Header.Get("redelivered") == "true"; again != (i < 3) {
			t.Errorf("%s: redelivered is %t", want, again)
		}
		must(t, b.Ack(m))
	}
}

// A slow worker holds up its own groups alone.
func TestGoStompSlowWorker(t *testing.T) {
	h := newHouse(t)
	address := h.listen()
	slow := newGoWorker(t, address, prefetch(1))
	sendJobs(t, slow.Conn, "x1", "x2", "x3", "x4")
	x1 := slow.expect(t, "x1")
	quick := newGoWorker(t, address, prefetch(1))
	for i := range 20 {
		job := fmt.Sprint("y", i)
		sendJobs(t, quick.Conn, job)
		must(t, quick.Ack(quick.expect(t, job)))
	}
	must(t, slow.Ack(x1))
	must(t, slow.Ack(slow.expect(t, "x2")))
	must(t, slow.Ack(slow.expect(t, "x3")))
	must(t, slow.Ack(slow.expect(t, "x4")))
}

// Two workers share many groups, and each group is one worker's, in order.
func TestGoStompTwoWorkers(t *testing.T) {
	h := newHouse(t)
	address := h.listen()
	a := newGoWorker(t, address, prefetch(1))
	in := dialGo(t, address)
	sendJobs(t, in, "a0")
	a0 := a.expect(t, "a0")
	b := newGoWorker(t, address, prefetch(1))
	sendJobs(t, in, "b0") // a has no room
	b0 := b.expect(t, "b0")
	must(t, a.Ack(a0))
	must(t, b.Ack(b0))
	const groups, each = 8, 10
	for i := groups; i < groups*each; i++ {
		sendJobs(t, in, fmt.Sprintf("%c%d", 'a'+i%groups, i/groups))
	}
	type job struct {
		worker *goWorker
		body   string
	}
	jobs := make(chan job)
	for _, w := range []*goWorker{a, b} {
		// Ends when its subscription does, below.
		go func() {
			for m := range w.C {
				if m.Err != nil {
					return
				}
				jobs <- job{w, string(m.Body)}
				_ = w.Ack(m)
			}
		}()
	}
	owner, next := map[string]*goWorker{"a": a, "b": b}, make(map[string]int)
	for range groups * (each - 1) {
		j := <-jobs
		g := j.body[:1]
		if w, known := owner[g]; known && w != j.worker {
			t.Errorf("%s went to the other worker", j.body)
		}
		owner[g] = j.worker
		next[g]++
		if want := fmt.Sprint(g, next[g]); j.body != want {
			t.Errorf("got %s, want %s", j.body, want)
		}
	}
	must(t, a.Unsubscribe())
	must(t, b.Unsubscribe())
}

// Receivers of other dialects, which are no consumers, get what nobody owns.
func TestReceiverBesideConsumers(t *testing.T) {
	inBubble(t, func(t *testing.T, h *house) {
		a := h.connect("1.2")
		a.subscribe("0", "/queue/q", "ack:client", "prefetch-count:1")
		a.put("/queue/q", "x1", "JMSXGroupID:x")
		a.expect("MESSAGE", "body", "x1")
		a.put("/queue/q", "x2", "JMSXGroupID:x")
		a.put("/queue/q", "y1", "JMSXGroupID:y")
		ds, err := h.broker.Receive(context.Background(), "q", queuecore.ReceiveOptions{Max: 10})
		if err != nil || len(ds) != 1 || string(ds[0].Body) != "y1" {
			t.Errorf("received %d, %v", len(ds), err)
		}
	})
}
