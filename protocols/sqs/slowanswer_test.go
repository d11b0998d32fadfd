package sqs_test

import (
	"io"
	"testing"
	"time"

	"github.com/sluicemq/sluice/protocols/sqs"
	"github.com/sluicemq/sluice/protocols/tally"
)

// A client that does not take its messages is cut off, which is counted, and they go back to their queue.
func TestSlowAnswerIsCutOff(t *testing.T) {
	count := tally.New()
	bubble(t, sqs.Options{Limits: sqs.Limits{WriteTimeout: time.Second}, Tally: count}, func(t *testing.T, h *house) {
		c := h.client()
		url := made(t, c, "q", nil)
		sent(t, c, url, "hello")
		slow, err := h.dial(t.Context(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		const body = `{"QueueUrl":"http://sqs/000000000000/q"}`
		head := "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-amz-json-1.0\r\nX-Amz-Target: AmazonSQS.ReceiveMessage\r\nContent-Length: 40\r\n\r\n"
		if _, err := io.WriteString(slow, head+body); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if n := count.Counts()["sqs_write_timeout"]; n != 1 {
			t.Errorf("%d counted", n)
		}
		if bodies := <-poll(t, c, url, 0); len(bodies) != 1 {
			t.Errorf("%q", bodies)
		}
		slow.Close()
	})
}
