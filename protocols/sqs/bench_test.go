package sqs_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/protocols/sqs"
)

// one sends the same request again and again over one connection.
func one(b *testing.B, h *house, action, body string, check func(string)) {
	b.Helper()
	b.ReportAllocs()
	for b.Loop() {
		request(b, h, action, body, check)
	}
}

func request(b testing.TB, h *house, action, body string, check func(string)) {
	r, err := http.NewRequest("POST", "http://sqs.test/", strings.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("X-Amz-Target", "AmazonSQS."+action)
	res, err := h.web.Do(r)
	if err != nil {
		b.Fatal(err)
	}
	var buf bytes.Buffer
	if _, err := io.Copy(&buf, res.Body); err != nil {
		b.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		b.Fatal(buf.String())
	}
	if check != nil {
		check(buf.String())
	}
}

const benchMessage = `{"QueueUrl":"q","MessageBody":"{\"order\":12345,\"customer\":\"ACME & Sons\"}","MessageAttributes":{"kind":{"DataType":"String","StringValue":"order"}}}`

// BenchmarkSend is whole requests over the network of this machine, client included.
func BenchmarkSend(b *testing.B) {
	h := start(b, sqs.Options{})
	request(b, h, "CreateQueue", `{"QueueName":"q"}`, nil)
	one(b, h, "SendMessage", benchMessage, nil)
}

func BenchmarkSendParallel(b *testing.B) {
	h := start(b, sqs.Options{})
	request(b, h, "CreateQueue", `{"QueueName":"q"}`, nil)
	b.SetParallelism(16)
	b.ReportAllocs()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			request(b, h, "SendMessage", benchMessage, nil)
		}
	})
}

// BenchmarkRoundTrip is send, receive and delete.
func BenchmarkRoundTrip(b *testing.B) {
	h := start(b, sqs.Options{})
	request(b, h, "CreateQueue", `{"QueueName":"q"}`, nil)
	b.ReportAllocs()
	for b.Loop() {
		request(b, h, "SendMessage", benchMessage, nil)
		handle := ""
		request(b, h, "ReceiveMessage", `{"QueueUrl":"q","MessageAttributeNames":["All"]}`, func(s string) {
			_, s, _ = strings.Cut(s, `"ReceiptHandle":"`)
			handle, _, _ = strings.Cut(s, `"`)
		})
		request(b, h, "DeleteMessage", `{"QueueUrl":"q","ReceiptHandle":"`+handle+`"}`, nil)
	}
}

// BenchmarkEmptyPoll is a short poll of an empty queue that an SQS client has made.
func BenchmarkEmptyPoll(b *testing.B) {
	h := start(b, sqs.Options{})
	request(b, h, "CreateQueue", `{"QueueName":"q"}`, nil)
	one(b, h, "ReceiveMessage", `{"QueueUrl":"q"}`, nil)
}
