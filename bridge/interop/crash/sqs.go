package crash

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

type sqsClient struct {
	api *sqs.Client
	url *string
}

// newSQS makes the queue too, with leases that end soon after their holder was killed.
func newSQS(ctx context.Context, addr string) (*sqsClient, error) {
	api := sqs.New(sqs.Options{
		Region: "us-east-1", BaseEndpoint: aws.String("http://" + addr),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "crash", SecretAccessKey: "crash"}, nil
		}),
		Retryer: aws.NopRetryer{}, // a send that is tried again would be there twice, and rightly
	})
	q, err := api.CreateQueue(ctx, &sqs.CreateQueueInput{
		QueueName: aws.String(queueName), Attributes: map[string]string{"VisibilityTimeout": "1"},
	})
	if err != nil {
		return nil, fmt.Errorf("sqs: %w", err)
	}
	return &sqsClient{api, q.QueueUrl}, nil
}

func (c *sqsClient) name() string    { return "sqs" }
func (c *sqsClient) transacts() bool { return false }
func (c *sqsClient) close()          {}

func (c *sqsClient) send(ctx context.Context, bodies []string) error {
	_, err := c.api.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: c.url, MessageBody: &bodies[0]})
	return err
}

func (c *sqsClient) receive(ctx context.Context) (*delivery, error) {
	out, err := c.api.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: c.url, WaitTimeSeconds: 1})
	if err != nil || len(out.Messages) == 0 {
		return nil, err
	}
	return c.delivery(&out.Messages[0]), nil
}

func (c *sqsClient) delivery(m *types.Message) *delivery {
	return &delivery{
		body: *m.Body,
		ack: func(ctx context.Context) error {
			_, err := c.api.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: c.url, ReceiptHandle: m.ReceiptHandle})
			return err
		},
		nack: func() error {
			_, err := c.api.ChangeMessageVisibility(context.Background(), &sqs.ChangeMessageVisibilityInput{
				QueueUrl: c.url, ReceiptHandle: m.ReceiptHandle,
			})
			return err
		},
	}
}
