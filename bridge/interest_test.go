package bridge

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/go-stomp/stomp/v3"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// callSQS does one action, and returns its status and its answer.
func callSQS(t *testing.T, h *House, action, queue, rest string) (int, string) {
	t.Helper()
	base := "http://" + h.Addrs().SQS + "/"
	body := `{"QueueUrl":"` + base + "000000000000/" + queue + `"` + rest + `}`
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("X-Amz-Target", "AmazonSQS."+action)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	defer http.DefaultClient.CloseIdleConnections()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

func okSQS(t *testing.T, h *House, action, queue, rest string) string {
	t.Helper()
	code, text := callSQS(t, h, action, queue, rest)
	if code != http.StatusOK {
		t.Fatalf("%s of %s: %d %s", action, queue, code, text)
	}
	return text
}

// TestInterestStreamInEveryDialect: what is sent over any dialect to a stream of NATS with retention interest
// reaches each of its consumers, and each of these can be consumed as a queue over any dialect.
func TestInterestStreamInEveryDialect(t *testing.T) {
	h := openHouse(t, testConfig(t))
	nc, err := nats.Connect("nats://"+h.Addrs().NATS, nats.Timeout(patience))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	s, consumers := interestStream(t, nc, "a", "b", "c")
	client := dialSTOMP(t, h)
	if err := client.Send("/topic/i.stomp", "text/plain", []byte("of STOMP"), stomp.SendOpt.Receipt); err != nil {
		t.Fatal(err)
	}
	if err := client.Send("/queue/I", "text/plain", []byte("to the queue"), stomp.SendOpt.Receipt); err != nil {
		t.Fatal(err)
	}
	okSQS(t, h, "SendMessage", "I", `,"MessageBody":"of SQS"`)
	if _, err := nc.Request("i.nats", []byte("of NATS"), patience); err != nil {
		t.Fatal(err)
	}
	want := []string{"of STOMP", "to the queue", "of SQS", "of NATS"}

	sub := subscribeTo(t, client, "I.a")
	for _, body := range want {
		if m := <-sub.C; m.Err != nil || string(m.Body) != body {
			t.Errorf("STOMP: %q, %v; want %q", m.Body, m.Err, body)
		} else if err := client.Ack(m); err != nil && m.ShouldAck() {
			t.Error(err)
		}
	}
	for _, body := range want {
		takeSQS(t, h, "I_x2Eb", body)
	}
	for _, body := range want {
		m, err := consumers["c"].Next()
		if err != nil || string(m.Data()) != body {
			t.Fatalf("NATS: %v, want %q", err, body)
		}
		if err := m.DoubleAck(t.Context()); err != nil {
			t.Error(err)
		}
	}
	refusedAtTheRelay(t, h)
	attributes := okSQS(t, h, "GetQueueAttributes", "I", `,"AttributeNames":["ApproximateNumberOfMessages"]`)
	if !strings.Contains(attributes, `"ApproximateNumberOfMessages":"0"`) {
		t.Errorf("the stream's queue has %s", attributes)
	}
	okSQS(t, h, "DeleteQueue", "I_x2Eb", "")
	if info, err := s.Info(t.Context()); err != nil || info.State.Consumers != 2 {
		t.Errorf("a consumer's queue was deleted: %+v, %v", info, err)
	}
	okSQS(t, h, "DeleteQueue", "I", "")
	if left := h.broker.Queues(""); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

func interestStream(t *testing.T, nc *nats.Conn, names ...string) (jetstream.Stream, map[string]jetstream.Consumer) {
	t.Helper()
	js, err := jetstream.New(nc, jetstream.WithDefaultTimeout(patience))
	if err != nil {
		t.Fatal(err)
	}
	s, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "I", Subjects: []string{"i.>", "I"}, Retention: jetstream.InterestPolicy})
	if err != nil {
		t.Fatal(err)
	}
	consumers := make(map[string]jetstream.Consumer)
	for _, name := range names {
		if consumers[name], err = s.CreateConsumer(t.Context(), jetstream.ConsumerConfig{Durable: name, AckPolicy: jetstream.AckExplicitPolicy}); err != nil {
			t.Fatal(err)
		}
	}
	return s, consumers
}

// takeSQS receives and deletes one message.
func takeSQS(t *testing.T, h *House, queue, want string) {
	t.Helper()
	var got struct {
		Messages []struct{ Body, ReceiptHandle string }
	}
	text := okSQS(t, h, "ReceiveMessage", queue, `,"WaitTimeSeconds":20`)
	if err := json.Unmarshal([]byte(text), &got); err != nil || len(got.Messages) != 1 || got.Messages[0].Body != want {
		t.Fatalf("SQS: %s, want %q", text, want)
	}
	handle, err := json.Marshal(got.Messages[0].ReceiptHandle)
	if err != nil {
		t.Fatal(err)
	}
	okSQS(t, h, "DeleteMessage", queue, `,"ReceiptHandle":`+string(handle))
}

// refusedAtTheRelay: each dialect says that the stream's own queue keeps nothing, and who does.
func refusedAtTheRelay(t *testing.T, h *House) {
	t.Helper()
	code, text := callSQS(t, h, "ReceiveMessage", "I", "")
	if code != http.StatusBadRequest || !strings.Contains(text, "UnsupportedOperation") || !strings.Contains(text, "I_x2Ea") {
		t.Errorf("SQS: %d %s", code, text)
	}
	code, text = callSQS(t, h, "SetQueueAttributes", "I", `,"Attributes":{"DelaySeconds":"5"}`)
	if code != http.StatusBadRequest || !strings.Contains(text, "set them in its members") {
		t.Errorf("SQS: %d %s", code, text)
	}
	code, text = callSQS(t, h, "SetQueueAttributes", "I_x2Ea",
		`,"Attributes":{"RedrivePolicy":"{\"maxReceiveCount\":1,\"deadLetterTargetArn\":\"arn:aws:sqs:us-east-1:000000000000:I\"}"}`)
	if code != http.StatusBadRequest || !strings.Contains(text, "hands on what it is sent") {
		t.Errorf("SQS: %d %s", code, text)
	}
	code, text = callSQS(t, h, "StartMessageMoveTask", "I_x2Ea",
		`,"SourceArn":"arn:aws:sqs:us-east-1:000000000000:I_x2Ea","DestinationArn":"arn:aws:sqs:us-east-1:000000000000:I"`)
	if code != http.StatusBadRequest {
		t.Errorf("SQS: %d %s", code, text)
	}
	okSQS(t, h, "PurgeQueue", "I", "")
	client := dialSTOMP(t, h)
	sub, err := client.Subscribe("/queue/I", stomp.AckClient)
	if err == nil {
		m := <-sub.C
		err = m.Err
	}
	if err == nil || !strings.Contains(err.Error(), "keeps no messages") {
		t.Errorf("STOMP: %v", err)
	}
}
