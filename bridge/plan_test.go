package bridge

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/go-stomp/stomp/v3"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// No dialect lets anybody take, purge or delete what waits to go out by a plan; and a house
// closes while it waits.
func TestPlansAreOutOfReach(t *testing.T) {
	h := openHouse(t, testConfig(t))
	planHourly(t, h)
	for what, err := range reach(t, h) {
		if err == nil || !strings.Contains(err.Error(), "sluice.schedule") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if jobs, err := h.broker.Jobs(t.Context(), 0, 10); err != nil || len(jobs) != 1 {
		t.Errorf("%d jobs, %v", len(jobs), err)
	}
}

func planHourly(t *testing.T, h *House) {
	t.Helper()
	c, err := stomp.Dial("tcp", h.Addrs().STOMP)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Disconnect() }()
	err = c.Send("/queue/q", "", nil, stomp.SendOpt.Receipt, stomp.SendOpt.Header("AMQ_SCHEDULED_CRON", "0 * * * *"))
	if err != nil {
		t.Fatal(err)
	}
}

// reach does what it can do to the queue in which jobs wait.
func reach(t *testing.T, h *House) map[string]error {
	t.Helper()
	errs := make(map[string]error)
	reachBySQS(t, h, errs)
	reachByNATS(t, h, errs)
	return errs
}

func reachBySQS(t *testing.T, h *House, errs map[string]error) {
	t.Helper()
	ctx := t.Context()
	c := sqs.New(sqs.Options{
		Region: "us-east-1", BaseEndpoint: aws.String("http://" + h.Addrs().SQS), Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
	})
	listed, err := c.ListQueues(ctx, &sqs.ListQueuesInput{QueueNamePrefix: aws.String("sluice")})
	if err != nil || len(listed.QueueUrls) != 1 {
		t.Fatal(listed, err)
	}
	url := &listed.QueueUrls[0]
	_, errs["SQS receive"] = c.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: url})
	_, errs["SQS send"] = c.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("x")})
	_, errs["SQS purge"] = c.PurgeQueue(ctx, &sqs.PurgeQueueInput{QueueUrl: url})
	_, errs["SQS delete"] = c.DeleteQueue(ctx, &sqs.DeleteQueueInput{QueueUrl: url})
}

func reachByNATS(t *testing.T, h *House, errs map[string]error) {
	t.Helper()
	ctx := t.Context()
	n, err := nats.Connect("nats://"+h.Addrs().NATS, nats.Timeout(patience))
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	js, err := jetstream.New(n, jetstream.WithDefaultTimeout(patience))
	if err != nil {
		t.Fatal(err)
	}
	for name := range js.StreamNames(ctx).Name() {
		if !strings.HasPrefix(name, "sluice") {
			continue
		}
		s, err := js.Stream(ctx, name)
		if err != nil {
			t.Fatal(err)
		}
		errs["NATS purge"] = s.Purge(ctx)
		errs["NATS delete"] = js.DeleteStream(ctx, name)
		_, errs["NATS consumer"] = s.CreateConsumer(ctx, jetstream.ConsumerConfig{AckPolicy: jetstream.AckExplicitPolicy})
	}
	if len(errs) != 7 {
		t.Errorf("tried %d", len(errs))
	}
}
