package selectors_test

import (
	"context"
	"io"
	"log/slog"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/go-stomp/stomp/v3"
	"github.com/go-stomp/stomp/v3/frame"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/sluicemq/sluice/bridge"
	"github.com/sluicemq/sluice/bridge/interop/rig"
)

const (
	// patience is when a test gives up, not what a thing takes.
	patience = rig.ClientTime
	queue    = "orders"
)

// site is a house with clients of the three dialects.
type site struct {
	t     *testing.T
	dir   string
	house *bridge.House

	stomp *stomp.Conn
	sqs   *sqs.Client
	url   *string
	js    jetstream.JetStream
}

// open opens a house, and connects.
func open(t *testing.T) *site {
	t.Helper()
	x := &site{t: t, dir: t.TempDir()}
	x.start()
	t.Cleanup(x.stop)
	return x
}

func (x *site) start() {
	x.t.Helper()
	c := rig.Config()
	c.DataDir = x.dir
	c.STOMPAddr, c.NATSAddr, c.SQSAddr, c.AdminAddr = "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0"
	var err error
	x.house, err = bridge.Open(x.t.Context(), c, slog.New(slog.NewTextHandler(io.Discard, nil)))
	x.must(err)
	x.connect()
}

func (x *site) connect() {
	x.t.Helper()
	a := x.house.Addrs()
	var err error
	x.stomp, err = stomp.Dial("tcp", a.STOMP, rig.PatientSTOMP)
	x.must(err)
	nc, err := rig.ConnectNATS("nats://"+a.NATS, nats.Timeout(patience))
	x.must(err)
	x.js, err = jetstream.New(nc)
	x.must(err)
	x.sqs = sqs.New(sqs.Options{
		BaseEndpoint: aws.String("http://" + a.SQS), Region: "us-east-1", RetryMaxAttempts: 1,
		HTTPClient:  rig.PatientSQS(),
		Credentials: credentials.NewStaticCredentialsProvider("KEY", "secret", ""),
	})
	made, err := x.sqs.CreateQueue(x.within(), &sqs.CreateQueueInput{QueueName: aws.String(queue)})
	x.must(err)
	x.url = made.QueueUrl
}

// stop takes clients and house down.
func (x *site) stop() {
	x.js.Conn().Close()
	_ = x.stomp.MustDisconnect() // the house may have gone first
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := x.house.Close(ctx); err != nil {
		x.t.Error(err)
	}
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

// send sends a message from STOMP, with headers in the order name, value, and waits for the
// receipt.
func (x *site) send(body string, headers ...string) {
	x.t.Helper()
	x.must(x.stomp.Send("/queue/"+queue, "", []byte(body), stomp.SendOpt.Receipt, func(f *frame.Frame) error {
		for i := 0; i+1 < len(headers); i += 2 {
			f.Header.Add(headers[i], headers[i+1])
		}
		return nil
	}))
}

// takeSQS receives and deletes what the selector matches until nothing more does.
func (x *site) takeSQS(selector string) (bodies []string) {
	x.t.Helper()
	for {
		got, err := x.sqs.ReceiveMessage(x.within(), &sqs.ReceiveMessageInput{
			QueueUrl: x.url, MaxNumberOfMessages: 10, MessageAttributeNames: []string{"Sluice.Selector=" + selector},
		})
		x.must(err)
		if len(got.Messages) == 0 {
			return bodies
		}
		for _, m := range got.Messages {
			bodies = append(bodies, *m.Body)
			_, err := x.sqs.DeleteMessage(x.within(), &sqs.DeleteMessageInput{QueueUrl: x.url, ReceiptHandle: m.ReceiptHandle})
			x.must(err)
		}
	}
}

// consumer makes the durable consumer with a selector, or gives it another one.
func (x *site) consumer(selector string) jetstream.Consumer {
	x.t.Helper()
	o, err := x.js.CreateOrUpdateConsumer(x.within(), queue, jetstream.ConsumerConfig{
		Durable: "work", AckPolicy: jetstream.AckExplicitPolicy, Metadata: map[string]string{"sluice.selector": selector},
	})
	x.must(err)
	return o
}

// takeNATS fetches and acks what the consumer gets until nothing more comes.
func (x *site) takeNATS(o jetstream.Consumer) (bodies []string) {
	x.t.Helper()
	for {
		batch, err := rig.PullNoWait(x.within(), x.js.Conn(), queue, o.CachedInfo().Name, 100)
		x.must(err)
		for _, m := range batch {
			bodies = append(bodies, string(m.Data))
			x.must(rig.AckNow(x.within(), x.js.Conn(), m))
		}
		if len(batch) == 0 {
			return bodies
		}
	}
}
