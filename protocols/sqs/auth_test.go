package sqs_test

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sluicemq/sluice/bridge/auth"
	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/sqs"
	"github.com/sluicemq/sluice/queuecore"
)

const mismatch = "The request signature we calculated does not match the signature you provided. " +
	"Check your AWS Secret Access Key and signing method. Consult the service documentation for details."

// refusal is a request that must be refused, and how.
type refusal struct {
	name        string
	r           *http.Request
	status      int
	code, shape string
	message     string // its beginning
}

func refusals(t *testing.T, request func() *http.Request) []refusal {
	wrong, unknown, old := akid(), akid(), akid()
	wrong.secret, unknown.key = "OTHER", "NOBODY"
	old.at = old.at.Add(-time.Hour)
	stamp := old.at.UTC().Format("20060102T150405Z")
	incomplete := request()
	incomplete.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKID/20261127/x/sqs/aws4_request")
	return []refusal{
		{"unsigned", request(), 403, "MissingAuthenticationToken", "MissingAuthenticationTokenException", "Request is missing Authentication Token"},
		{"incomplete", incomplete, 400, "IncompleteSignature", "IncompleteSignatureException", "Authorization header requires 'SignedHeaders' parameter."},
		{"unknown", unknown.sign(t, request()), 403, "InvalidClientTokenId", "UnrecognizedClientException", "The security token included in the request is invalid."},
		{"wrong", wrong.sign(t, request()), 403, "SignatureDoesNotMatch", "InvalidSignatureException", mismatch},
		{"expired", old.sign(t, request()), 403, "SignatureDoesNotMatch", "InvalidSignatureException", "Signature expired: " + stamp + " is now earlier than "},
		{"presigned", wrong.presign(t, request()), 403, "SignatureDoesNotMatch", "InvalidSignatureException", mismatch},
	}
}

// Both forms of every refusal, in full.
func TestRefusals(t *testing.T) {
	h := start(t, sqs.Options{Auth: oneKey(t)})
	for _, c := range refusals(t, func() *http.Request { return jsonRequest(t, "ListQueues", "{}") }) {
		res, body := h.do(c.r)
		var e struct {
			Type    string `json:"__type"`
			Message string `json:"message"`
		}
		if err := json.Unmarshal([]byte(body), &e); err != nil || res.StatusCode != c.status || res.Header.Get("X-Amzn-Query-Error") != c.code+";Sender" ||
			e.Type != "com.amazon.coral.service#"+c.shape || !strings.HasPrefix(e.Message, c.message) {
			t.Errorf("JSON, %s: %s %v %s", c.name, res.Status, res.Header, body)
		}
	}
	for _, method := range []string{"GET", "POST"} {
		for _, c := range refusals(t, func() *http.Request { return queryRequest(t, method, "/", "Action=ListQueues&Version=2012-11-05") }) {
			res, body := h.do(c.r)
			var e struct {
				XMLName xml.Name `xml:"ErrorResponse"`
				Type    string   `xml:"Error>Type"`
				Code    string   `xml:"Error>Code"`
				Message string   `xml:"Error>Message"`
			}
			if err := xml.Unmarshal([]byte(body), &e); err != nil || res.StatusCode != c.status ||
				e.Type != "Sender" || e.Code != c.code || !strings.HasPrefix(e.Message, c.message) {
				t.Errorf("%s, %s: %s %v %s", method, c.name, res.Status, err, body)
			}
		}
	}
}

// Nothing is done for a client that is refused.
func TestRefusedRequestsDoNothing(t *testing.T) {
	h := start(t, sqs.Options{Auth: oneKey(t)})
	for _, c := range refusals(t, func() *http.Request { return jsonRequest(t, "CreateQueue", `{"QueueName":"q"}`) }) {
		if res, body := h.do(c.r); res.StatusCode != c.status {
			t.Errorf("%s: %s %s", c.name, res.Status, body)
		}
	}
	if _, body := h.signed("ListQueues", "{}"); body != "{}" {
		t.Error(body)
	}
}

// Without keys every request is taken, whatever it shows.
func TestOpenMode(t *testing.T) {
	for _, a := range []protocols.Authenticator{nil, auth.Open{}} {
		h := start(t, sqs.Options{Auth: a})
		for _, c := range refusals(t, func() *http.Request { return jsonRequest(t, "ListQueues", "{}") }) {
			if res, body := h.do(c.r); res.StatusCode != 200 {
				t.Errorf("%s: %s %s", c.name, res.Status, body)
			}
		}
	}
}

