package sqs_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/sluicemq/sluice/protocols/sqs"
	"github.com/sluicemq/sluice/queuecore"
)

// A queue that SQS clients make has at most 120,000 messages in flight. Over its bound a
// short poll of a standard queue is told so; a FIFO queue hands out nothing.
func TestInFlightLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := openPiped(t, sqs.Options{})
		defer h.close()
		for _, name := range []string{"q", "q.fifo"} {
			h.overLimit(t, name)
		}
	})
}

// overLimit has a queue be at its bound, and looks at what its receivers are told.
func (h *house) overLimit(t *testing.T, name string) {
	t.Helper()
	c := h.client()
	in := &awssqs.CreateQueueInput{QueueName: &name}
	send := &awssqs.SendMessageInput{QueueUrl: &name, MessageBody: aws.String("x")}
	if strings.HasSuffix(name, ".fifo") {
		in.Attributes = map[string]string{"FifoQueue": "true", "ContentBasedDeduplication": "true"}
		send.MessageGroupId = aws.String("g")
	}
	if _, err := c.CreateQueue(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	if q, err := h.broker.Queue(name); err != nil || q.Config.MaxInFlight != 120_000 {
		t.Errorf("%+v, %v", q.Config, err)
	}
	_, err := h.broker.UpdateQueue(t.Context(), name, func(c *queuecore.QueueConfig) error { c.MaxInFlight = 1; return nil })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.SendMessage(t.Context(), send); err != nil {
		t.Fatal(err)
	}
	if m := received(t, c, awssqs.ReceiveMessageInput{QueueUrl: &name}); len(m) != 1 {
		t.Fatalf("%+v", m)
	}
	_, err = c.ReceiveMessage(t.Context(), &awssqs.ReceiveMessageInput{QueueUrl: &name})
	if name == "q" {
		if as[*types.OverLimit](t, err); code(err) != "OverLimit" {
			t.Error(err)
		}
	} else if err != nil {
		t.Error(err)
	}
	if _, err = c.ReceiveMessage(t.Context(), &awssqs.ReceiveMessageInput{QueueUrl: &name, WaitTimeSeconds: 1}); err != nil {
		t.Errorf("long poll: %v", err)
	}
}
