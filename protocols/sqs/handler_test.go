package sqs

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/sqs/policy"
	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
)

// nowhere takes an answer and forgets it.
type nowhere struct{ header http.Header }

func (w nowhere) Header() http.Header         { return w.header }
func (w nowhere) Write(b []byte) (int, error) { return len(b), nil }
func (w nowhere) WriteHeader(int)             {}

const (
	benchEntry = `"MessageBody":"{\"order\":12345,\"customer\":\"ACME & Sons\"}","MessageAttributes":{"kind":{"DataType":"String","StringValue":"order"}}}`
	benchURL   = `{"QueueUrl":"http://localhost:9324/000000000000/q",`
)

// BenchmarkHandler is SendMessage and SendMessageBatch without net/http: decoding, the
// core on a store in memory, encoding; once to a queue with a policy of two statements.
func BenchmarkHandler(b *testing.B) {
	entries := ""
	for i := range 10 {
		entries += fmt.Sprintf(`,{"Id":"%d",%s`, i, benchEntry)
	}
	b.Run("single", func(b *testing.B) { benchHandle(b, "", "SendMessage", benchURL+benchEntry) })
	b.Run("policy", func(b *testing.B) { benchHandle(b, benchPolicy, "SendMessage", benchURL+benchEntry) })
	b.Run("batch", func(b *testing.B) { benchHandle(b, "", "SendMessageBatch", benchURL+`"Entries":[`+entries[1:]+"]}") })
}

const benchPolicy = `{"Version":"2012-10-17","Statement":[` +
	`{"Sid":"tls","Effect":"Deny","Principal":"*","Action":"sqs:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"},"NotIpAddress":{"aws:SourceIp":"192.0.2.0/24"}}},` +
	`{"Effect":"Allow","Principal":{"AWS":"000000000000"},"Action":["sqs:ReceiveMessage","sqs:SendMessage"],"Resource":"arn:aws:sqs:us-east-1:000000000000:q"}]}`

func benchHandle(b *testing.B, policy, action, body string) {
	broker, err := queuecore.Open(context.Background(), memstore.New(), &queuecore.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	defer broker.Close()
	config := queuecore.QueueConfig{}
	if policy != "" {
		config.Labels = map[string]string{label + policyName: policy}
	}
	if _, err := broker.EnsureQueue(b.Context(), "q", config); err != nil {
		b.Fatal(err)
	}
	g := New(broker, Options{})
	r := httptest.NewRequest("POST", "/", nil)
	r.Header.Set("X-Amz-Target", "AmazonSQS."+action)
	r.ContentLength = int64(len(body))
	w := nowhere{http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		r.Body = io.NopCloser(strings.NewReader(body))
		clear(w.header)
		g.serveHTTP(w, r)
	}
	if w.header.Get("X-Amzn-Query-Error") != "" {
		b.Fatal(w.header)
	}
}

// A policy is read once, again when it changes, and so many are kept.
func TestPoliciesAreKept(t *testing.T) {
	const open, closed = `{"Statement":{"Effect":"Allow","Principal":"*","Action":"*"}}`, `{"Statement":{"Effect":"Deny","Principal":"*","Action":"*"}}`
	var p policies
	decide := func(queue, text string) policy.Effect {
		read, err := p.of(queue, text)
		if err != nil {
			t.Fatal(err)
		}
		if again, _ := p.of(queue, strings.Clone(text)); again != read {
			t.Error("read twice")
		}
		return read.Decide(&policy.Request{}).Effect
	}
	if decide("q", open) != policy.Allows || decide("r", closed) != policy.Denies || decide("q", closed) != policy.Denies || decide("q", open) != policy.Allows {
		t.Error("not the policy that it has")
	}
	for i := range 3 * maxPolicies {
		decide(strconv.Itoa(i), open)
		if len(p.byQueue) > maxPolicies {
			t.Fatalf("%d are kept", len(p.byQueue))
		}
	}
	if _, err := p.of("q", "x"); err == nil {
		t.Error("x is a policy")
	}
}

// BenchmarkPermit is what the handler spends on asking whether the client may.
func BenchmarkPermit(b *testing.B) {
	c := &call{Gateway: New(nil, Options{}), action: "SendMessage", r: httptest.NewRequest("POST", "/", nil)}
	for name, text := range map[string]string{"none": "", "policy": benchPolicy} {
		b.Run(name, func(b *testing.B) {
			q := queuecore.QueueInfo{Name: "q", Config: queuecore.QueueConfig{Labels: map[string]string{"sqs.MaximumMessageSize": "1024"}}}
			putLabel(policyName)(&q.Config, text)
			b.ReportAllocs()
			for b.Loop() {
				if err := c.permit(&q, c.asked(protocols.Send)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
