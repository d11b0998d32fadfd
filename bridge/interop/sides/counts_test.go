package sides_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/sluicemq/sluice/bridge/admin"
)

// counts are what a queue holds: ready, in flight, not to be had before its time, and put
// aside.
type counts struct{ ready, flying, delayed, parked int }

func (c counts) all() int { return c.ready + c.flying + c.delayed + c.parked }

// agree compares what every side shows with want. What rests after a delayed NAK is in
// flight to SQS and NATS, and delayed to the admin's look.
func (x *site) agree(when string, want counts, resting int) {
	x.t.Helper()
	n := func(name string) int {
		v, err := strconv.Atoi(x.attribute("S", "ApproximateNumberOfMessages"+name))
		x.must(err)
		return v
	}
	same(x.t, when+": SQS", fmt.Sprint(n(""), n("NotVisible"), n("Delayed")), fmt.Sprint(want.ready, want.flying+want.parked, want.delayed))
	o, err := x.js.Consumer(x.within(), "S", "work")
	x.must(err)
	ci := o.CachedInfo()
	same(x.t, when+": CONSUMER.INFO", fmt.Sprint(ci.NumPending, ci.NumAckPending), fmt.Sprint(want.ready, want.flying))
	s, err := x.js.Stream(x.within(), "S")
	x.must(err)
	same(x.t, when+": STREAM.INFO", s.CachedInfo().State.Msgs, uint64(want.all()))
	states := map[string]int{}
	x.must(x.admin.Browse(x.within(), "S", "", 1000, func(m *admin.Message) error { states[m.State]++; return nil }))
	same(x.t, when+": /v1", fmt.Sprint(states["ready"], states["leased"], states["delayed"], states["parked"]),
		fmt.Sprint(want.ready, want.flying-resting, want.delayed+resting, want.parked))
}

// A queue in one state after another, by the word of each dialect in turn.
func TestCountsAgree(t *testing.T) {
	x := open(t)
	x.stream("S", func(c *jetstream.StreamConfig) { c.AllowMsgSchedules, c.Subjects = true, []string{"s.>"} })
	o := x.consumer("S", func(c *jetstream.ConsumerConfig) { c.AckWait = time.Hour })
	x.agree("empty", counts{}, 0)
	for i := range 6 {
		x.send("S", fmt.Sprint(i))
	}
	x.agree("ready", counts{ready: 6}, 0)
	nak, term := x.fetch(o), x.fetch(o)
	x.agree("leased by NATS", counts{ready: 4, flying: 2}, 0)
	held := x.receive("S")
	x.agree("leased by SQS", counts{ready: 3, flying: 3}, 0)
	m, sub := x.take("S")
	x.agree("leased by STOMP", counts{ready: 2, flying: 4}, 0)

	in := int32(600)
	body := "later"
	_, err := x.sqs.SendMessage(x.within(), &sqs.SendMessageInput{QueueUrl: x.url("S"), MessageBody: &body, DelaySeconds: in})
	x.must(err)
	x.send("S", body, "AMQ_SCHEDULED_DELAY", "600000")
	_, err = x.js.PublishMsg(x.within(), &nats.Msg{Subject: "s.plan", Data: []byte(body), Header: nats.Header{
		"Nats-Schedule": {"@at " + time.Now().Add(10*time.Minute).UTC().Format(time.RFC3339)}, "Nats-Schedule-Target": {"s.job"},
	}})
	x.must(err)
	x.agree("delayed by each", counts{ready: 2, flying: 4, delayed: 3}, 0)

	x.must(nak.NakWithDelay(10 * time.Minute))
	x.eventually(1, func(m *admin.Message) bool { return m.State == "delayed" && m.Attempts > 0 })
	x.agree("NAKed with a delay", counts{ready: 2, flying: 4, delayed: 3}, 1)
	x.visible("S", held, 0)
	x.agree("given back by SQS", counts{ready: 3, flying: 3, delayed: 3}, 1)
	x.must(x.stomp.Ack(m))
	x.leave(sub)
	x.must(term.DoubleAck(x.within()))
	// The subscription may have had the next one for a moment, and it comes back behind the receipt.
	x.eventually(0, func(m *admin.Message) bool { return m.State == "leased" })
	x.agree("acked by STOMP and NATS", counts{ready: 3, flying: 1, delayed: 3}, 1)
	x.restart()
	x.agree("after a restart", counts{ready: 3, flying: 1, delayed: 3}, 1)
}

// eventually waits until the admin's look shows so many messages that are as is says.
func (x *site) eventually(want int, is func(*admin.Message) bool) {
	x.t.Helper()
	for ctx := x.within(); ; {
		n := 0
		x.must(x.admin.Browse(ctx, "S", "", 1000, func(m *admin.Message) error {
			if is(m) {
				n++
			}
			return nil
		}))
		if n == want {
			return
		}
	}
}

// What is given up without a dead-letter queue is put aside, and seen as such.
func TestCountsOfWhatIsPutAside(t *testing.T) {
	x := open(t)
	x.stream("S", nil)
	o := x.consumer("S", func(c *jetstream.ConsumerConfig) { c.MaxDeliver = 1 })
	x.send("S", "a")
	m := x.fetch(o)
	x.visibleAgain(m)
	x.agree("parked", counts{parked: 1}, 0)
}

// visibleAgain gives a message back, and waits until it is seen to.
func (x *site) visibleAgain(m jetstream.Msg) {
	x.t.Helper()
	_, err := x.js.Conn().RequestWithContext(x.within(), m.Reply(), []byte("-NAK"))
	x.must(err)
}
