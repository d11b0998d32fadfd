package golang

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/sluicemq/sluice/bridge/interop/driver"
	"github.com/sluicemq/sluice/bridge/interop/rig"
)

const (
	batchEntries = 10      // SendMessageBatch
	batchBytes   = 500_000 // well below the limit of a batch, with room for attributes
	longestPoll  = 20 * time.Second
)

type sqsClient struct {
	*sqs.Client
	urls map[string]string // by queue name
}

func newSQS(addr string) *sqsClient {
	return &sqsClient{urls: make(map[string]string), Client: sqs.New(sqs.Options{
		BaseEndpoint: aws.String("http://" + addr),
		Region:       "us-east-1",
		Credentials:  credentials.NewStaticCredentialsProvider("interop", "interop", ""),
		HTTPClient:   rig.PatientSQS(), RetryMaxAttempts: 1,
	})}
}

// url returns the URL of a queue, which is made if it is not there.
func (c *sqsClient) url(ctx context.Context, queue string) (*string, error) {
	if u, ok := c.urls[queue]; ok {
		return &u, nil
	}
	found, err := c.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &queue})
	var missing *types.QueueDoesNotExist
	if errors.As(err, &missing) {
		var made *sqs.CreateQueueOutput
		if made, err = c.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: &queue}); err == nil {
			found = &sqs.GetQueueUrlOutput{QueueUrl: made.QueueUrl}
		}
	}
	if err != nil {
		return nil, fmt.Errorf("queue URL: %w", err)
	}
	c.urls[queue] = *found.QueueUrl
	return found.QueueUrl, nil
}

func (c *sqsClient) produce(ctx context.Context, queue string, messages []driver.Message) error {
	url, err := c.url(ctx, queue)
	if err != nil {
		return err
	}
	for done := 0; done < len(messages); {
		entries := sqsBatch(messages[done:])
		out, err := c.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: url, Entries: entries})
		if err == nil && len(out.Failed) > 0 {
			err = fmt.Errorf("%s: %s", *out.Failed[0].Code, aws.ToString(out.Failed[0].Message))
		}
		if err != nil {
			return fmt.Errorf("message %d of %d: %w", done, len(messages), err)
		}
		done += len(entries)
	}
	return nil
}

// sqsBatch makes one batch of as many messages as it may hold.
func sqsBatch(messages []driver.Message) (entries []types.SendMessageBatchRequestEntry) {
	size := 0
	for i, m := range messages {
		size += len(m.Body)
		if i == batchEntries || i > 0 && size > batchBytes {
			break
		}
		e := types.SendMessageBatchRequestEntry{
			Id:                aws.String(strconv.Itoa(i)),
			MessageBody:       aws.String(string(m.Body)),
			MessageAttributes: sqsAttributes(m.Attributes),
		}
		if m.Group != "" {
			e.MessageGroupId = &m.Group
		}
		if m.DedupID != "" {
			e.MessageDeduplicationId = &m.DedupID
		}
		entries = append(entries, e)
	}
	return entries
}

func sqsAttributes(list []driver.Attribute) map[string]types.MessageAttributeValue {
	attributes := make(map[string]types.MessageAttributeValue, len(list))
	for _, a := range list {
		v := types.MessageAttributeValue{DataType: &a.DataType}
		if strings.HasPrefix(a.DataType, "Binary") {
			v.BinaryValue = a.Binary
		} else {
			v.StringValue = &a.Text
		}
		attributes[a.Name] = v
	}
	return attributes
}

func (c *sqsClient) consume(ctx context.Context, queue string, n int, settle string) ([]driver.Message, error) {
	url, err := c.url(ctx, queue)
	if err != nil {
		return nil, err
	}
	var messages []driver.Message
	for len(messages) < n {
		batch, err := c.receive(ctx, url, n-len(messages))
		messages = append(messages, batch...)
		if err == nil {
			err = c.settleBatch(ctx, url, batch, settle)
		}
		if err = errors.Join(err, ctx.Err()); err != nil {
			return messages, fmt.Errorf("%d of %d came: %w", len(messages), n, err)
		}
	}
	return messages, nil
}

