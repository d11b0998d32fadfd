package soak

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/nats-io/nats.go/jetstream"
)

// The queues of the load. What nobody accepts goes to deadQueue after a few attempts.
const (
	queueNS     = "soak-nats-stomp"
	queueXS     = "soak-stomp-sqs"
	queueSN     = "soak-sqs-nats"
	queueTx     = "soak-tx"
	deadQueue   = "soak-dead"
	topicStream = "soak-topic"
	topicAll    = "soak.topic.>"
	topicOne    = "soak.topic.one"
	maxReceives = 5
)

// site is what all flows of a run share.
type site struct {
	server  *Server
	sqs     *sqs.Client
	numbers atomic.Int64
}

// build makes the queues.
func build(ctx context.Context, server *Server) (*site, error) {
	s := &site{server: server, sqs: newSQS(server.SQS)}
	dead, err := openQueue(ctx, s, deadQueue, nil)
	if err != nil {
		return nil, err
	}
	attributes, err := s.sqs.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: dead.url, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameQueueArn},
	})
	if err != nil {
		return nil, err
	}
	redrive := map[string]string{"RedrivePolicy": fmt.Sprintf(`{"maxReceiveCount":%d,"deadLetterTargetArn":%q}`,
		maxReceives, attributes.Attributes["QueueArn"])}
	for _, name := range []string{queueNS, queueXS, queueSN, queueTx} {
		if _, err := openQueue(ctx, s, name, redrive); err != nil {
			return nil, err
		}
	}
	return s, s.buildTopic(ctx)
}

func (s *site) buildTopic(ctx context.Context) error {
	c, err := dialNATS(s)
	if err != nil {
		return err
	}
	defer c.close()
	_, err = c.js.CreateStream(ctx, jetstream.StreamConfig{
		Name: topicStream, Subjects: []string{topicAll}, Retention: jetstream.WorkQueuePolicy,
	})
	return err
}

func openNATSToSTOMP(ctx context.Context, s *site, _ int) (flow, error) {
	from, errFrom := newNATSProducer(s, queueNS)
	to, errTo := newSTOMPConsumer(ctx, s, "/queue/"+queueNS, false)
	return join(from, errFrom, to, errTo)
}

func openSTOMPToSQS(ctx context.Context, s *site, _ int) (flow, error) {
	from, errFrom := newSTOMPProducer(ctx, s, "/queue/"+queueXS, false)
	to, errTo := openQueue(ctx, s, queueXS, nil)
	return join(from, errFrom, to, errTo)
}

func openSQSToNATS(ctx context.Context, s *site, _ int) (flow, error) {
	from, errFrom := openQueue(ctx, s, queueSN, nil)
	to, errTo := newNATSConsumer(ctx, s, queueSN)
	return join(from, errFrom, to, errTo)
}

// openFIFO has a queue for each worker, who keeps it in order.
func openFIFO(ctx context.Context, s *site, worker int) (flow, error) {
	q, err := openQueue(ctx, s, fmt.Sprintf("soak-%d.fifo", worker), map[string]string{"FifoQueue": "true"})
	if err != nil {
		return nil, err
	}
	q.group = "orders"
	return &crossing{from: q, to: q, allGood: true}, nil
}

func openTransactions(ctx context.Context, s *site, _ int) (flow, error) {
	from, errFrom := newSTOMPProducer(ctx, s, "/queue/"+queueTx, true)
	to, errTo := newSTOMPConsumer(ctx, s, "/queue/"+queueTx, true)
	return join(from, errFrom, to, errTo)
}

// remove deletes a queue.
func (s *site) remove(ctx context.Context, url string) error {
	_, err := s.sqs.DeleteQueue(ctx, &sqs.DeleteQueueInput{QueueUrl: aws.String(url)})
	return err
}
