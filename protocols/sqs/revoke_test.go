package sqs_test

import (
	"testing"
	"testing/synctest"
	"time"

	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/sluicemq/sluice/bridge/auth"
	"github.com/sluicemq/sluice/protocols/sqs"
)

// A long poll of a key that nobody knows any more ends, and gets nothing of what comes then.
func TestLongPollOfARevokedKey(t *testing.T) {
	known := auth.New([]auth.Key{{ID: "AKID", User: "anna", Secret: secretOf(t, "SECRET")}})
	bubble(t, sqs.Options{Auth: known}, func(t *testing.T, h *house) {
		c := h.client()
		url := made(t, c, "q", nil)
		begun := time.Now()
		w := waiter(t.Context(), t, c, awssqs.ReceiveMessageInput{QueueUrl: url, WaitTimeSeconds: 20})
		synctest.Wait()
		known.Replace(auth.Set{})
		if got := <-w; len(got) != 0 || time.Since(begun) != 0 {
			t.Errorf("%+v after %v", got, time.Since(begun))
		}
	})
}
