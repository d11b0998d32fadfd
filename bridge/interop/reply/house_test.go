package reply_test

import (
	"context"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/go-stomp/stomp/v3"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/sluicemq/sluice/bridge"
	"github.com/sluicemq/sluice/bridge/config"
	"github.com/sluicemq/sluice/bridge/interop/rig"
)

// patience is when a test gives up, not what a thing takes.
const patience = 3 * time.Minute

// house is a running server with a listener for each dialect of STOMP.
type house struct {
	nats, sqs string
	stomp     map[config.STOMPDialect]string
}

func openHouse(t *testing.T) *house {
	t.Helper()
	c := config.Default()
	c.DataDir = t.TempDir()
	c.STOMPAddr, c.NATSAddr, c.SQSAddr, c.AdminAddr = "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0", ""
	further := []config.STOMPDialect{config.STOMPActiveMQ, config.STOMPArtemis, config.STOMPRabbitMQ}
	for _, d := range further {
		c.STOMPFurther = append(c.STOMPFurther, config.STOMPListener{Addr: "127.0.0.1:0", Dialect: d})
	}
	h, err := bridge.Open(t.Context(), c, slog.New(slog.NewTextHandler(io.Discard, nil)))
	must(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := h.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	a := &house{nats: h.Addrs().NATS, sqs: h.Addrs().SQS, stomp: map[config.STOMPDialect]string{config.STOMPPlain: h.Addrs().STOMP}}
	for i, d := range further {
		a.stomp[d] = h.STOMPListeners()[i]
	}
	return a
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

func (h *house) dialSTOMP(t *testing.T, d config.STOMPDialect) *stomp.Conn {
	t.Helper()
	options := []func(*stomp.Conn) error{stomp.ConnOpt.HeartBeat(0, 0), stomp.ConnOpt.MsgSendTimeout(patience), stomp.ConnOpt.RcvReceiptTimeout(patience)}
	if d == config.STOMPRabbitMQ {
		options = append(options, stomp.ConnOpt.Host("/"))
	}
	c, err := stomp.Dial("tcp", h.stomp[d], options...)
	must(t, err)
	t.Cleanup(func() { _ = c.MustDisconnect() })
	return c
}

func subscribe(t *testing.T, c *stomp.Conn, destination string) *stomp.Subscription {
	t.Helper()
	s, err := c.Subscribe(destination, stomp.AckClientIndividual)
	must(t, err)
	return s
}

// takeSTOMP awaits a message and settles it.
func takeSTOMP(t *testing.T, s *stomp.Subscription) *stomp.Message {
	t.Helper()
	select {
	case m := <-s.C:
		must(t, m.Err)
		must(t, m.Conn.Ack(m))
		return m
	case <-time.After(patience):
		t.Fatal("nothing came")
	}
	return nil
}

func (h *house) dialNATS(t *testing.T) (*nats.Conn, jetstream.JetStream) {
	t.Helper()
	nc, err := nats.Connect(h.nats, nats.Timeout(patience))
	must(t, err)
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	must(t, err)
	return nc, js
}

// stream makes a queue of that name, which takes these subjects; none: its name.
func stream(t *testing.T, js jetstream.JetStream, name string, subjects ...string) {
	t.Helper()
	_, err := js.CreateStream(within(t), jetstream.StreamConfig{Name: name, Subjects: subjects, Retention: jetstream.WorkQueuePolicy})
	must(t, err)
}

// takeNATS awaits a message of a queue and settles it.
func takeNATS(t *testing.T, js jetstream.JetStream, queue string) jetstream.Msg {
	t.Helper()
	c, err := js.CreateOrUpdateConsumer(within(t), queue, jetstream.ConsumerConfig{Durable: "worker", AckPolicy: jetstream.AckExplicitPolicy})
	must(t, err)
	m, err := c.Next(jetstream.FetchMaxWait(patience))
	must(t, err)
	must(t, m.DoubleAck(within(t)))
	return m
}

func (h *house) dialSQS() *sqs.Client {
	return sqs.New(sqs.Options{
		BaseEndpoint: aws.String("http://" + h.sqs), Region: "us-east-1", HTTPClient: rig.PlainBodies{HTTPClient: awshttp.NewBuildableClient()},
		Credentials: credentials.NewStaticCredentialsProvider("reply", "reply", ""),
	})
}
