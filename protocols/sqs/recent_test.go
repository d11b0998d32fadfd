package sqs_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/sluicemq/sluice/protocols/sqs"
)

// One purge of a queue in 60 seconds, when that is asked for; another queue may be purged.
func TestPurgeInterval(t *testing.T) {
	clock := newClock()
	c := start(t, sqs.Options{Now: clock.now, PurgeInterval: time.Minute}).client()
	made(t, c, "other", nil)
	url := made(t, c, "q", nil)
	purge := func(url *string) error {
		_, err := c.PurgeQueue(t.Context(), &awssqs.PurgeQueueInput{QueueUrl: url})
		return err
	}
	for _, url := range []*string{url, aws.String("other")} {
		if err := purge(url); err != nil {
			t.Error(err)
		}
	}
	clock.ns.Add(int64(59 * time.Second))
	err := purge(url)
	if as[*types.PurgeQueueInProgress](t, err); !strings.Contains(err.Error(), "Only one PurgeQueue operation on q is allowed every 60 seconds.") {
		t.Error(err)
	}
	clock.ns.Add(int64(time.Second))
	if err := purge(url); err != nil {
		t.Error(err)
	}
}

// A queue is not made again for 60 seconds after it was deleted, when that is asked for.
func TestRecreateDelay(t *testing.T) {
	clock := newClock()
	c := start(t, sqs.Options{Now: clock.now, RecreateDelay: time.Minute}).client()
	create := func() error {
		_, err := c.CreateQueue(t.Context(), &awssqs.CreateQueueInput{QueueName: aws.String("q")})
		return err
	}
	for range 2 { // it is there the second time
		if err := create(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.DeleteQueue(t.Context(), &awssqs.DeleteQueueInput{QueueUrl: aws.String("q")}); err != nil {
		t.Fatal(err)
	}
	clock.ns.Add(int64(59 * time.Second))
	err := create()
	if as[*types.QueueDeletedRecently](t, err); !strings.Contains(err.Error(), "You must wait 60 seconds after deleting a queue before you can create another with the same name.") {
		t.Error(err)
	}
	clock.ns.Add(int64(time.Second))
	if err := create(); err != nil {
		t.Error(err)
	}
}
