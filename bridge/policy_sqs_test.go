package bridge

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"

	"github.com/sluicemq/sluice/bridge/admin"
	"github.com/sluicemq/sluice/bridge/config"
)

func sqsEntrances() []entrance {
	on := func(action config.Action, takes []config.Action, ready func(*attempt), try func(context.Context, *sqs.Client, *string, *attempt) error) entrance {
		return entrance{dialect: "SQS", action: action, takes: takes, ready: ready, try: func(x *attempt) error {
			return refusedBySQS(try(x.Context(), x.sqs(x.user), x.url(x.name), x))
		}}
	}
	look := on("browse", having("browse", "send", "receive", "create", "admin"), nil, func(ctx context.Context, c *sqs.Client, url *string, _ *attempt) error {
		_, err := c.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: url})
		return err
	})
	look.any = true
	return []entrance{
		look,
		on("send", having("send"), nil, func(ctx context.Context, c *sqs.Client, url *string, _ *attempt) error {
			_, err := c.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("x")})
			return err
		}),
		on("receive", having("receive"), nil, func(ctx context.Context, c *sqs.Client, url *string, _ *attempt) error {
			got, err := c.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: url})
			if err == nil {
				_, err = c.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: got.Messages[0].ReceiptHandle})
			}
			return err
		}),
		on("create", having("create"), nothing, func(ctx context.Context, c *sqs.Client, _ *string, x *attempt) error {
			_, err := c.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String(x.name)})
			return err
		}),
		on("create", having("create"), nil, func(ctx context.Context, c *sqs.Client, url *string, _ *attempt) error {
			_, err := c.SetQueueAttributes(ctx, &sqs.SetQueueAttributesInput{QueueUrl: url, Attributes: map[string]string{"VisibilityTimeout": "7"}})
			return err
		}),
		on("delete", having("delete"), nil, func(ctx context.Context, c *sqs.Client, url *string, _ *attempt) error {
			_, err := c.DeleteQueue(ctx, &sqs.DeleteQueueInput{QueueUrl: url})
			return err
		}),
		on("purge", having("purge"), nil, func(ctx context.Context, c *sqs.Client, url *string, _ *attempt) error {
			_, err := c.PurgeQueue(ctx, &sqs.PurgeQueueInput{QueueUrl: url})
			return err
		}),
		on("redrive", having("receive", "redrive", "send"), withDead, func(ctx context.Context, c *sqs.Client, _ *string, x *attempt) error {
			_, err := c.StartMessageMoveTask(ctx, &sqs.StartMessageMoveTaskInput{SourceArn: x.arn(x.dead)})
			return err
		}),
		on("redrive", having("create", "receive", "redrive", "send"), withDeadAside, setDead),
		on("receive", having("create", "receive", "redrive", "send"), withDeadAside, setDead),
		on("admin", having("admin"), nil, func(ctx context.Context, c *sqs.Client, url *string, _ *attempt) error {
			_, err := c.AddPermission(ctx, &sqs.AddPermissionInput{
				QueueUrl: url, Label: aws.String("l"), Actions: []string{"SendMessage"}, AWSAccountIds: []string{"111122223333"},
			})
			return err
		}),
		on("admin", having("admin"), nil, func(ctx context.Context, c *sqs.Client, url *string, _ *attempt) error {
			_, err := c.SetQueueAttributes(ctx, &sqs.SetQueueAttributesInput{QueueUrl: url, Attributes: map[string]string{"Policy": ""}})
			return err
		}),
	}
}

func setDead(ctx context.Context, c *sqs.Client, url *string, x *attempt) error {
	_, err := c.SetQueueAttributes(ctx, &sqs.SetQueueAttributesInput{QueueUrl: url, Attributes: map[string]string{
		"RedrivePolicy": `{"maxReceiveCount":1,"deadLetterTargetArn":"` + *x.arn(x.dead) + `"}`,
	}})
	return err
}

// refusedBySQS reads the sentence of AWS.
func refusedBySQS(err error) error {
	var e smithy.APIError
	if errors.As(err, &e) && strings.HasPrefix(e.ErrorCode(), "AccessDenied") && strings.Contains(e.ErrorMessage(), "is not authorized to perform: sqs:") {
		return fmt.Errorf("%s: %w", e.ErrorMessage(), errRefused)
	}
	return err
}

// sqs is a client with the access key of a user, which is called as he is.
func (x *attempt) sqs(user string) *sqs.Client {
	return sqs.New(sqs.Options{
		Region: "us-east-1", BaseEndpoint: aws.String("http://" + x.h.Addrs().SQS),
		Credentials: credentials.NewStaticCredentialsProvider(user, policySecret, ""),
		Retryer:     aws.NopRetryer{},
	})
}

func (x *attempt) url(queue string) *string {
	return aws.String("http://" + x.h.Addrs().SQS + "/000000000000/" + queue)
}

func (x *attempt) arn(queue string) *string {
	return aws.String("arn:aws:sqs:us-east-1:000000000000:" + queue)
}

func adminEntrances() []entrance {
	on := func(action config.Action, takes []config.Action, ready func(*attempt), try func(context.Context, *admin.Client, *attempt) error) entrance {
		return entrance{dialect: "/v1", action: action, takes: takes, ready: ready, try: func(x *attempt) error {
			return refusedByAdmin(try(x.Context(), x.admin(x.user), x))
		}}
	}
	move := func(ctx context.Context, c *admin.Client, x *attempt) error {
		_, err := c.StartMove(ctx, admin.MoveRequest{From: x.dead, To: x.name})
		return err
	}
	moving := having("admin", "receive", "redrive", "send")
	return []entrance{
		on("send", moving, withDead, move),
		on("receive", moving, withDead, move),
		on("redrive", moving, withDead, move),
		on("admin", moving, withDead, move),
		on("browse", having("admin", "browse"), nil, func(ctx context.Context, c *admin.Client, x *attempt) error {
			return c.Browse(ctx, x.name, "", 10, func(*admin.Message) error { return nil })
		}),
		on("admin", having("admin"), nil, func(ctx context.Context, c *admin.Client, x *attempt) error {
			_, err := c.Moves(ctx, x.name)
			return err
		}),
	}
}

func refusedByAdmin(err error) error {
	if err != nil && (strings.Contains(err.Error(), "may not administer the queue") || strings.Contains(err.Error(), "may administer the queue")) {
		return fmt.Errorf("%w: %w", err, errRefused)
	}
	return err
}

func (x *attempt) admin(user string) *admin.Client {
	return &admin.Client{Addr: x.h.Addrs().Admin, User: user, Password: usersPassword, HTTP: closing()}
}

// closing is a client that leaves no connections behind.
func closing() *http.Client {
	return &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
}