func (c *sqsClient) receive(ctx context.Context, url *string, n int) ([]driver.Message, error) {
	wait := longestPoll
	if at, ok := ctx.Deadline(); ok {
		wait = max(0, min(wait, time.Until(at)))
	}
	out, err := c.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl:                    url,
		MaxNumberOfMessages:         int32(min(n, batchEntries)),
		WaitTimeSeconds:             int32(wait / time.Second),
		MessageAttributeNames:       []string{"All"},
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll},
	})
	if err != nil {
		return nil, err
	}
	messages := make([]driver.Message, len(out.Messages))
	for i := range out.Messages {
		messages[i] = showSQS(&out.Messages[i])
	}
	return messages, nil
}

func showSQS(m *types.Message) driver.Message {
	shown := driver.Message{
		Body:    []byte(aws.ToString(m.Body)),
		Handle:  aws.ToString(m.ReceiptHandle),
		Group:   m.Attributes["MessageGroupId"],
		DedupID: m.Attributes["MessageDeduplicationId"],
		System:  m.Attributes,
	}
	shown.Attempt, _ = strconv.Atoi(m.Attributes["ApproximateReceiveCount"]) // 0 says that there is none
	for name, v := range m.MessageAttributes {
		shown.Attributes = append(shown.Attributes, driver.Attribute{
			Name: name, DataType: aws.ToString(v.DataType), Text: aws.ToString(v.StringValue), Binary: v.BinaryValue,
		})
	}
	return shown
}

func (c *sqsClient) settleBatch(ctx context.Context, url *string, batch []driver.Message, how string) error {
	handles := make([]string, len(batch))
	for i := range batch {
		handles[i] = batch[i].Handle
	}
	return c.settleHandles(ctx, url, handles, how)
}

func (c *sqsClient) settle(ctx context.Context, queue string, handles []string, how string) error {
	url, err := c.url(ctx, queue)
	if err != nil {
		return err
	}
	return c.settleHandles(ctx, url, handles, how)
}

// settleHandles settles up to ten deliveries.
func (c *sqsClient) settleHandles(ctx context.Context, url *string, handles []string, how string) error {
	switch {
	case len(handles) == 0 || how == driver.Hold:
		return nil
	case how == driver.Nack:
		return c.nack(ctx, url, handles)
	}
	entries := make([]types.DeleteMessageBatchRequestEntry, len(handles))
	for i := range handles {
		entries[i] = types.DeleteMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: &handles[i]}
	}
	out, err := c.DeleteMessageBatch(ctx, &sqs.DeleteMessageBatchInput{QueueUrl: url, Entries: entries})
	if err == nil && len(out.Failed) > 0 {
		err = fmt.Errorf("deleting: %s: %s", *out.Failed[0].Code, aws.ToString(out.Failed[0].Message))
	}
	return err
}

func (c *sqsClient) nack(ctx context.Context, url *string, handles []string) error {
	for i := range handles {
		_, err := c.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{
			QueueUrl: url, ReceiptHandle: &handles[i], VisibilityTimeout: 0,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *sqsClient) count(ctx context.Context, queue string) (n driver.Counts, err error) {
	url, err := c.url(ctx, queue)
	if err != nil {
		return n, err
	}
	out, err := c.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: url, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll},
	})
	if err != nil {
		return n, err
	}
	for name, into := range map[types.QueueAttributeName]*int{
		types.QueueAttributeNameApproximateNumberOfMessages:           &n.Ready,
		types.QueueAttributeNameApproximateNumberOfMessagesNotVisible: &n.Leased,
		types.QueueAttributeNameApproximateNumberOfMessagesDelayed:    &n.Delayed,
	} {
		if *into, err = strconv.Atoi(out.Attributes[string(name)]); err != nil {
			return n, fmt.Errorf("%s: %w", name, err)
		}
	}
	return n, nil
}

func (*sqsClient) close() {}
