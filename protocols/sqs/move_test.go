package sqs_test

import (
	"encoding/base64"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/sqs"
	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
)

const arn = "arn:aws:sqs:us-east-1:000000000000:"

// taskHandle is that of a move from a queue that was never started.
func taskHandle(queue string) string {
	return base64.StdEncoding.EncodeToString([]byte(`{"taskId":"x","sourceArn":"` + arn + queue + `"}`))
}

// dead makes the queue work, its dead-letter queue dead, and puts bodies there.
func dead(t *testing.T, h *house, c *awssqs.Client, bodies ...string) {
	t.Helper()
	made(t, c, "dead", nil)
	work := made(t, c, "work", map[string]string{"VisibilityTimeout": "0", "RedrivePolicy": `{"deadLetterTargetArn":"` + arn + `dead","maxReceiveCount":1}`})
	for _, body := range bodies {
		sent(t, c, work, body)
		received(t, c, awssqs.ReceiveMessageInput{QueueUrl: work})
	}
	h.await(func() bool { return h.ready("dead") == len(bodies) })
}

// clock is a time that stands still until a test moves it on.
type clock struct{ ns atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.ns.Store(1e18)
	return c
}

func (c *clock) now() time.Time { return time.Unix(0, c.ns.Load()) }

func (h *house) ready(queue string) int {
	h.t.Helper()
	s, err := h.broker.Stats(h.t.Context(), queue)
	if err != nil {
		h.t.Fatal(err)
	}
	return s.Ready
}

// lastMove is the latest move from a queue.
func lastMove(t *testing.T, c *awssqs.Client) types.ListMessageMoveTasksResultEntry {
	t.Helper()
	out, err := c.ListMessageMoveTasks(t.Context(), &awssqs.ListMessageMoveTasksInput{SourceArn: aws.String(arn + "dead")})
	if err != nil || len(out.Results) != 1 {
		t.Fatalf("%+v, %v", out, err)
	}
	return out.Results[0]
}

func TestClientMoves(t *testing.T) {
	h := start(t, sqs.Options{Now: newClock().now})
	c := h.client()
	dead(t, h, c, "one", "two")
	in := &awssqs.StartMessageMoveTaskInput{SourceArn: aws.String(arn + "dead"), MaxNumberOfMessagesPerSecond: aws.Int32(1)}
	out, err := c.StartMessageMoveTask(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.StartMessageMoveTask(t.Context(), in)
	if as[*types.UnsupportedOperation](t, err); code(err) != "AWS.SimpleQueueService.UnsupportedOperation" {
		t.Errorf("a second one: %v", err)
	}
	h.await(func() bool { return h.ready("work") == 1 })
	v := lastMove(t, c)
	if *v.TaskHandle != *out.TaskHandle || *v.Status != "RUNNING" || v.ApproximateNumberOfMessagesMoved != 1 || *v.ApproximateNumberOfMessagesToMove != 2 ||
		*v.MaxNumberOfMessagesPerSecond != 1 || *v.SourceArn != arn+"dead" || v.DestinationArn != nil || v.FailureReason != nil || v.StartedTimestamp == 0 {
		t.Errorf("%+v", v)
	}
	end, err := c.CancelMessageMoveTask(t.Context(), &awssqs.CancelMessageMoveTaskInput{TaskHandle: out.TaskHandle})
	if err != nil || end.ApproximateNumberOfMessagesMoved != 1 {
		t.Errorf("%+v, %v", end, err)
	}
	if v = lastMove(t, c); *v.Status != "CANCELLED" || v.TaskHandle != nil {
		t.Errorf("%+v", v)
	}
	_, err = c.CancelMessageMoveTask(t.Context(), &awssqs.CancelMessageMoveTaskInput{TaskHandle: out.TaskHandle})
	if as[*types.ResourceNotFoundException](t, err); code(err) != "ResourceNotFoundException" {
		t.Errorf("once more: %v", err)
	}
	m := received(t, c, awssqs.ReceiveMessageInput{QueueUrl: aws.String("work"), MessageSystemAttributeNames: all()})
	if len(m) != 1 || *m[0].Body != "one" || m[0].Attributes["ApproximateReceiveCount"] != "2" || m[0].Attributes["DeadLetterQueueSourceArn"] != "" {
		t.Errorf("%+v", m)
	}
}

// A move goes on after a restart, under the same handle.
func TestMoveOutlivesServer(t *testing.T) {
	clock, disk := newClock(), memstore.New()
	l, dial := port(t)
	h := openOn(t, disk, sqs.Options{Now: clock.now, Limits: unhurried(sqs.Limits{})}, l, dial)
	c := h.client()
	dead(t, h, c, "one", "two", "three")
	made(t, c, "other", nil)
	out, err := c.StartMessageMoveTask(t.Context(), &awssqs.StartMessageMoveTaskInput{
		SourceArn: aws.String(arn + "dead"), DestinationArn: aws.String(arn + "other"), MaxNumberOfMessagesPerSecond: aws.Int32(1),
	})
	if err != nil {
		t.Fatal(err)
	}
	h.close()
	l, dial = port(t)
	h = openOn(t, disk.Reopen(), sqs.Options{Now: clock.now, Limits: unhurried(sqs.Limits{})}, l, dial)
	t.Cleanup(h.close)
	c = h.client()
	if v := lastMove(t, c); *v.Status != "RUNNING" || *v.TaskHandle != *out.TaskHandle || *v.DestinationArn != arn+"other" {
		t.Errorf("%+v", v)
	}
	h.await(func() bool { return h.ready("other") == 2 })
	clock.ns.Add(1e9)
	h.await(func() bool { return h.ready("other") == 3 })
	if v := lastMove(t, c); *v.Status != "COMPLETED" || v.ApproximateNumberOfMessagesMoved != 3 || v.TaskHandle != nil {
		t.Errorf("%+v", v)
	}
}

// Who starts a move must be allowed to send to where the messages go.
func TestMoveNeedsSend(t *testing.T) {
	h := start(t, sqs.Options{Auth: keyring{"": {}, "AKID": {protocols.Receive: true}}})
	for name, config := range map[string]queuecore.QueueConfig{"q": {}, "r": {MaxAttempts: 1, DeadLetter: "q"}} {
		if _, err := h.broker.CreateQueue(t.Context(), name, config); err != nil {
			t.Fatal(err)
		}
	}
	for _, destination := range []*string{nil, aws.String(arn + "r")} {
		_, err := h.client().StartMessageMoveTask(t.Context(), &awssqs.StartMessageMoveTaskInput{SourceArn: aws.String(arn + "q"), DestinationArn: destination})
		if code(err) != "AccessDenied" {
			t.Errorf("%v", err)
		}
	}
}
