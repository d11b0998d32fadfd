package sqs_test

import (
	"fmt"
	"testing"
	"time"

	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/sluicemq/sluice/protocols/sqs"
	"github.com/sluicemq/sluice/queuecore"
)

// What another dialect gave back with a delay is not visible; delayed is what nobody has received yet.
func TestRestingIsNotVisible(t *testing.T) {
	h := start(t, sqs.Options{})
	c := h.client()
	url := made(t, c, "a", nil)
	for _, delay := range []int32{0, 0, 900} {
		body := "x"
		if _, err := c.SendMessage(t.Context(), &awssqs.SendMessageInput{QueueUrl: url, MessageBody: &body, DelaySeconds: delay}); err != nil {
			t.Fatal(err)
		}
	}
	held, err := h.broker.Receive(t.Context(), "a", queuecore.ReceiveOptions{Max: 2, Lease: queuecore.LeaseFor(time.Hour)})
	if err != nil || len(held) != 2 {
		t.Fatal(held, err)
	}
	if _, err := h.broker.Commit(t.Context(), queuecore.Tx{Nacks: []queuecore.Nack{{Receipt: held[0].Receipt, Delay: time.Hour}}}); err != nil {
		t.Fatal(err)
	}
	out, err := c.GetQueueAttributes(t.Context(), &awssqs.GetQueueAttributesInput{QueueUrl: url, AttributeNames: []types.QueueAttributeName{"All"}})
	if err != nil {
		t.Fatal(err)
	}
	const counts = "ApproximateNumberOfMessages"
	got := fmt.Sprint(out.Attributes[counts], out.Attributes[counts+"NotVisible"], out.Attributes[counts+"Delayed"])
	if want := fmt.Sprint("0", "2", "1"); got != want {
		t.Errorf("visible, not visible, delayed are %s, want %s", got, want)
	}
}
