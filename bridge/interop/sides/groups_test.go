package sides_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// group is the group of a message, as a NATS consumer sees it.
func group(m jetstream.Msg) string { return m.Headers().Get("JMSXGroupID") }

// A FIFO queue made over SQS hands a NATS consumer the messages of a group in order. As with
// SQS, several of a group may come at once, and no more of it until all of them are settled;
// so the order holds over NAKs and ended leases.
func TestGroupsInOrder(t *testing.T) {
	const each = 6
	x := open(t)
	x.queue("q.fifo", map[string]string{"FifoQueue": "true", "ContentBasedDeduplication": "true", "VisibilityTimeout": "10"})
	for i := range each { // SQS and NATS in turn
		for _, g := range []string{"a", "b"} {
			body := fmt.Sprint(g, i)
			if i%2 == 0 {
				_, err := x.sqs.SendMessage(x.within(), &sqs.SendMessageInput{QueueUrl: x.url("q.fifo"), MessageBody: &body, MessageGroupId: &g})
				x.must(err)
				continue
			}
			_, err := x.js.PublishMsg(x.within(), &nats.Msg{Subject: "q_x2Efifo", Data: []byte(body), Header: nats.Header{"JMSXGroupID": {g}}})
			x.must(err)
		}
	}
	o := x.consumer("q_x2Efifo", nil)
	done := map[string]int{}
	for n := 0; n < 2*each; {
		batch, err := o.Fetch(10, jetstream.FetchMaxWait(time.Second)) // several outstanding
		x.must(err)
		failed := map[string]bool{} // who gives one back, or loses it, does so with the rest of its group
		for m := range batch.Messages() {
			g := group(m)
			meta, err := m.Metadata()
			x.must(err)
			if failed[g] {
				if done[g] < 3 {
					x.visibleAgain(m)
				}
				continue
			}
			same(t, "next of "+g, string(m.Data()), fmt.Sprint(g, done[g]))
			switch first := meta.NumDelivered == 1; {
			case first && done[g] == 1:
				x.visibleAgain(m)
				failed[g] = true
			case done[g] == 3 && meta.NumDelivered == 2: // its lease ends
				failed[g] = true
			default:
				x.must(m.DoubleAck(x.within()))
				done[g]++
				n++
			}
		}
	}
}

// Consumers of two dialects share the groups: while SQS has one's first message, NATS gets
// nothing of it, and everything of the other.
func TestGroupsAmongDialects(t *testing.T) {
	x := open(t)
	x.stream("n_x2Efifo", func(c *jetstream.StreamConfig) { c.Metadata = map[string]string{"sluice.fifo": "true"} })
	for _, body := range []string{"a0", "a1", "b0"} {
		x.send("n.fifo", body, "JMSXGroupID", body[:1])
	}
	m := x.receive("n.fifo")
	same(t, "first", *m.Body, "a0")
	o := x.consumer("n_x2Efifo", nil)
	b := x.fetch(o)
	same(t, "to NATS", string(b.Data()), "b0")
	none, err := o.FetchNoWait(5)
	x.must(err)
	for m := range none.Messages() {
		t.Errorf("%s, while its group waits", m.Data())
	}
	x.delete("n.fifo", m)
	a := x.fetch(o)
	same(t, "after the first", string(a.Data()), "a1")
}
