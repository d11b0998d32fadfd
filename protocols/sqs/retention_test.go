package sqs_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/sluicemq/sluice/protocols/sqs"
)

// In a standard dead-letter queue the age of a message counts from when it was sent, in
// a FIFO one from when it came there.
// SQS developer guide, "Understanding message retention periods for dead-letter queues".
func TestRetentionOfDeadLetters(t *testing.T) {
	for suffix, gone := range map[string]time.Duration{"": 120 * time.Second, ".fifo": 170 * time.Second} {
		bubble(t, sqs.Options{}, func(t *testing.T, h *house) {
			c := h.client()
			queue := func(name string, attributes map[string]string) *string {
				if suffix != "" {
					attributes["FifoQueue"] = "true"
				}
				return made(t, c, name+suffix, attributes)
			}
			queue("dead", map[string]string{"MessageRetentionPeriod": "120"})
			url := queue("q", map[string]string{"VisibilityTimeout": "50", "RedrivePolicy": `{"maxReceiveCount":1,"deadLetterTargetArn":"` + arn + "dead" + suffix + `"}`})
			in := &awssqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("x")}
			if suffix != "" {
				in.MessageGroupId, in.MessageDeduplicationId = aws.String("g"), aws.String("d")
			}
			begin := time.Now()
			if _, err := c.SendMessage(t.Context(), in); err != nil {
				t.Fatal(err)
			}
			received(t, c, awssqs.ReceiveMessageInput{QueueUrl: url})
			time.Sleep(51 * time.Second) // of the bubble's time
			received(t, c, awssqs.ReceiveMessageInput{QueueUrl: url})
			for _, after := range []time.Duration{-1, 2} {
				time.Sleep(time.Until(begin.Add(gone + after*time.Second)))
				if left := h.ready("dead"+suffix) == 1; left != (after < 0) {
					t.Errorf("dead%s %v after the send: %v", suffix, time.Since(begin), left)
				}
			}
		})
	}
}
