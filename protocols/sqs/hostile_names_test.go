package sqs_test

import (
	"net/url"
	"strings"
	"testing"

	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/sluicemq/sluice/protocols/sqs"
	"github.com/sluicemq/sluice/queuecore"
)

// Both forms take the same spellings of a queue's address, and no other queue is meant.
func TestSpellingsOfQueueURLs(t *testing.T) {
	h := start(t, sqs.Options{})
	for _, name := range []string{"q", "us-east-1"} {
		h.post("CreateQueue", `{"QueueName":"`+name+`"}`)
	}
	for at, known := range map[string]bool{
		"http://sqs.test/000000000000/q":                           true,
		"https://sqs.eu-west-3.amazonaws.com/123456789012/q":       true,
		"https://eu-west-3.queue.amazonaws.com/123456789012/q":     true,
		"http://other.example:4566/queue/us-east-1/000000000000/q": true,
		"http://sqs.test/000000000000/q/":                          true,
		"q":                                                        true,
		"/q":                                                       true,
		"000000000000/q":                                           true,
		"http://sqs.test/000000000000/%71":                         false,
		"http://sqs.test/000000000000/q?x=y":                       false,
		"http://sqs.test/000000000000/q#x":                         false,
		"http://sqs.test/000000000000/Q":                           false,
		"http://sqs.test/000000000000/":                            false,
		"http://sqs.test":                                          false,
		"http://sqs.test/000000000000/q\x00":                       false,
		"http://sqs.test/000000000000/q\r\n":                       false,
		"http://sqs.test\\q":                                       false,
		arn + "q":                                                  false,
		" q":                                                       false,
		"//":                                                       false,
		"..":                                                       false,
		strings.Repeat("q", 100_000):                               false,
	} {
		json := strings.NewReplacer("\x00", `\u0000`, "\r", `\r`, "\n", `\n`, `\`, `\\`).Replace(at)
		for form, r := range map[string]reply{
			"JSON":  h.exchange(t, true, "POST", jsonText("/", "GetQueueAttributes", `{"QueueUrl":"`+json+`","AttributeNames":["QueueArn"]}`)),
			"query": h.exchange(t, false, "POST", queryText("/", "Action=GetQueueAttributes&AttributeName.1=QueueArn&QueueUrl="+url.QueryEscape(at))),
		} {
			found, none := strings.Contains(r.body, arn+"q"), r.code == "AWS.SimpleQueueService.NonExistentQueue"
			if found != known || none == known {
				t.Errorf("%s, %.100q: %d %s", form, at, r.status, r.body)
			}
		}
	}
}

// What a handle can no longer do, in both forms: after a purge, a deletion, the end of its
// queue, and a new one of the same name.
func TestHandlesOfWhatIsGone(t *testing.T) {
	h := start(t, sqs.Options{})
	c := h.client()
	made(t, c, "other", nil)
	take := func() string {
		at := made(t, c, "q", nil)
		sent(t, c, at, "x")
		return *received(t, c, awssqs.ReceiveMessageInput{QueueUrl: at})[0].ReceiptHandle
	}
	const gone, bad = "InvalidParameterValue", "ReceiptHandleIsInvalid"
	none := noSuchQueue().code
	for _, x := range []struct {
		name, queue, remove, change string
		before                      func(handle string)
	}{
		{"of another queue", "other", bad, bad, func(string) {}},
		{"deleted", "q", "", gone, func(s string) { h.post("DeleteMessage", `{"QueueUrl":"q","ReceiptHandle":"`+s+`"}`) }},
		{"purged", "q", "", gone, func(string) { h.post("PurgeQueue", `{"QueueUrl":"q"}`) }},
		{"of a queue that is gone", "q", none, none, func(string) { h.post("DeleteQueue", `{"QueueUrl":"q"}`) }},
		{"of a queue that was called the same", "q", bad, bad, func(string) {
			h.post("DeleteQueue", `{"QueueUrl":"q"}`)
			h.post("CreateQueue", `{"QueueName":"q"}`)
		}},
	} {
		handle := take()
		x.before(handle)
		check := func(what, want string, r reply) {
			t.Helper()
			if r.code != want {
				t.Errorf("%s, %s: got %s %s, want %s", x.name, what, r.code, r.message, want)
			}
		}
		at := `{"QueueUrl":"` + x.queue + `","ReceiptHandle":"` + handle + `"`
		form := "QueueUrl=" + x.queue + "&ReceiptHandle=" + handle
		check("JSON", x.remove, h.exchange(t, true, "POST", jsonText("/", "DeleteMessage", at+"}")))
		check("query", x.remove, h.exchange(t, false, "POST", queryText("/", "Action=DeleteMessage&"+form)))
		check("JSON", x.change, h.exchange(t, true, "POST", jsonText("/", "ChangeMessageVisibility", at+`,"VisibilityTimeout":5}`)))
		check("query", x.change, h.exchange(t, false, "POST", queryText("/", "Action=ChangeMessageVisibility&VisibilityTimeout=5&"+form)))
		h.post("PurgeQueue", `{"QueueUrl":"q"}`)
	}
}

// In closed mode every operation refuses who does not sign, and who signs with another
// key or secret, in both forms, and does nothing.
func TestEveryOperationIsClosed(t *testing.T) {
	h := start(t, sqs.Options{Auth: oneKey(t), Now: newClock().now}) // for the time is in what is compared
	credential := "Credential=%/20000101/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=" + strings.Repeat("0", 64)
	for _, o := range operations() {
		for _, c := range []struct{ key, code string }{
			{"", "MissingAuthenticationToken"}, {"NOBODY", "InvalidClientTokenId"}, {"AKID", "SignatureDoesNotMatch"},
		} {
			var lines []string
			if c.key != "" {
				lines = []string{"X-Amz-Date: 20000101T000000Z", "Authorization: AWS4-HMAC-SHA256 " + strings.Replace(credential, "%", c.key, 1)}
			}
			json := h.exchange(t, true, "POST", jsonText("/", o.name, "{"+o.json+"}", append(lines, "X-Amzn-Query-Mode: true")...))
			query := h.exchange(t, false, "POST", queryText("/", "Action="+o.name+"&"+o.query, lines...))
			if json.code != c.code || query.code != c.code || json.status != 403 || query.status != 403 || json.message != query.message {
				t.Errorf("%s as %q: %d %s %s, %d %s %s", o.name, c.key, json.status, json.code, json.message, query.status, query.code, query.message)
			}
		}
	}
	if list := h.broker.Queues(""); len(list) > 0 {
		t.Errorf("%v", list)
	}
}

// A queue of another dialect that is called like a FIFO queue and is none looks like a
// standard one through and through.
func TestFIFONameAlone(t *testing.T) {
	h := start(t, sqs.Options{})
	if _, err := h.broker.EnsureQueue(t.Context(), "x.fifo", queuecore.QueueConfig{}); err != nil {
		t.Fatal(err)
	}
	r := h.exchange(t, true, "POST", jsonText("/", "SendMessage", `{"QueueUrl":"x.fifo","MessageBody":"x"}`))
	if r.status != 200 || strings.Contains(r.body, "SequenceNumber") {
		t.Errorf("sent: %s", r.body)
	}
	r = h.exchange(t, true, "POST", jsonText("/", "ReceiveMessage", `{"QueueUrl":"x.fifo","AttributeNames":["All"]}`))
	if !strings.Contains(r.body, "SentTimestamp") || strings.Contains(r.body, "SequenceNumber") {
		t.Errorf("received: %s", r.body)
	}
	r = h.exchange(t, true, "POST", jsonText("/", "GetQueueAttributes", `{"QueueUrl":"x.fifo","AttributeNames":["All"]}`))
	if !strings.Contains(r.body, "DelaySeconds") || strings.Contains(r.body, "FifoQueue") {
		t.Errorf("attributes: %s", r.body)
	}
}
