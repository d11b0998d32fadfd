package sides_test

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/go-stomp/stomp/v3"
	"github.com/go-stomp/stomp/v3/frame"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/sluicemq/sluice/bridge"
	"github.com/sluicemq/sluice/bridge/admin"
	"github.com/sluicemq/sluice/bridge/config"
	"github.com/sluicemq/sluice/bridge/interop/rig"
)

// patience is when a test gives up, not what a thing takes.
const patience = 3 * time.Minute

// site is a house with a client of each side.
type site struct {
	t     *testing.T
	dir   string
	house *bridge.House

	stomp *stomp.Conn
	sqs   *sqs.Client
	js    jetstream.JetStream
	admin *admin.Client
}

func open(t *testing.T) *site {
	t.Helper()
	x := &site{t: t, dir: t.TempDir()}
	x.start()
	t.Cleanup(func() { x.stop() })
	return x
}

func (x *site) start() {
	x.t.Helper()
	c := config.Default()
	c.DataDir = x.dir
	c.STOMPAddr, c.NATSAddr, c.SQSAddr, c.AdminAddr = "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0"
	var err error
	x.house, err = bridge.Open(x.t.Context(), c, slog.New(slog.NewTextHandler(io.Discard, nil)))
	x.must(err)
	a := x.house.Addrs()
	x.stomp, err = stomp.Dial("tcp", a.STOMP, stomp.ConnOpt.HeartBeat(0, 0), stomp.ConnOpt.MsgSendTimeout(patience), stomp.ConnOpt.RcvReceiptTimeout(patience),
		stomp.ConnOpt.UnsubscribeReceiptTimeout(0)) // with one a RECEIPT may be missed
	x.must(err)
	nc, err := nats.Connect("nats://"+a.NATS, nats.Timeout(patience))
	x.must(err)
	x.js, err = jetstream.New(nc)
	x.must(err)
	x.admin = &admin.Client{Addr: a.Admin}
	x.sqs = sqs.New(sqs.Options{
		BaseEndpoint: aws.String("http://" + a.SQS), Region: "us-east-1", RetryMaxAttempts: 1, HTTPClient: rig.PlainBodies{HTTPClient: awshttp.NewBuildableClient()},
		Credentials: credentials.NewStaticCredentialsProvider("KEY", "secret", ""),
	})
}

func (x *site) stop() {
	x.js.Conn().Close()
	_ = x.stomp.MustDisconnect() // the house may have gone first
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := x.house.Close(ctx); err != nil {
		x.t.Error(err)
	}
}

// restart takes the house down, and opens another on the same directory.
func (x *site) restart() {
	x.t.Helper()
	x.stop()
	x.start()
}

func (x *site) must(err error) {
	x.t.Helper()
	if err != nil {
		x.t.Fatal(err)
	}
}

// within is a context that ends when the test has waited long enough.
func (x *site) within() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	x.t.Cleanup(cancel)
	return ctx
}

// stream makes a work-queue stream, or changes it.
func (x *site) stream(name string, change func(*jetstream.StreamConfig)) jetstream.Stream {
	x.t.Helper()
	c := jetstream.StreamConfig{Name: name, Retention: jetstream.WorkQueuePolicy}
	if change != nil {
		change(&c)
	}
	s, err := x.js.CreateOrUpdateStream(x.within(), c)
	x.must(err)
	return s
}

// consumer makes a durable consumer, or changes it.
func (x *site) consumer(stream string, change func(*jetstream.ConsumerConfig)) jetstream.Consumer {
	x.t.Helper()
	c := jetstream.ConsumerConfig{Durable: "work", AckPolicy: jetstream.AckExplicitPolicy}
	if change != nil {
		change(&c)
	}
	o, err := x.js.CreateOrUpdateConsumer(x.within(), stream, c)
	x.must(err)
	return o
}

// queue makes a queue over SQS.
func (x *site) queue(name string, attributes map[string]string) {
	x.t.Helper()
	_, err := x.sqs.CreateQueue(x.within(), &sqs.CreateQueueInput{QueueName: &name, Attributes: attributes})
	x.must(err)
}

