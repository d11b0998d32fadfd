package sqs_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/sluicemq/sluice/protocols/sqs"
	"github.com/sluicemq/sluice/queuecore"
)

// sendOf sends the bodies as messages of one tenant, ten at a time; "" is of none.
func sendOf(t *testing.T, c *awssqs.Client, url *string, tenant string, bodies ...string) {
	t.Helper()
	for batch := range slices.Chunk(bodies, 10) {
		in := &awssqs.SendMessageBatchInput{QueueUrl: url}
		for i := range batch {
			e := types.SendMessageBatchRequestEntry{Id: aws.String(fmt.Sprint(i)), MessageBody: &batch[i]}
			if tenant != "" {
				e.MessageGroupId = &tenant
			}
			in.Entries = append(in.Entries, e)
		}
		if out, err := c.SendMessageBatch(t.Context(), in); err != nil || len(out.Failed) > 0 {
			t.Fatal(out, err)
		}
	}
}

// texts returns bodies.
func texts(prefix string, from, to int) (all []string) {
	for i := from; i <= to; i++ {
		all = append(all, fmt.Sprint(prefix, i))
	}
	return all
}

// Developer guide, "Amazon SQS fair queues": one tenant floods a queue and holds many of its
// messages; what another sends then comes with the next receives, and the flood goes on
// in order when there is nothing else.
func TestFairQueue(t *testing.T) {
	h := start(t, sqs.Options{})
	c := h.client()
	url := made(t, c, "jobs", nil)
	sendOf(t, c, url, "flood", texts("f", 1, 2000)...)
	next := func() (bodies []string) {
		for _, m := range received(t, c, awssqs.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: 10}) {
			bodies = append(bodies, *m.Body)
		}
		return bodies
	}
	for i := range 10 {
		if got, want := next(), texts("f", 10*i+1, 10*i+10); !slices.Equal(got, want) {
			t.Fatalf("received %q, want %q", got, want)
		}
	}
	sendOf(t, c, url, "other", texts("o", 1, 4)...)
	sendOf(t, c, url, "", "single")
	want := append(texts("o", 1, 4), "single")
	if got := next(); !slices.Equal(got, append(want, texts("f", 101, 105)...)) {
		t.Errorf("received %q, want %q and then the flood", got, want)
	}
	if got, want := next(), texts("f", 106, 115); !slices.Equal(got, want) {
		t.Errorf("received %q, want %q", got, want)
	}
	s, err := h.broker.Stats(t.Context(), "jobs")
	if want := (queuecore.FairCounts{NoisyGroups: 1, QuietLeased: 5}); err != nil || s.Fair != want {
		t.Errorf("%+v, %v; want %+v", s.Fair, err, want)
	}
}

// Standard queues that SQS clients make are fair from the beginning, and those that they
// made before there were fair groups from the first message with a tenant on. FIFO
// queues, and what other dialects made, stay as they are.
func TestWhatIsFair(t *testing.T) {
	h := start(t, sqs.Options{})
	c := h.client()
	made(t, c, "new", nil)
	made(t, c, "new.fifo", map[string]string{"FifoQueue": "true", "ContentBasedDeduplication": "true"})
	asBefore := queuecore.QueueConfig{
		Lease: 30 * time.Second, Retention: 4 * 24 * time.Hour, DedupWindow: 2 * time.Minute, Labels: map[string]string{"sqs.tag.a": "b"},
	}
	labelled := asBefore
	labelled.Labels = map[string]string{"other": "x"}
	for name, config := range map[string]queuecore.QueueConfig{
		"before": asBefore, "batch": asBefore, "alone": asBefore, "plain": {DedupWindow: 2 * time.Minute}, "labelled": labelled,
	} {
		if _, err := h.broker.CreateQueue(t.Context(), name, config); err != nil {
			t.Fatal(err)
		}
	}
	for _, x := range []struct {
		queue, group string
		batch, fair  bool
	}{
		{"new", "", false, true}, {"new.fifo", "g", false, false},
		{"before", "g", false, true}, {"batch", "g", true, true}, {"alone", "", false, false},
		{"plain", "g", false, false}, {"labelled", "g", false, false},
	} {
		if x.batch {
			sendOf(t, c, &x.queue, x.group, "x")
		} else {
			in := &awssqs.SendMessageInput{QueueUrl: &x.queue, MessageBody: aws.String("x")}
			if x.group != "" {
				in.MessageGroupId = &x.group
			}
			if _, err := c.SendMessage(t.Context(), in); err != nil {
				t.Fatal(err)
			}
		}
		if q, err := h.broker.Queue(x.queue); err != nil || q.Config.FairGroups != x.fair {
			t.Errorf("%s: fair %v, want %v: %v", x.queue, q.Config.FairGroups, x.fair, err)
		}
	}
}
