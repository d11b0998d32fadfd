package sqs_test

import (
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/sluicemq/sluice/protocols/sqs"
	"github.com/sluicemq/sluice/queuecore/store"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
	"github.com/sluicemq/sluice/queuecore/store/storetest"
)

// onDisk starts a house over a store that can be told to be full or slow.
func onDisk(t *testing.T) (*house, *storetest.Failing) {
	t.Helper()
	disk := storetest.NewFailing(memstore.New())
	l, dial := port(t)
	h := openOn(t, disk, sqs.Options{Limits: unhurried(sqs.Limits{})}, l, dial)
	t.Cleanup(h.close)
	return h, disk
}

// await waits for what the broker finds out by itself.
func (h *house) await(ok func() bool) {
	for !ok() {
		runtime.Gosched()
	}
}

// A full disk is ServiceUnavailable with status 503, which SDKs try again, and the
// text says what is missing; in a batch entry by entry. What waits is received
// and deleted; messages are taken again when there is room.
func TestFullDisk(t *testing.T) {
	h, disk := onDisk(t)
	c := h.client()
	url := made(t, c, "q", nil)
	sent(t, c, url, "kept")
	disk.FailRoom(fmt.Errorf("%w: 3 MiB free, 512 MiB needed", store.ErrNoSpace))
	h.await(func() bool { return h.broker.Err() != nil })
	const why = "disk is nearly full: 3 MiB free, 512 MiB needed"
	_, err := c.SendMessage(t.Context(), &awssqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("refused")})
	var status *awshttp.ResponseError
	if code(err) != "ServiceUnavailable" || !strings.Contains(fmt.Sprint(err), why) ||
		!errors.As(err, &status) || status.HTTPStatusCode() != http.StatusServiceUnavailable {
		t.Errorf("SendMessage: %v", err)
	}
	out, err := c.SendMessageBatch(t.Context(), &awssqs.SendMessageBatchInput{
		QueueUrl: url, Entries: []types.SendMessageBatchRequestEntry{{Id: aws.String("a"), MessageBody: aws.String("refused")}},
	})
	if err != nil || len(out.Failed) != 1 || *out.Failed[0].Code != "ServiceUnavailable" || out.Failed[0].SenderFault ||
		!strings.Contains(*out.Failed[0].Message, why) {
		t.Errorf("SendMessageBatch: %+v, %v", out, err)
	}
	got := received(t, c, awssqs.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: 10})
	if len(got) != 1 || *got[0].Body != "kept" {
		t.Fatalf("received %+v", got)
	}
	if _, err := c.DeleteMessage(t.Context(), &awssqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: got[0].ReceiptHandle}); err != nil {
		t.Error(err)
	}
	disk.Heal()
	h.await(func() bool { return h.broker.Err() == nil })
	sent(t, c, url, "after")
}

// While the disk takes its time a send is not answered, and what needs no disk is.
func TestSlowDisk(t *testing.T) {
	h, disk := onDisk(t)
	c := h.client()
	url := made(t, c, "q", nil)
	gate := disk.HoldSync()
	defer gate.Open()
	answered := make(chan error, 1)
	// Ends when the gate is open.
	go func() {
		_, err := c.SendMessage(t.Context(), &awssqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("x")})
		answered <- err
	}()
	<-gate.Reached
	for range 10 {
		if out, err := c.ListQueues(t.Context(), nil); err != nil || len(out.QueueUrls) != 1 {
			t.Errorf("%+v, %v", out, err)
		}
	}
	select {
	case err := <-answered:
		t.Errorf("answered before the disk had it: %v", err)
	default:
	}
	gate.Open()
	if err := <-answered; err != nil {
		t.Error(err)
	}
}
