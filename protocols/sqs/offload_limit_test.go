package sqs_test

import (
	"strings"
	"testing"

	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/sluicemq/sluice/protocols/payload/payloadtest"
	"github.com/sluicemq/sluice/protocols/sqs"
)

// What an SQS client has sent whole comes out whole, also of a queue whose limit is lower:
// the one who receives it need not know of pointers.
func TestSQSMessagesAreNotOffloaded(t *testing.T) {
	p := &payloadtest.Payloads{}
	h := start(t, sqs.Options{Payloads: p})
	c := h.client()
	small := map[string]string{"MaximumMessageSize": "1024"}
	dead := made(t, c, "dead", small)
	url := made(t, c, "a", map[string]string{"RedrivePolicy": `{"deadLetterTargetArn":"` + arn + `dead","maxReceiveCount":1}`})
	body := strings.Repeat("x", 1<<20)
	if _, err := c.SendMessage(t.Context(), &awssqs.SendMessageInput{QueueUrl: url, MessageBody: &body}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.SetQueueAttributes(t.Context(), &awssqs.SetQueueAttributesInput{QueueUrl: url, Attributes: small}); err != nil {
		t.Fatal(err)
	}
	m := h.take(c, url)
	if *m.Body != body {
		t.Errorf("of a queue with a limit that was lowered: %.100s", *m.Body)
	}
	h.showAgain(c, url, m.ReceiptHandle)
	if m := h.take(c, dead); *m.Body != body {
		t.Errorf("of a dead-letter queue: %.100s", *m.Body)
	}
	if p.Len() != 0 {
		t.Errorf("%d objects", p.Len())
	}
}
