package workload

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/sluicemq/sluice/bridge/torture/ledger"
)

const (
	orderSenders   = 2
	orderReceivers = 4
	groupsEach     = 12 // of a sender
	batchEntries   = 10 // SendMessageBatch, ReceiveMessage, DeleteMessageBatch
)

// newSQS returns a client that asks once: what is asked twice may be done twice.
func newSQS(addr string) *sqs.Client {
	return sqs.New(sqs.Options{
		Region: "us-east-1", BaseEndpoint: aws.String("http://" + addr), Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider("torture", "torture", ""),
		HTTPClient:  plainBodies{awshttp.NewBuildableClient()},
	})
}

// plainBodies hides the WriteTo method of the SDK's request bodies, which
// returns io.EOF once the SDK has closed them, where it should return nil. Then
// net/http cuts the connection of an answer that came early (smithy-go v1.28.9).
type plainBodies struct{ sqs.HTTPClient }

func (c plainBodies) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil && r.Body != http.NoBody {
		r.Body = struct{ io.ReadCloser }{r.Body}
	}
	return c.HTTPClient.Do(r)
}

// setup makes the queues that SQS makes.
func (r *run) setup(ctx context.Context) error {
	api := newSQS(r.at.SQS)
	for name, attributes := range map[string]map[string]string{
		workQueue:   nil,
		ordersQueue: {"FifoQueue": "true"},
	} {
		if _, err := api.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: &name, Attributes: attributes}); err != nil {
			return err
		}
	}
	return nil
}

// sqsQueue is one queue of a client.
type sqsQueue struct {
	*sqs.Client
	url *string
}

func openSQS(ctx context.Context, addr, queue string) (*sqsQueue, error) {
	api := newSQS(addr)
	found, err := api.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &queue})
	if err != nil {
		return nil, err
	}
	return &sqsQueue{api, found.QueueUrl}, nil
}

// sendSQS sends batches, of which some messages are delayed.
func (r *run) sendSQS(ctx context.Context, rnd *rand.Rand) error {
	q, err := openSQS(ctx, r.at.SQS, workQueue)
	for err == nil && ctx.Err() == nil {
		r.breathe(ctx, workQueue)
		list := make([]resend, batchEntries)
		sends := make([]ledger.Send, batchEntries)
		for i := range list {
			list[i].size = size(rnd)
			if rnd.IntN(20) == 0 {
				list[i].due = time.Now().Add(time.Duration(1+rnd.IntN(3)) * time.Second)
			}
			sends[i] = ledger.Send{Queue: workQueue, By: bySQS, Due: list[i].due}
		}
		for i, id := range r.ledger.Sending(sends...) {
			list[i].id = id
		}
		_, err = r.sendBatch(ctx, q, list)
	}
	return err
}

// sendBatch sends one batch, and returns what was confirmed of it.
func (r *run) sendBatch(ctx context.Context, q *sqsQueue, list []resend) (map[ledger.ID]bool, error) {
	in := &sqs.SendMessageBatchInput{QueueUrl: q.url}
	for i := range list {
		in.Entries = append(in.Entries, entry(&list[i]))
	}
	out, err := q.SendMessageBatch(ctx, in)
	if err != nil {
		return nil, err
	}
	confirmed := make(map[ledger.ID]bool, len(list))
	for _, s := range out.Successful {
		id, err := strconv.ParseUint(*s.Id, 10, 64)
		if err != nil {
			return confirmed, fmt.Errorf("an answer of SendMessageBatch: %w", err)
		}
		confirmed[ledger.ID(id)] = true
		r.ledger.Sent(ledger.ID(id))
	}
	if len(out.Failed) > 0 {
		return confirmed, fmt.Errorf("an entry of SendMessageBatch: %s", aws.ToString(out.Failed[0].Message))
	}
	return confirmed, nil
}

func entry(m *resend) types.SendMessageBatchRequestEntry {
	id := strconv.FormatUint(uint64(m.id), 10)
	e := types.SendMessageBatchRequestEntry{Id: &id, MessageBody: aws.String(string(body(m.id, m.size)))}
	if m.group != "" {
		e.MessageGroupId, e.MessageDeduplicationId = &m.group, &id
	}
	if !m.due.IsZero() {
		// A delay is whole seconds, counted from when the server has the request.
		e.DelaySeconds = int32(time.Until(m.due)/time.Second) + 1
	}
	return e
}

// sendOrders sends to groups that only this sender knows, in order: what was not
// answered goes first.
func (r *run) sendOrders(sender int) func(context.Context, *rand.Rand) error {
	return func(ctx context.Context, rnd *rand.Rand) error {
		mine := &r.orders[sender]
		q, err := openSQS(ctx, r.at.SQS, ordersQueue)
		if err == nil {
			err = r.resendOrders(ctx, q, mine)
		}
		for err == nil && ctx.Err() == nil {
			r.breathe(ctx, ordersQueue)
			err = r.sendOrderBatch(ctx, q, mine, r.newOrders(sender, rnd))
		}
		return err
	}
}

func (r *run) resendOrders(ctx context.Context, q *sqsQueue, mine *resends) (err error) {
	list := mine.take(r.ledger)
	for len(list) > 0 {
		n := min(batchEntries, len(list))
		for _, m := range list[:n] {
			r.ledger.Retrying(m.id)
		}
		if err == nil {
			err = r.sendOrderBatch(ctx, q, mine, list[:n])
		} else {
			mine.remember(r.ledger, list[:n], nil)
		}
		list = list[n:]
	}
	return err
}

