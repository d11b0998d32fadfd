package interop_test

import (
	"fmt"
	"testing"

	"github.com/sluicemq/sluice/bridge/interop/driver"
)

const (
	deadAttempts = 2
	redrive      = `{"maxReceiveCount":"2","deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:%s"}`
)

// testDeadLetter gives a message back in one dialect until its queue gives it up, and
// receives the dead letter in another.
func (s *suite) testDeadLetter(t *testing.T) {
	for i, c := range []crossing{
		{driver.STOMP, driver.NATS}, {driver.NATS, driver.SQS}, {driver.SQS, driver.STOMP},
	} {
		t.Run(c.String(), func(t *testing.T) {
			s.deadLetter(t, c, i)
		})
	}
}

func (s *suite) deadLetter(t *testing.T, c crossing, i int) {
	ctx, queue, dead := t.Context(), "work-"+c.from, "dead-"+c.from
	s.createQueue(t, dead, nil)
	s.createQueue(t, queue, map[string]string{"RedrivePolicy": fmt.Sprintf(redrive, dead)})
	if err := s.turn(i).produce(ctx, s.addrs, c.from, queue, once(c.from)); err != nil {
		t.Fatal(err)
	}
	for attempt := 1; attempt <= deadAttempts; attempt++ {
		if _, err := s.consumeOnce(ctx, s.turn(i), c.from, queue, attempt, driver.Nack); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.turn(i+1).consume(ctx, s.addrs, c.to, dead, 1, driver.Ack)
	if err != nil {
		t.Fatal(err)
	}
	said, err := read(c.to, got[0])
	if err != nil {
		t.Fatal(err)
	}
	if d := difference(deadSample(c, queue), said); d != "" {
		t.Error(d)
	}
	for _, q := range []string{queue, dead} {
		if err := s.checkEmpty(ctx, q, s.turn(i)); err != nil {
			t.Error(err)
		}
	}
}

// deadSample is what a consumer of the dead-letter queue sees: the message, and what
// the server says of its death.
func deadSample(c crossing, queue string) sample {
	m := sample{body: "from " + c.from, properties: map[string]property{"n": {"1", "int"}}}
	reason, attempts := property{"attempts", "string"}, property{"2", "string"}
	switch c.to {
	case driver.STOMP:
		m.properties["original-destination"] = property{"/queue/" + queue, "string"}
		m.properties["sluice-dead-queue"] = property{queue, "string"}
		m.properties["sluice-dead-reason"], m.properties["sluice-dead-attempts"] = reason, attempts
	case driver.NATS:
		m.properties["Sluice-Dead-Queue"] = property{queue, "string"}
		m.properties["Sluice-Dead-Reason"], m.properties["Sluice-Dead-Attempts"] = reason, attempts
	case driver.SQS: // the reason is the only one that SQS knows
		m.properties["DeadLetterQueueSourceArn"] = property{"arn:aws:sqs:us-east-1:000000000000:" + queue, "string"}
	}
	return m
}
