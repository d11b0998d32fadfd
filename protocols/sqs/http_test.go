package sqs_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/sqs"
	"github.com/sluicemq/sluice/queuecore"
)

// The address of a queue is the one by which the client can reach the server.
func TestQueueURLs(t *testing.T) {
	url := func(h *house, header ...string) string {
		_, body := h.post("CreateQueue", `{"QueueName":"q"}`, header...)
		var x struct{ QueueUrl string }
		if err := json.Unmarshal([]byte(body), &x); err != nil {
			t.Fatal(err)
		}
		return x.QueueUrl
	}
	h := start(t, sqs.Options{})
	for _, c := range []struct{ want, proto, host string }{
		{"http://sqs.test/000000000000/q", "", ""},
		{"https://sqs.test/000000000000/q", "https", ""},
		{"https://queues.example.com:8443/000000000000/q", "https", "queues.example.com:8443"},
		{"http://a.example/000000000000/q", "ftp", "a.example, b.example"},
		{"http://[::1]:9324/000000000000/q", "", "[::1]:9324"},
		{"http://sqs.test/000000000000/q", "", "evil/<script>"},
	} {
		if got := url(h, "X-Forwarded-Proto", c.proto, "X-Forwarded-Host", c.host); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
	h = start(t, sqs.Options{PublicURL: "https://sqs.example.com/", Account: "123456789012", Region: "eu-west-3"})
	if got := url(h, "X-Forwarded-Host", "x"); got != "https://sqs.example.com/123456789012/q" {
		t.Errorf("got %s", got)
	}
	_, body := h.post("GetQueueAttributes", `{"QueueUrl":"q","AttributeNames":["QueueArn"]}`)
	if !strings.Contains(body, "arn:aws:sqs:eu-west-3:123456789012:q") {
		t.Errorf("got %s", body)
	}
}

// Some SDKs post JSON to the queue URL; the path must not matter.
func TestJSONOnAnyPath(t *testing.T) {
	h := start(t, sqs.Options{})
	h.post("CreateQueue", `{"QueueName":"q"}`)
	for _, path := range []string{"/", "/000000000000/q", "/000000000000/other", "/x/y/z?a=b"} {
		r, err := http.NewRequest("POST", "http://sqs.test"+path, strings.NewReader(`{"QueueUrl":"q","MessageBody":"x"}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Amz-Target", "AmazonSQS.SendMessage")
		r.Header.Set("Content-Type", "application/x-amz-json-1.0")
		if res, body := h.do(r); res.StatusCode != 200 {
			t.Errorf("%s: %s %s", path, res.Status, body)
		}
	}
}

func TestLargeRequests(t *testing.T) {
	h := start(t, sqs.Options{Limits: sqs.Limits{BodyBytes: 100_000, PendingBytes: 250_000}})
	h.post("CreateQueue", `{"QueueName":"q"}`)
	request := func(n int) string {
		return `{"QueueUrl":"q","MessageBody":"` + strings.Repeat("x", n-len(`{"QueueUrl":"q","MessageBody":""}`)) + `"}`
	}
	send := func(body io.Reader) (*http.Response, string) {
		r, err := http.NewRequest("POST", "http://sqs.test/", body)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Amz-Target", "AmazonSQS.SendMessage")
		return h.do(r)
	}
	const want = "One or more parameters are invalid. Reason: Request must be shorter than 100000 bytes."
	chunked := func(s string) io.Reader { return io.MultiReader(strings.NewReader(s)) } // of unknown length
	if res, body := send(strings.NewReader(request(100_000))); res.StatusCode != 200 {
		t.Errorf("%s %s", res.Status, body)
	}
	if res, body := send(chunked(request(100_000))); res.StatusCode != 200 {
		t.Errorf("chunked: %s %s", res.Status, body)
	}
	if res, body := send(strings.NewReader(request(100_001))); res.StatusCode != 400 || !strings.Contains(body, want) {
		t.Errorf("%s %s", res.Status, body)
	}
	if res, body := send(chunked(request(100_001))); res.StatusCode != 400 || !strings.Contains(body, want) {
		t.Errorf("chunked: %s %s", res.Status, body)
	}
	// The memory of requests that are over is free again.
	for range 10 {
		if res, body := send(strings.NewReader(request(90_000))); res.StatusCode != 200 {
			t.Fatalf("%s %s", res.Status, body)
		}
	}
}

// Requests that come at the same time share a bound.
func TestPendingBytes(t *testing.T) {
	bubble(t, sqs.Options{Limits: sqs.Limits{PendingBytes: 300_000}}, func(t *testing.T, h *house) {
		first, err := h.dial(context.Background(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		head := "POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: AmazonSQS.ListQueues\r\nContent-Length: 200000\r\nConnection: close\r\n\r\n{"
		half := strings.Repeat(" ", 99_999)
		if _, err := io.WriteString(first, head+half); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		got := h.raw(head + half + half + "}")
		if !strings.HasPrefix(got, "HTTP/1.1 400 ") || !strings.Contains(got, "RequestThrottled;Sender") {
			t.Errorf("got %s", got)
		}
		first.Close()
		synctest.Wait()
		got = h.raw(head + half + half + "}")
		if !strings.HasPrefix(got, "HTTP/1.1 200 ") {
			t.Errorf("got %s", got)
		}
	})
}

func TestTooManyConnections(t *testing.T) {
	bubble(t, sqs.Options{Limits: sqs.Limits{Connections: 2}}, func(t *testing.T, h *house) {
		one, err := h.dial(context.Background(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		two, err := h.dial(context.Background(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		defer two.Close()
		if got := h.raw("GET / HTTP/1.1\r\nHost: x\r\n\r\n"); got != "" {
			t.Errorf("the third connection got %s", got)
		}
		one.Close()
		synctest.Wait()
		if got := h.raw("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"); !strings.HasPrefix(got, "HTTP/1.1 400 ") {
			t.Errorf("the one in its place got %s", got)
		}
	})
}

// panics is an Authenticator with a bug.
type panics struct{}

func (panics) Authenticate(context.Context, protocols.Credentials) (protocols.Principal, error) {
	panic("a bug")
}

// A bug hurts one request, and its id leads from the answer to the log.
func TestPanic(t *testing.T) {
	var log bytes.Buffer
	h := start(t, sqs.Options{Auth: panics{}, Log: slog.New(slog.NewTextHandler(&log, nil))})
	for range 2 {
		res, body := h.post("ListQueues", `{}`)
		id := res.Header.Get("X-Amzn-Requestid")
		if res.StatusCode != 500 || res.Header.Get("X-Amzn-Query-Error") != "InternalFailure;Receiver" || !strings.Contains(body, id) {
			t.Errorf("%s %s", res.Status, body)
		}
		if !strings.Contains(log.String(), id) || !strings.Contains(log.String(), "a bug") {
			t.Errorf("log: %s", log.String())
		}
	}
	if res, body := h.form("/", "Action=ListQueues"); res.StatusCode != 500 || !strings.Contains(body, "<Code>InternalFailure</Code><Message>The request failed because of an internal error. Its id is "+res.Header.Get("X-Amzn-Requestid")) {
		t.Errorf("%s %s", res.Status, body)
	}
}

// keyring lets in who has a key and has signed with the key's secret, SECRET, to do
// what the key says. The key "" stands for those who show nothing.
type keyring map[string]map[protocols.Action]bool

func (k keyring) Authenticate(_ context.Context, c protocols.Credentials) (protocols.Principal, error) {
	if may, ok := k[c.AccessKey]; ok && (c.AccessKey == "" || c.Proof("SECRET")) {
		return holder{c.AccessKey, may}, nil
	}
	return nil, protocols.ErrDenied
}

type holder struct {
	name string
	may  map[protocols.Action]bool
}

func (p holder) Name() string { return p.name }

func (p holder) May(a protocols.Action, d queuecore.Destination) bool {
	if a == protocols.Redrive { // as in the short form of a policy
		a = protocols.Receive
	}
	return p.may[a] && d == queuecore.QueueNamed("q")
}

// need is an operation on the queue q, and what an access key must allow for it.
type need struct {
	action protocols.Action
	body   string
}

// needs are all operations that are about a queue.
func needs() map[string]need {
	return map[string]need{
		"CreateQueue":                  {protocols.Create, `{"QueueName":"q"}`},
		"DeleteQueue":                  {protocols.Delete, `{"QueueUrl":"q"}`},
		"PurgeQueue":                   {protocols.Purge, `{"QueueUrl":"q"}`},
		"GetQueueUrl":                  {protocols.Browse, `{"QueueName":"q"}`},
		"GetQueueAttributes":           {protocols.Send, `{"QueueUrl":"q","AttributeNames":["All"]}`},
		"SetQueueAttributes":           {protocols.Create, `{"QueueUrl":"q","Attributes":{"DelaySeconds":"0"}}`},
		"SendMessage":                  {protocols.Send, `{"QueueUrl":"q","MessageBody":"x"}`},
		"SendMessageBatch":             {protocols.Send, `{"QueueUrl":"q","Entries":[{"Id":"1","MessageBody":"x"}]}`},
		"ReceiveMessage":               {protocols.Receive, `{"QueueUrl":"q"}`},
		"DeleteMessage":                {protocols.Receive, `{"QueueUrl":"q","ReceiptHandle":"x"}`},
		"DeleteMessageBatch":           {protocols.Receive, `{"QueueUrl":"q","Entries":[{"Id":"1","ReceiptHandle":"x"}]}`},
		"ChangeMessageVisibility":      {protocols.Receive, `{"QueueUrl":"q","ReceiptHandle":"x","VisibilityTimeout":1}`},
		"ChangeMessageVisibilityBatch": {protocols.Receive, `{"QueueUrl":"q","Entries":[{"Id":"1","ReceiptHandle":"x","VisibilityTimeout":1}]}`},
		"TagQueue":                     {protocols.Create, `{"QueueUrl":"q","Tags":{"a":"b"}}`},
		"UntagQueue":                   {protocols.Create, `{"QueueUrl":"q","TagKeys":["a"]}`},
		"ListQueueTags":                {protocols.Receive, `{"QueueUrl":"q"}`},
		"ListDeadLetterSourceQueues":   {protocols.Browse, `{"QueueUrl":"q"}`},
		"AddPermission":                {protocols.Admin, `{"QueueUrl":"q","Label":"l","AWSAccountIds":["123456789012"],"Actions":["*"]}`},
		"RemovePermission":             {protocols.Admin, `{"QueueUrl":"q","Label":"l"}`},
		"StartMessageMoveTask":         {protocols.Receive, `{"SourceArn":"arn:aws:sqs:x:1:q"}`},
		"CancelMessageMoveTask":        {protocols.Receive, `{"TaskHandle":"` + taskHandle("q") + `"}`},
		"ListMessageMoveTasks":         {protocols.Send, `{"SourceArn":"arn:aws:sqs:x:1:q"}`},
	}
}

// Each action asks for what it needs, and for the queue it is about.
func TestAuthorisation(t *testing.T) {
	for name, c := range needs() {
		t.Run(name, func(t *testing.T) {
			h := start(t, sqs.Options{Auth: keyring{"": {}, "AKID": {c.action: true}}})
			for _, q := range []string{"q", "r"} {
				if _, err := h.broker.EnsureQueue(t.Context(), q, queuecore.QueueConfig{}); err != nil {
					t.Fatal(err)
				}
			}
			const denied = "AccessDenied;Sender"
			if res, body := h.signed(name, c.body); res.Header.Get("X-Amzn-Query-Error") == denied {
				t.Errorf("allowed: %s %s", res.Status, body)
			}
			if res, body := h.post(name, c.body, "X-Amzn-Query-Mode", "true"); res.Header.Get("X-Amzn-Query-Error") != denied || res.StatusCode != 403 {
				t.Errorf("not allowed: %s %s", res.Status, body)
			}
			other := strings.NewReplacer(`"q"`, `"r"`, `:q"`, `:r"`, taskHandle("q"), taskHandle("r")).Replace(c.body)
			res, body := h.signed(name, other)
			if res.Header.Get("X-Amzn-Query-Error") != denied || !strings.Contains(body, " on resource: arn:aws:sqs:us-east-1:000000000000:r because no identity-based policy allows the sqs:") {
				t.Errorf("another queue: %s %s", res.Status, body)
			}
		})
	}
}

// Only what a client may see is listed, and messages carry their sender's name.
func TestAuthenticatedUse(t *testing.T) {
	h := start(t, sqs.Options{Auth: keyring{"AKID": {protocols.Create: true, protocols.Send: true, protocols.Receive: true}}})
	if _, err := h.broker.EnsureQueue(t.Context(), "r", queuecore.QueueConfig{}); err != nil {
		t.Fatal(err)
	}
	h.signed("CreateQueue", `{"QueueName":"q"}`)
	if _, body := h.signed("ListQueues", `{}`); body != `{"QueueUrls":["http://sqs.test/000000000000/q"]}` {
		t.Errorf("list: %s", body)
	}
	h.signed("SendMessage", `{"QueueUrl":"q","MessageBody":"x"}`)
	if _, body := h.signed("ReceiveMessage", `{"QueueUrl":"q","AttributeNames":["SenderId"]}`); !strings.Contains(body, `"SenderId":"AKID"`) {
		t.Errorf("receive: %s", body)
	}
}

// Messages carry on the trace of the request that sent them, unless they have one.
func TestTraceOfTheRequest(t *testing.T) {
	h := start(t, sqs.Options{})
	h.post("CreateQueue", `{"QueueName":"q","Attributes":{"VisibilityTimeout":"0"}}`)
	const own = `,"MessageSystemAttributes":{"AWSTraceHeader":{"DataType":"String","StringValue":"Root=own"}}`
	for _, c := range []struct{ header, more, want string }{
		{"Root=1-2;Parent=3;Sampled=1", "", `"Attributes":{"AWSTraceHeader":"Root=1-2;Parent=3;Sampled=1"}`},
		{"Root=1", own, `"Attributes":{"AWSTraceHeader":"Root=own"}`},
		{"\xff", "", `"Body":"x"}`},
		{strings.Repeat("x", 2049), "", `"Body":"x"}`},
	} {
		res, body := h.post("SendMessage", `{"QueueUrl":"q","MessageBody":"x"`+c.more+`}`, "X-Amzn-Trace-Id", c.header)
		if res.StatusCode != 200 || (c.more == "") == strings.Contains(body, "MD5OfMessageSystemAttributes") {
			t.Errorf("%s: %s", res.Status, body)
		}
		if _, body = h.post("ReceiveMessage", `{"QueueUrl":"q","AttributeNames":["AWSTraceHeader"]}`); !strings.Contains(body, c.want) {
			t.Errorf("got %s, want %s", body, c.want)
		}
		h.post("PurgeQueue", `{"QueueUrl":"q"}`)
	}
}
