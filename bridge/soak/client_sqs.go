package soak

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

func newSQS(addr string) *sqs.Client {
	return sqs.New(sqs.Options{
		BaseEndpoint: aws.String("http://" + addr),
		Region:       "us-east-1",
		Credentials:  credentials.NewStaticCredentialsProvider("soak", "soak", ""),
	})
}

// sqsQueue is one queue for one worker, who may send to it and take from it.
type sqsQueue struct {
	judge
	api     *sqs.Client
	url     *string
	group   string        // of a FIFO queue
	numbers *atomic.Int64 // the next dedup id of a FIFO queue
}

func openQueue(ctx context.Context, s *site, name string, attributes map[string]string) (*sqsQueue, error) {
	out, err := s.sqs.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String(name), Attributes: attributes})
	if err != nil {
		return nil, fmt.Errorf("queue %s: %w", name, err)
	}
	return &sqsQueue{api: s.sqs, url: out.QueueUrl, numbers: &s.numbers}, nil
}

func (q *sqsQueue) close() {}

func (q *sqsQueue) send(ctx context.Context, ms []outgoing) error {
	for len(ms) > 0 {
		n := min(len(ms), 10) // SQS, SendMessageBatch: at most 10 entries
		if err := q.sendBatch(ctx, ms[:n]); err != nil {
			return err
		}
		ms = ms[n:]
	}
	return nil
}

func (q *sqsQueue) sendBatch(ctx context.Context, ms []outgoing) error {
	in := &sqs.SendMessageBatchInput{QueueUrl: q.url}
	for i, m := range ms {
		e := types.SendMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), MessageBody: aws.String(m.body)}
		if m.delayed && q.group == "" {
			e.DelaySeconds = int32(delay.Seconds())
		}
		if q.group != "" {
			e.MessageGroupId = aws.String(q.group)
			e.MessageDeduplicationId = aws.String(strconv.FormatInt(q.numbers.Add(1), 10))
		}
		in.Entries = append(in.Entries, e)
	}
	out, err := q.api.SendMessageBatch(ctx, in)
	if err == nil && len(out.Failed) > 0 {
		err = fmt.Errorf("SQS: %s", aws.ToString(out.Failed[0].Message))
	}
	return err
}

func (q *sqsQueue) take(ctx context.Context, n int) error {
	for n > 0 {
		got, err := q.receive(ctx, min(n, 10), 5)
		if err != nil {
			return err
		}
		n -= got
	}
	return nil
}

// receive settles what one call brings and returns how much was deleted.
func (q *sqsQueue) receive(ctx context.Context, most, wait int) (int, error) {
	out, err := q.api.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: q.url, MaxNumberOfMessages: int32(most), WaitTimeSeconds: int32(wait),
	})
	if err != nil || len(out.Messages) == 0 {
		return 0, err
	}
	var gone []types.DeleteMessageBatchRequestEntry
	var back []types.ChangeMessageVisibilityBatchRequestEntry
	for i, m := range out.Messages {
		id := aws.String(strconv.Itoa(i))
		if q.group != "" || q.accepts(aws.ToString(m.Body)) {
			gone = append(gone, types.DeleteMessageBatchRequestEntry{Id: id, ReceiptHandle: m.ReceiptHandle})
		} else {
			back = append(back, types.ChangeMessageVisibilityBatchRequestEntry{Id: id, ReceiptHandle: m.ReceiptHandle})
		}
	}
	return len(gone), errors.Join(q.remove(ctx, gone), q.giveBack(ctx, back))
}

func (q *sqsQueue) remove(ctx context.Context, es []types.DeleteMessageBatchRequestEntry) error {
	if len(es) == 0 {
		return nil
	}
	out, err := q.api.DeleteMessageBatch(ctx, &sqs.DeleteMessageBatchInput{QueueUrl: q.url, Entries: es})
	if err == nil && len(out.Failed) > 0 {
		err = fmt.Errorf("SQS: %s", aws.ToString(out.Failed[0].Message))
	}
	return err
}

func (q *sqsQueue) giveBack(ctx context.Context, es []types.ChangeMessageVisibilityBatchRequestEntry) error {
	if len(es) == 0 {
		return nil
	}
	out, err := q.api.ChangeMessageVisibilityBatch(ctx, &sqs.ChangeMessageVisibilityBatchInput{QueueUrl: q.url, Entries: es})
	if err == nil && len(out.Failed) > 0 {
		err = fmt.Errorf("SQS: %s", aws.ToString(out.Failed[0].Message))
	}
	return err
}

// receiveDead asks for dead letters and waits for none.
func receiveDead(q *sqsQueue) *sqs.ReceiveMessageInput {
	return &sqs.ReceiveMessageInput{QueueUrl: q.url, MaxNumberOfMessages: 10}
}

func deletions(ms []types.Message) []types.DeleteMessageBatchRequestEntry {
	es := make([]types.DeleteMessageBatchRequestEntry, len(ms))
	for i := range ms {
		es[i] = types.DeleteMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: ms[i].ReceiptHandle}
	}
	return es
}