// An access key says which actions are allowed, and to which queues.
func TestGrants(t *testing.T) {
	secret := secretOf(t, "SECRET")
	key := func(id string, g auth.Grant) auth.Key {
		return auth.Key{ID: id, User: "of " + id, Secret: secret, Grant: g}
	}
	h := start(t, sqs.Options{Auth: auth.New([]auth.Key{
		key("AKID", auth.Grant{}),
		key("SENDER", auth.Grant{Actions: []protocols.Action{protocols.Send}, Queues: []string{"in-*"}}),
		key("READER", auth.Grant{Actions: []protocols.Action{protocols.Receive}}),
		key("MAKER", auth.Grant{Queues: []string{"in-*"}}),
	})})
	for _, q := range []string{"in-a", "out"} {
		if _, err := h.broker.EnsureQueue(t.Context(), q, queuecore.QueueConfig{}); err != nil {
			t.Fatal(err)
		}
	}
	const send, receive = `{"QueueUrl":"%","MessageBody":"x"}`, `{"QueueUrl":"%"}`
	for _, c := range []struct {
		key, action, body, queue string
		ok                       bool
	}{
		{"AKID", "SendMessage", send, "out", true},
		{"AKID", "DeleteQueue", receive, "none", true}, // so it is not there
		{"SENDER", "SendMessage", send, "in-a", true},
		{"SENDER", "SendMessage", send, "out", false},
		{"SENDER", "SendMessage", send, "none", false}, // nor does it learn what is there
		{"SENDER", "ReceiveMessage", receive, "in-a", false},
		{"SENDER", "PurgeQueue", receive, "in-a", false},
		{"SENDER", "GetQueueUrl", `{"QueueName":"%"}`, "in-a", true},
		{"SENDER", "GetQueueUrl", `{"QueueName":"%"}`, "out", false},
		{"SENDER", "CreateQueue", `{"QueueName":"%"}`, "in-b", false},
		{"READER", "ReceiveMessage", receive, "in-a", true},
		{"READER", "ReceiveMessage", receive, "out", true},
		{"READER", "SendMessage", send, "out", false},
		{"READER", "DeleteQueue", receive, "out", false},
		{"MAKER", "CreateQueue", `{"QueueName":"%"}`, "in-b", true},
		{"MAKER", "CreateQueue", `{"QueueName":"%"}`, "out-b", false},
		// A queue must not send for the key what the key may not send itself.
		{"MAKER", "SetQueueAttributes", `{"QueueUrl":"%","Attributes":{"RedrivePolicy":"{\"maxReceiveCount\":1,\"deadLetterTargetArn\":\"arn:aws:sqs:us-east-1:000000000000:in-b\"}"}}`, "in-a", true},
		{"MAKER", "SetQueueAttributes", `{"QueueUrl":"%","Attributes":{"RedrivePolicy":"{\"maxReceiveCount\":1,\"deadLetterTargetArn\":\"arn:aws:sqs:us-east-1:000000000000:out\"}"}}`, "in-a", false},
	} {
		s := akid()
		s.key = c.key
		res, body := h.do(s.sign(t, jsonRequest(t, c.action, strings.Replace(c.body, "%", c.queue, 1))))
		if denied := res.Header.Get("X-Amzn-Query-Error") == "AccessDenied;Sender" && res.StatusCode == 403; denied == c.ok {
			t.Errorf("%s %s %s: %s %s", c.key, c.action, c.queue, res.Status, body)
		}
	}
	s := akid()
	s.key = "SENDER"
	if _, body := h.do(s.sign(t, jsonRequest(t, "ListQueues", "{}"))); !strings.Contains(body, "/in-a") || strings.Contains(body, "/out") {
		t.Errorf("list: %s", body)
	}
	res, body := h.do(s.sign(t, queryRequest(t, "POST", "/000000000000/out", "Action=SendMessage&MessageBody=x")))
	if res.StatusCode != 403 || !strings.Contains(body, "<Type>Sender</Type><Code>AccessDenied</Code><Message>User: arn:aws:iam::000000000000:user/of SENDER is not authorized to perform: sqs:sendmessage "+
		"on resource: arn:aws:sqs:us-east-1:000000000000:out because no identity-based policy allows the sqs:sendmessage action</Message>") {
		t.Errorf("query: %s %s", res.Status, body)
	}
	// READER has received the one that SENDER sent.
	h.do(s.sign(t, jsonRequest(t, "SendMessage", strings.Replace(send, "%", "in-a", 1))))
	if _, body = h.signed("ReceiveMessage", `{"QueueUrl":"in-a","AttributeNames":["SenderId"]}`); !strings.Contains(body, `"SenderId":"of SENDER"`) {
		t.Errorf("receive: %s", body)
	}
}
