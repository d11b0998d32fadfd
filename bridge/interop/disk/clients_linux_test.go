package disk_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"
	"github.com/go-stomp/stomp/v3"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/sluicemq/sluice/bridge/interop/rig"
)

// client is an unmodified client of one dialect.
type client interface {
	name() string
	// send returns once the server has confirmed the message.
	send(body string) error
	// take receives a message and returns once its ack is confirmed.
	take() (body string, err error)
	// wantRefused checks that err is the dialect's word for a full disk, and
	// wantFailed that it is the one for a disk that has failed.
	wantRefused(t *testing.T, err error)
	wantFailed(t *testing.T, err error)
}

const queue = "work"

// window is how many messages are under way at most when the disk is being filled.
const window = 64

// connect makes the queue and a client of each dialect.
func connect(t *testing.T, at rig.Addrs) []client {
	t.Helper()
	ctx := within(t)
	s := newSQS(ctx, t, at.SQS)
	return []client{newNATS(ctx, t, at.NATS), s, &stompClient{at.STOMP}}
}

type natsClient struct {
	ctx context.Context
	js  jetstream.JetStream
	in  jetstream.Consumer
}

func newNATS(ctx context.Context, t *testing.T, addr string) *natsClient {
	t.Helper()
	nc, err := rig.ConnectNATS("nats://"+addr, nats.NoReconnect(), nats.Timeout(patience))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc, jetstream.WithPublishAsyncMaxPending(2*window))
	if err != nil {
		t.Fatal(err)
	}
	in, err := js.CreateOrUpdateConsumer(ctx, queue, jetstream.ConsumerConfig{Durable: "in", AckPolicy: jetstream.AckExplicitPolicy, AckWait: patience})
	if err != nil {
		t.Fatal(err)
	}
	return &natsClient{ctx, js, in}
}

func (c *natsClient) name() string { return "nats" }

func (c *natsClient) send(body string) error {
	_, err := c.js.Publish(c.ctx, queue, []byte(body))
	return err
}

func (c *natsClient) take() (string, error) {
	m, err := c.in.Next(jetstream.FetchMaxWait(patience), jetstream.FetchHeartbeat(patience/2))
	if err != nil {
		return "", err
	}
	return string(m.Data()), m.DoubleAck(c.ctx)
}

// takeMany takes up to n messages that are there.
func (c *natsClient) takeMany(n int) (bodies []string, err error) {
	batch, err := rig.PullNoWait(c.ctx, c.js.Conn(), queue, "in", n)
	for _, m := range batch {
		if err := rig.AckNow(c.ctx, c.js.Conn(), m); err != nil {
			return nil, err
		}
		bodies = append(bodies, string(m.Data))
	}
	return bodies, err
}

func (*natsClient) wantRefused(t *testing.T, err error) {
	t.Helper()
	var api *jetstream.APIError
	if !errors.As(err, &api) || api.ErrorCode != 10023 || api.Code != 503 ||
		!strings.Contains(api.Description, "insufficient resources") || !strings.Contains(api.Description, "MiB free") {
		t.Errorf("nats: %v", err)
	}
}

func (*natsClient) wantFailed(t *testing.T, err error) {
	t.Helper()
	var api *jetstream.APIError
	if !errors.As(err, &api) || api.ErrorCode != 10077 || !strings.Contains(api.Description, "store is unavailable") {
		t.Errorf("nats: %v", err)
	}
}

type sqsClient struct {
	ctx context.Context
	api *sqs.Client
	url *string
}

func newSQS(ctx context.Context, t *testing.T, addr string) *sqsClient {
	t.Helper()
	api := sqs.New(sqs.Options{
		Region: "us-east-1", BaseEndpoint: aws.String("http://" + addr),
		Credentials:      credentials.NewStaticCredentialsProvider("AKID", "SECRET", ""),
		RetryMaxAttempts: 1,
		HTTPClient:       rig.PatientSQS(),
	})
	q, err := api.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String(queue)})
	if err != nil {
		t.Fatal(err)
	}
	return &sqsClient{ctx, api, q.QueueUrl}
}

func (c *sqsClient) name() string { return "sqs" }

func (c *sqsClient) send(body string) error {
	_, err := c.api.SendMessage(c.ctx, &sqs.SendMessageInput{QueueUrl: c.url, MessageBody: &body})
	return err
}

func (c *sqsClient) take() (string, error) {
	out, err := c.api.ReceiveMessage(c.ctx, &sqs.ReceiveMessageInput{QueueUrl: c.url, WaitTimeSeconds: 20})
	if err != nil {
		return "", err
	}
	if len(out.Messages) == 0 {
		return "", errors.New("nothing to receive")
	}
	m := &out.Messages[0]
	_, err = c.api.DeleteMessage(c.ctx, &sqs.DeleteMessageInput{QueueUrl: c.url, ReceiptHandle: m.ReceiptHandle})
	return *m.Body, err
}

func (*sqsClient) wantRefused(t *testing.T, err error) {
	t.Helper()
	var api smithy.APIError
	var status *awshttp.ResponseError
	if !errors.As(err, &api) || api.ErrorCode() != "ServiceUnavailable" || !strings.Contains(api.ErrorMessage(), "disk is nearly full") ||
		!strings.Contains(api.ErrorMessage(), "MiB free") || !errors.As(err, &status) || status.HTTPStatusCode() != http.StatusServiceUnavailable {
		t.Errorf("sqs: %v", err)
	}
}

func (*sqsClient) wantFailed(t *testing.T, err error) {
	t.Helper()
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != "ServiceUnavailable" || !strings.Contains(api.ErrorMessage(), "store is unavailable") {
		t.Errorf("sqs: %v", err)
	}
}

// stompClient connects for every message: an ERROR ends the connection.
type stompClient struct{ addr string }

const destination = "/queue/" + queue

func (c *stompClient) name() string { return "stomp" }

func (c *stompClient) send(body string) error {
	conn, err := stomp.Dial("tcp", c.addr, rig.PatientSTOMP)
	if err != nil {
		return err
	}
	if err := conn.Send(destination, "text/plain", []byte(body), stomp.SendOpt.Receipt, stomp.SendOpt.NoContentLength); err != nil {
		return errors.Join(err, conn.MustDisconnect())
	}
	return conn.Disconnect()
}

func (c *stompClient) take() (string, error) {
	conn, err := stomp.Dial("tcp", c.addr, rig.PatientSTOMP)
	if err != nil {
		return "", err
	}
	sub, err := conn.Subscribe(destination, stomp.AckClientIndividual, stomp.SubscribeOpt.Header("prefetch-count", "1"))
	if err != nil {
		return "", err
	}
	m := <-sub.C
	if m.Err != nil {
		return "", m.Err
	}
	tx, err := conn.BeginWithError() // go-stomp asks for a receipt of an ack there alone
	if err != nil {
		return "", err
	}
	if err := errors.Join(tx.Ack(m), tx.CommitWithReceipt(), conn.Disconnect()); err != nil {
		return "", err
	}
	return string(m.Body), nil
}

func (*stompClient) wantRefused(t *testing.T, err error) {
	t.Helper()
	var e stomp.Error
	if !errors.As(err, &e) || e.Message != "disk is full" || e.Frame == nil || !strings.Contains(string(e.Frame.Body), "MiB free") {
		t.Errorf("stomp: %#v", err)
	}
}

func (*stompClient) wantFailed(t *testing.T, err error) {
	t.Helper()
	var e stomp.Error
	if !errors.As(err, &e) || e.Message != "store is unavailable" {
		t.Errorf("stomp: %#v", err)
	}
}
