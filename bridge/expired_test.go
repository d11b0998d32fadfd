package bridge

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-stomp/stomp/v3"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// What expires in a queue of STOMP clients is a dead letter that SQS and NATS clients can
// receive, with where it comes from and why.
func TestExpiredInEveryDialect(t *testing.T) {
	c := testConfig(t)
	c.QueueRules = rulesOfOrders(2)
	h := openHouse(t, c)
	client := dialSTOMP(t, h)
	for range 3 {
		past := strconv.FormatInt(time.Now().Add(-time.Minute).UnixMilli(), 10)
		if err := client.Send("/queue/orders", "text/plain", []byte("late"), stomp.SendOpt.Receipt, stomp.SendOpt.Header("expires", past)); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string]string{"Queue": "orders", "Reason": "expired", "Attempts": "0"}

	m := <-subscribeTo(t, client, "late").C
	for part, value := range want {
		if got := m.Header.Get("sluice-dead-" + strings.ToLower(part)); got != value {
			t.Errorf("STOMP: %s is %q, want %q", part, got, value)
		}
	}
	if err := client.Disconnect(); err != nil { // what it holds is the others' again
		t.Fatal(err)
	}

	for part, got := range attributesSQS(t, h, "late") {
		if part, ok := strings.CutPrefix(part, "Sluice.Dead"); ok && got != want[part] {
			t.Errorf("SQS: %s is %q, want %q", part, got, want[part])
		} else if ok {
			delete(want, part)
		}
	}
	if len(want) > 0 {
		t.Errorf("SQS: no %v", want)
	}

	headers := headersNATS(t, h, "late")
	if headers.Get("Sluice-Dead-Queue") != "orders" || headers.Get("Sluice-Dead-Reason") != "expired" || headers.Get("Sluice-Dead-Attempts") != "0" {
		t.Errorf("NATS: %v", headers)
	}
}

// attributesSQS receives a message and returns its attributes.
func attributesSQS(t *testing.T, h *House, queue string) map[string]string {
	t.Helper()
	base := "http://" + h.Addrs().SQS + "/"
	body := `{"QueueUrl":"` + base + "000000000000/" + queue + `","MessageAttributeNames":["All"],"WaitTimeSeconds":20}`
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("X-Amz-Target", "AmazonSQS.ReceiveMessage")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	defer http.DefaultClient.CloseIdleConnections()
	var got struct {
		Messages []struct {
			MessageAttributes map[string]struct{ StringValue string }
		}
	}
	if err := json.NewDecoder(answer.Body).Decode(&got); err != nil || len(got.Messages) != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	attributes := make(map[string]string)
	for name, a := range got.Messages[0].MessageAttributes {
		attributes[name] = a.StringValue
	}
	return attributes
}

// headersNATS receives a message and returns its headers.
func headersNATS(t *testing.T, h *House, queue string) nats.Header {
	t.Helper()
	nc, err := nats.Connect("nats://"+h.Addrs().NATS, nats.Timeout(patience))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc, jetstream.WithDefaultTimeout(patience))
	if err != nil {
		t.Fatal(err)
	}
	consumer, err := js.CreateOrUpdateConsumer(t.Context(), queue, jetstream.ConsumerConfig{Durable: "c", AckPolicy: jetstream.AckExplicitPolicy})
	if err != nil {
		t.Fatal(err)
	}
	m, err := consumer.Next(jetstream.FetchMaxWait(patience))
	if err != nil {
		t.Fatal(err)
	}
	return m.Headers()
}
