package sqs_test

import (
	"bufio"
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sluicemq/sluice/protocols/sqs"
	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
)

// site is a gateway without a network, with the queues q and f.fifo.
type site struct {
	broker *queuecore.Broker
	web    http.Handler
}

// openSite opens a site whose long polls do not wait.
func openSite(t testing.TB) *site {
	b, err := queuecore.Open(context.Background(), memstore.New(), &queuecore.Options{Log: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	// With a clock of its own the gateway dates answers, which net/http does otherwise.
	g := sqs.New(b, sqs.Options{Log: quiet(), Now: time.Now, Limits: sqs.Limits{BodyBytes: 1 << 20}})
	g.EndPolls()
	s := &site{b, g.Handler()}
	s.tidy(t)
	return s
}

// tidy takes away what fuzzing has left when it is much.
func (s *site) tidy(t testing.TB) {
	if list := s.broker.Queues(""); len(list) > 100 {
		for _, q := range list {
			if err := s.broker.DeleteQueue(context.Background(), q.Name); err != nil {
				t.Error(err)
			}
		}
	}
	for name, config := range map[string]queuecore.QueueConfig{
		"q": {}, "f.fifo": {GroupOrder: true}, "s": {MaxAttempts: 1, DeadLetter: "q"},
	} {
		if _, err := s.broker.EnsureQueue(context.Background(), name, config); err != nil {
			t.Error(err)
		}
	}
}

// serve holds the answer to any request to the form of the request, and reports whether
// it is one for net/http. Its body is all that follows the header, unless it comes in chunks.
func (s *site) serve(t testing.TB, text string) bool {
	t.Helper()
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(text)))
	if err != nil {
		return false
	}
	if _, body, _ := strings.Cut(text, "\r\n\r\n"); len(r.TransferEncoding) == 0 {
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
	}
	s.tidy(t)
	w := httptest.NewRecorder()
	s.web.ServeHTTP(w, r)
	json := r.Header.Get("X-Amz-Target") != "" || strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-amz-json")
	if _, err := judged(json, r.Method, w.Code, w.Result().Header, w.Body.String()); err != nil {
		t.Errorf("%v\nrequest %.2000q\nanswer %d %v %.600s", err, text, w.Code, w.Result().Header, w.Body)
	}
	return true
}

// requests returns valid ones to begin with: each operation in both forms.
func requests() (texts []string) {
	fill := strings.NewReplacer("HANDLE", "01"+strings.Repeat("0", 56), "TASK", taskHandle("q"))
	for _, o := range operations() {
		body, query := fill.Replace("{"+o.json+"}"), "Action="+o.name+"&"+fill.Replace(o.query)
		texts = append(texts, jsonText("/", o.name, body, "X-Amzn-Query-Mode: true"), queryText("/000000000000/q", query), httpText("GET", "/?"+query, ""))
	}
	const attributes = `"MessageAttributes":{"a":{"DataType":"Number.int","StringValue":"7"},"b":{"DataType":"Binary","BinaryValue":"AAE="}},` +
		`"MessageSystemAttributes":{"AWSTraceHeader":{"DataType":"String","StringValue":"Root=1"}}`
	return append(texts,
		jsonText("/", "SendMessage", `{"QueueUrl":"f.fifo","MessageBody":"x","MessageGroupId":"g","MessageDeduplicationId":"d",`+attributes+`}`),
		jsonText("/", "ReceiveMessage", `{"QueueUrl":"f.fifo","MaxNumberOfMessages":10,"AttributeNames":["All"],"MessageAttributeNames":["All"],"VisibilityTimeout":0,"WaitTimeSeconds":1,"ReceiveRequestAttemptId":"r"}`),
		jsonText("/", "CreateQueue", `{"QueueName":"n.fifo","tags":{"a":"b"},"Attributes":{"FifoQueue":"true","RedrivePolicy":"{\"maxReceiveCount\":1,\"deadLetterTargetArn\":\"`+arn+`f.fifo\"}","Policy":"{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"*\"}]}","RedriveAllowPolicy":"{\"redrivePermission\":\"denyAll\"}"}}`),
		httpText("POST", "/", "x", "Transfer-Encoding: chunked", "X-Forwarded-Host: a", `Forwarded: host="a";proto=https`, "Authorization: AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host, Signature=0"),
	)
}

// FuzzRequest: whatever comes over the wire as a request is answered in the form of that
// request, and no mistake of a client is one of the server.
func FuzzRequest(f *testing.F) {
	for _, text := range requests() {
		f.Add([]byte(text))
	}
	s := openSite(f)
	f.Fuzz(func(t *testing.T, text []byte) { s.serve(t, string(text)) })
}

// Random damage to valid requests: bytes lost, doubled, replaced, pieces of other requests.
func TestDamagedRequests(t *testing.T) {
	s, valid := openSite(t), requests()
	random := rand.New(rand.NewPCG(1, 2))
	const tries = 8_000
	served := 0
	for range tries {
		text := valid[random.IntN(len(valid))]
		for range 1 + random.IntN(4) {
			head, body, _ := strings.Cut(text, "\r\n\r\n")
			if other := valid[random.IntN(len(valid))]; random.IntN(3) > 0 {
				body = damaged(random, body, other)
			} else {
				head = damaged(random, head, other)
			}
			text = head + "\r\n\r\n" + body
		}
		if s.serve(t, text) {
			served++
		}
		if t.Failed() {
			return
		}
	}
	if served < tries/2 {
		t.Errorf("%d of %d were requests at all", served, tries)
	}
}

// damaged returns text with one thing done to it. The pieces that are put in are those
// that parsers trip over.
func damaged(random *rand.Rand, text, other string) string {
	i := random.IntN(len(text) + 1)
	j := min(i+random.IntN(8), len(text))
	pieces := []string{
		"\x00", "\xff", "%", "%00", "%ff", "&", "=", ".", ".1", ".1.Name", "\"", "\\", "\\u0000", "\\ud800", "{", "}", "[", "]", ",", ":", "null", "true", "-1", "1e9",
		"99999999999999999999", "0", " ", "\r\n", "/", "//", "?", "+", "é", "All", ".fifo", "QueueUrl", "Entries", strings.Repeat("[", 50), strings.Repeat("x", 300),
	}
	switch random.IntN(5) {
	case 0:
		return text[:i] + text[j:]
	case 1:
		return text[:j] + text[i:]
	case 2:
		return text[:i] + pieces[random.IntN(len(pieces))] + text[j:]
	case 3:
		return text[:i] + pieces[random.IntN(len(pieces))] + text[i:]
	}
	k := random.IntN(len(other) + 1)
	return text[:i] + other[k:min(k+random.IntN(40), len(other))] + text[j:]
}
