package sides_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/sluicemq/sluice/bridge/admin"
)

// Attempts add up whoever consumes, and the dead letter is the same to every side; from there
// it goes back by each side's own way.
func TestDeadLettersWhoeverConsumed(t *testing.T) {
	x := open(t)
	x.stream("DEAD", nil)
	x.stream("S", func(c *jetstream.StreamConfig) { c.Metadata = map[string]string{"sluice.dead_letter": "DEAD"} })
	o := x.consumer("S", func(c *jetstream.ConsumerConfig) { c.MaxDeliver, c.AckWait = 3, time.Hour })
	dead := x.consumer("DEAD", nil)
	x.send("S", "a")

	spend := func() {
		x.visible("S", x.receive("S"), 0)
		x.visibleAgain(x.fetch(o))
		m, sub := x.take("S")
		x.must(x.stomp.Nack(m))
		x.leave(sub)
	}
	// What NATS and STOMP send again is a new message; what is moved keeps its attempts.
	for _, way := range []struct {
		name string
		back func()
	}{
		{"NATS", func() {
			m := x.fetch(dead)
			same(t, "Sluice-Dead-Attempts", m.Headers().Get("Sluice-Dead-Attempts"), "3")
			_, err := x.js.Publish(x.within(), m.Headers().Get("Sluice-Dead-Queue"), m.Data())
			x.must(err)
			x.must(m.DoubleAck(x.within()))
		}},
		{"STOMP", func() {
			m, sub := x.take("DEAD")
			same(t, "sluice-dead-attempts", m.Header.Get("sluice-dead-attempts"), "3")
			tx, err := x.stomp.BeginWithError()
			x.must(err)
			x.must(tx.Send(m.Header.Get("original-destination"), "", m.Body))
			x.must(tx.Ack(m))
			x.must(tx.Commit())
			x.leave(sub)
		}},
		{"SQS", func() {
			_, err := x.sqs.StartMessageMoveTask(x.within(), &sqs.StartMessageMoveTaskInput{SourceArn: aws.String("arn:aws:sqs:us-east-1:000000000000:DEAD")})
			x.must(err)
		}},
		{"admin", func() {
			_, err := x.admin.StartMove(x.within(), admin.MoveRequest{From: "DEAD"})
			x.must(err)
		}},
	} {
		spend()
		m := x.receive("DEAD")
		same(t, way.name+": body of the dead letter", *m.Body, "a")
		contains(t, m.Attributes[string(types.MessageSystemAttributeNameDeadLetterQueueSourceArn)], ":S")
		x.visible("DEAD", m, 0)
		way.back()
	}
	m := x.fetch(o)
	same(t, "what is back", string(m.Data()), "a")
	x.must(m.DoubleAck(x.within()))
	same(t, "left in DEAD", x.attribute("DEAD", "ApproximateNumberOfMessages"), "0")
}

// TERM makes a dead letter at once, of what SQS received before, too.
func TestTermIsADeadLetterToAll(t *testing.T) {
	x := open(t)
	x.queue("dead", nil)
	x.queue("q", map[string]string{"RedrivePolicy": redrive("9", "dead")})
	x.send("q", "a")
	x.visible("q", x.receive("q"), 0)
	x.must(x.fetch(x.consumer("q", nil)).TermWithReason("bad"))
	m, _ := x.take("dead")
	same(t, "sluice-dead-reason", m.Header.Get("sluice-dead-reason"), "bad")
	same(t, "sluice-dead-attempts", m.Header.Get("sluice-dead-attempts"), "2")
}