func (x *site) url(name string) *string {
	x.t.Helper()
	got, err := x.sqs.GetQueueUrl(x.within(), &sqs.GetQueueUrlInput{QueueName: &name})
	x.must(err)
	return got.QueueUrl
}

// set sets an attribute of a queue.
func (x *site) set(queue, name, value string) {
	x.t.Helper()
	_, err := x.sqs.SetQueueAttributes(x.within(), &sqs.SetQueueAttributesInput{QueueUrl: x.url(queue), Attributes: map[string]string{name: value}})
	x.must(err)
}

// attribute is an attribute of a queue as SQS shows it.
func (x *site) attribute(queue, name string) string {
	x.t.Helper()
	got, err := x.sqs.GetQueueAttributes(x.within(), &sqs.GetQueueAttributesInput{
		QueueUrl: x.url(queue), AttributeNames: []types.QueueAttributeName{types.QueueAttributeName(name)},
	})
	x.must(err)
	return got.Attributes[name]
}

// redrive spells a redrive policy.
func redrive(max, dead string) string {
	return `{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:` + dead + `","maxReceiveCount":` + max + `}`
}

// send sends from STOMP, with headers in the order name, value, and waits for the receipt.
func (x *site) send(queue, body string, headers ...string) {
	x.t.Helper()
	x.must(x.stomp.Send("/queue/"+queue, "", []byte(body), stomp.SendOpt.Receipt, func(f *frame.Frame) error {
		for i := 0; i+1 < len(headers); i += 2 {
			f.Header.Add(headers[i], headers[i+1])
		}
		return nil
	}))
}

// receive receives over SQS what is there first.
func (x *site) receive(queue string) types.Message {
	x.t.Helper()
	for {
		got, err := x.sqs.ReceiveMessage(x.within(), &sqs.ReceiveMessageInput{
			QueueUrl: x.url(queue), WaitTimeSeconds: 20, MessageSystemAttributeNames: []types.MessageSystemAttributeName{"All"},
		})
		x.must(err)
		if len(got.Messages) == 1 {
			return got.Messages[0]
		}
	}
}

// visible sets how long a message stays with its receiver.
func (x *site) visible(queue string, m types.Message, seconds int32) {
	x.t.Helper()
	_, err := x.sqs.ChangeMessageVisibility(x.within(), &sqs.ChangeMessageVisibilityInput{
		QueueUrl: x.url(queue), ReceiptHandle: m.ReceiptHandle, VisibilityTimeout: seconds,
	})
	x.must(err)
}

func (x *site) delete(queue string, m types.Message) {
	x.t.Helper()
	_, err := x.sqs.DeleteMessage(x.within(), &sqs.DeleteMessageInput{QueueUrl: x.url(queue), ReceiptHandle: m.ReceiptHandle})
	x.must(err)
}

// fetch fetches one message of a consumer.
func (x *site) fetch(o jetstream.Consumer) jetstream.Msg {
	x.t.Helper()
	m, err := o.Next(jetstream.FetchMaxWait(patience))
	x.must(err)
	return m
}

// take gets one message over STOMP, with the subscription that holds it.
func (x *site) take(queue string) (*stomp.Message, *stomp.Subscription) {
	x.t.Helper()
	sub, err := x.stomp.Subscribe("/queue/"+queue, stomp.AckClientIndividual, stomp.SubscribeOpt.Header("prefetch-count", "1"))
	x.must(err)
	select {
	case m := <-sub.C:
		x.must(m.Err)
		return m, sub
	case <-time.After(patience):
		x.t.Fatal("no message over STOMP")
	}
	return nil, nil
}

// leave ends a subscription over STOMP: when it returns, nothing more goes to it.
func (x *site) leave(sub *stomp.Subscription) {
	x.t.Helper()
	x.must(sub.Unsubscribe())
	x.send("beside", "") // its receipt comes behind what was sent before
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if got != want {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

func contains(t *testing.T, text, part string) {
	t.Helper()
	if !strings.Contains(text, part) {
		t.Errorf("%s does not contain %s", text, part)
	}
}