func (r *run) sendOrderBatch(ctx context.Context, q *sqsQueue, mine *resends, list []resend) error {
	confirmed, err := r.sendBatch(ctx, q, list)
	mine.remember(r.ledger, list, confirmed)
	return err
}

func (r *run) newOrders(sender int, rnd *rand.Rand) []resend {
	list := make([]resend, batchEntries)
	sends := make([]ledger.Send, batchEntries)
	for i := range list {
		group := fmt.Sprintf("customer-%d-%d", sender, rnd.IntN(groupsEach))
		list[i] = resend{group: group, size: 60 + rnd.IntN(80), first: time.Now()}
		sends[i] = ledger.Send{Queue: ordersQueue, By: bySQS, Group: group, Dedup: true}
	}
	for i, id := range r.ledger.Sending(sends...) {
		list[i].id = id
	}
	return list
}

// receiveSQS receives and deletes in batches. Some messages are given back or
// neglected, and with them what came behind them, which may be of the same group.
func (r *run) receiveSQS(queue string, lease time.Duration) func(context.Context, *rand.Rand) error {
	return func(ctx context.Context, rnd *rand.Rand) error {
		q, err := openSQS(ctx, r.at.SQS, queue)
		for err == nil && ctx.Err() == nil {
			err = r.receiveBatch(ctx, q, queue, lease, rnd)
		}
		return err
	}
}

func (r *run) receiveBatch(ctx context.Context, q *sqsQueue, queue string, lease time.Duration, rnd *rand.Rand) error {
	asked := time.Now()
	out, err := q.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: q.url, MaxNumberOfMessages: batchEntries, WaitTimeSeconds: 1, VisibilityTimeout: int32(lease / time.Second),
	})
	if err != nil {
		return err
	}
	batch := rnd.Uint64() | 1
	var held []ledger.Held
	var handles []*string
	for i := range out.Messages {
		m := &out.Messages[i]
		h, ok := r.delivered(&arrival{
			queue: queue, by: bySQS, name: *m.MessageId, body: []byte(*m.Body), batch: batch, asked: asked, lease: lease,
		})
		if ok {
			held, handles = append(held, h), append(handles, m.ReceiptHandle)
		}
	}
	keep := len(held)
	if keep > 0 && r.careless(rnd, 8) {
		keep = rnd.IntN(keep)
	}
	if err := r.deleteSQS(ctx, q, held[:keep], handles[:keep]); err != nil || rnd.IntN(4) == 0 {
		return err // the rest is neglected, until its lease ends
	}
	return r.nackSQS(ctx, q, held[keep:], handles[keep:])
}

func (r *run) deleteSQS(ctx context.Context, q *sqsQueue, held []ledger.Held, handles []*string) error {
	if len(held) == 0 {
		return nil
	}
	in := &sqs.DeleteMessageBatchInput{QueueUrl: q.url}
	for i, h := range handles {
		in.Entries = append(in.Entries, types.DeleteMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: h})
	}
	r.ledger.Acking(held...)
	out, err := q.DeleteMessageBatch(ctx, in)
	if err != nil {
		return err
	}
	for _, s := range out.Successful {
		i, err := strconv.Atoi(*s.Id)
		if err != nil || i < 0 || i >= len(held) {
			return fmt.Errorf("an answer of DeleteMessageBatch for %q", *s.Id)
		}
		r.ledger.Acked(held[i])
	}
	if len(out.Failed) > 0 {
		return fmt.Errorf("an entry of DeleteMessageBatch: %s", aws.ToString(out.Failed[0].Message))
	}
	return nil
}

// nackSQS gives messages back, the last one first: a group goes on when its
// first message may.
func (r *run) nackSQS(ctx context.Context, q *sqsQueue, held []ledger.Held, handles []*string) error {
	if len(held) == 0 {
		return nil
	}
	in := &sqs.ChangeMessageVisibilityBatchInput{QueueUrl: q.url}
	for i := len(handles) - 1; i >= 0; i-- {
		in.Entries = append(in.Entries, types.ChangeMessageVisibilityBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: handles[i]})
	}
	r.ledger.Nacking(held...)
	_, err := q.ChangeMessageVisibilityBatch(ctx, in) // a lease that has ended fails its entry, and is as good
	return err
}

// purge fills a queue and purges it.
func (r *run) purge(ctx context.Context, rnd *rand.Rand) error {
	js, done, err := openNATS(ctx, r.at.NATS)
	if err != nil {
		return err
	}
	defer done()
	q, err := openSQS(ctx, r.at.SQS, purgeQueue)
	for err == nil && ctx.Err() == nil {
		for len(r.purged) < purgeAtOnce && err == nil && ctx.Err() == nil {
			list := r.newNumbers(purgeQueue, purgeWindow, func() int { return 60 + rnd.IntN(80) })
			for i := range list {
				r.purged = append(r.purged, list[i].id)
			}
			_, err = r.publish(ctx, js, purgeQueue, list)
		}
		if err == nil && ctx.Err() == nil {
			err = r.purgeOnce(ctx, q)
		}
	}
	return err
}

// purgeAtOnce is how many messages a purge removes, each with an id that the server
// knows: it needs several rounds to sweep up after that. purgeWindow of them are under way.
const (
	purgeAtOnce = 6_000
	purgeWindow = 500
)

func (r *run) purgeOnce(ctx context.Context, q *sqsQueue) error {
	u := r.ledger.Purging(slices.Clone(r.purged)...)
	if _, err := q.PurgeQueue(ctx, &sqs.PurgeQueueInput{QueueUrl: q.url}); err != nil {
		return err
	}
	r.ledger.Done(u)
	r.purged = nil
	return nil
}
