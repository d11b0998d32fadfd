package interop_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/go-stomp/stomp/v3"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/sluicemq/sluice/bridge/interop/driver"
	"github.com/sluicemq/sluice/bridge/interop/rig"
)

// A STOMP client subscribes durably and goes; a NATS client publishes to a subject, which is
// the topic; an SQS client consumes the subscription as a queue; and what it leaves is the
// subscriber's when he comes back.
func TestDurableSubscriptionCrossesDialects(t *testing.T) {
	s := &suite{addrs: openHouse(t)}
	s.subscribed(t, func(*stomp.Subscription) {})
	s.publishNATS(t, "news.eu", "one", "two")
	s.takeSQS(t, "desk.news", "one")
	s.subscribed(t, func(x *stomp.Subscription) {
		m, err := x.Read()
		if err != nil || string(m.Body) != "two" || m.Destination != "/topic/news.eu" {
			t.Fatalf("%+v, %v", m, err)
		}
		must(t, m.Conn.Ack(m))
	})
}

// subscribed has a client do something while it consumes its durable subscription, which
// is on disk when DISCONNECT is confirmed behind it.
func (s *suite) subscribed(t *testing.T, do func(*stomp.Subscription)) {
	t.Helper()
	c, err := stomp.Dial("tcp", s.addrs[driver.STOMP], rig.PatientSTOMP, stomp.ConnOpt.Header("client-id", "desk"))
	must(t, err)
	x, err := c.Subscribe("/topic/news.*", stomp.AckClientIndividual, stomp.SubscribeOpt.Header("durable-subscription-name", "news"))
	must(t, err)
	do(x)
	must(t, c.Disconnect())
}

func (s *suite) publishNATS(t *testing.T, subject string, bodies ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, err := rig.ConnectNATS(s.addrs[driver.NATS], nats.Timeout(patience))
	must(t, err)
	defer c.Close()
	js, err := jetstream.New(c)
	must(t, err)
	for _, body := range bodies {
		_, err := js.Publish(ctx, subject, []byte(body))
		must(t, err)
	}
}

// takeSQS receives one message from a queue and deletes it.
func (s *suite) takeSQS(t *testing.T, queue, want string) {
	t.Helper()
	api := s.sqsAPI()
	at, err := api.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String(spellQueue(driver.SQS, queue))})
	must(t, err)
	got, err := api.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: at.QueueUrl, WaitTimeSeconds: 20})
	must(t, err)
	if len(got.Messages) != 1 || *got.Messages[0].Body != want {
		t.Fatalf("SQS receives %+v, want %q", got.Messages, want)
	}
	_, err = api.DeleteMessage(t.Context(), &sqs.DeleteMessageInput{QueueUrl: at.QueueUrl, ReceiptHandle: got.Messages[0].ReceiptHandle})
	must(t, err)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A durable subscription, and what it has got, is there after the real program was killed
// twice: while it is consumed, and while nobody is there.
func TestDurableSubscriptionOutlivesAKill(t *testing.T) {
	if testing.Short() {
		t.Skip("there is no program in short runs")
	}
	dir := t.TempDir()
	server := startServer(t, dir)
	s := &suite{addrs: addrsOf(server)}
	s.subscribed(t, func(*stomp.Subscription) {})
	again, err := stomp.Dial("tcp", s.addrs[driver.STOMP], rig.PatientSTOMP, stomp.ConnOpt.Header("client-id", "desk"))
	must(t, err)
	held, err := again.Subscribe("/topic/news.*", stomp.AckClientIndividual, stomp.SubscribeOpt.Header("durable-subscription-name", "news"))
	must(t, err)
	s.publishNATS(t, "news.eu", "one")
	if _, err := held.Read(); err != nil { // and does not settle it
		t.Fatal(err)
	}
	server.Kill()

	server = startServer(t, dir)
	s.addrs = addrsOf(server)
	s.publishNATS(t, "news.eu", "two")
	server.Kill()

	s.addrs = addrsOf(startServer(t, dir))
	s.subscribed(t, func(x *stomp.Subscription) {
		for _, want := range []string{"one", "two"} {
			m, err := x.Read()
			if err != nil || string(m.Body) != want {
				t.Fatalf("%+v, %v; want %q", m, err, want)
			}
			must(t, m.Conn.Ack(m))
		}
	})
}
