package sqs_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/protocols/sqs"
)

const (
	jsonHead = "X-Amz-Target: AmazonSQS.ListQueues\r\nContent-Type: application/x-amz-json-1.0\r\n"
	formHead = "Content-Type: application/x-www-form-urlencoded\r\n"
	formBody = "Action=ListQueues"
)

// chunked spells a body in chunks of up to three bytes.
func chunked(body string) string {
	var b strings.Builder
	for len(body) > 0 {
		n := min(3, len(body))
		fmt.Fprintf(&b, "%x;ext=1\r\n%s\r\n", n, body[:n])
		body = body[n:]
	}
	return b.String() + "0\r\nTrailer: x\r\n\r\n"
}

// What HTTP allows around a request does not lead out of the request's form.
func TestHostileHTTP(t *testing.T) {
	h := start(t, sqs.Options{})
	h.post("CreateQueue", `{"QueueName":"q"}`)
	const malformed, action, wrong = "MalformedInput", "InvalidAction", "InvalidParameterValue"
	const host = " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
	length := func(body string) string { return fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body) }
	filler := func(n int) string {
		return strings.Repeat("X-Filler: "+strings.Repeat("x", 1000)+"\r\n", n)
	}
	for _, c := range []struct {
		name   string
		json   bool
		method string
		text   string
		code   string
		said   string
	}{
		{"chunks", true, "POST", "POST /" + host + jsonHead + "Transfer-Encoding: chunked\r\n\r\n" + chunked(`{"MaxResults":5}`), "", ""},
		{"chunks", false, "POST", "POST /" + host + formHead + "Transfer-Encoding: chunked\r\n\r\n" + chunked(formBody), "", ""},
		{"chunks that are none", true, "POST", "POST /" + host + jsonHead + "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n", malformed, "could not be read"},
		{"chunks that are none", false, "POST", "POST /" + host + formHead + "Transfer-Encoding: chunked\r\n\r\n-1\r\n", malformed, "could not be read"},
		{"expectation", true, "POST", "POST /" + host + jsonHead + "Expect: 100-continue\r\n" + length("{}"), "", ""},
		{"expectation", false, "POST", "POST /" + host + formHead + "Expect: 100-continue\r\n" + length(formBody), "", ""},
		{"expectation of too much", true, "POST", "POST /" + host + jsonHead + "Expect: 100-continue\r\nContent-Length: 99999999999\r\n\r\n", wrong, "Request must be shorter than 8388608 bytes."},
		{"gzip", true, "POST", "POST /" + host + jsonHead + "Content-Encoding: gzip\r\n" + length("\x1f\x8b\x08"), malformed, "The content encoding gzip is not supported."},
		{"gzip", false, "POST", "POST /?Action=DeleteQueue&QueueUrl=q" + host + formHead + "Content-Encoding: gzip\r\n" + length("\x1f\x8b\x08"), malformed, "The content encoding gzip is not supported."},
		{"identity", true, "POST", "POST /" + host + jsonHead + "Content-Encoding: identity\r\n" + length("{}"), "", ""},
		{"gzip would do for the answer", true, "POST", "POST /" + host + jsonHead + "Accept-Encoding: gzip\r\n" + length("{}"), "", ""},

		{"HEAD", false, "HEAD", "HEAD /?Action=DeleteQueue&QueueUrl=q" + host + "\r\n", "", ""},
		{"HEAD", true, "HEAD", "HEAD /" + host + jsonHead + "\r\n", "", ""},
		{"PUT", true, "PUT", "PUT /" + host + jsonHead + length("{}"), action, "The method PUT is not valid for this endpoint. It must be POST."},
		{"PUT", false, "PUT", "PUT /" + host + formHead + length("Action=DeleteQueue&QueueUrl=q"), action, "The method PUT is not valid for this endpoint. It must be GET or POST."},
		{"DELETE", false, "DELETE", "DELETE /000000000000/q" + host + "\r\n", action, "The method DELETE is not valid"},
		{"OPTIONS", false, "OPTIONS", "OPTIONS /" + host + "Origin: http://evil.example\r\n\r\n", action, "The method OPTIONS is not valid"},
		{"OPTIONS of the server", false, "OPTIONS", "OPTIONS *" + host + "\r\n", action, "The method OPTIONS is not valid"},
		{"PATCH", true, "PATCH", "PATCH /" + host + jsonHead + length("{}"), action, "The method PATCH is not valid"},
		{"a method of one's own", false, "BREW", "BREW /" + host + "\r\n", action, "The method BREW is not valid"},
		{"CONNECT", false, "CONNECT", "CONNECT evil.example:443" + host + "\r\n", action, "The method CONNECT is not valid"},
		{"JSON by GET", true, "GET", "GET /" + host + jsonHead + "\r\n", action, "The method GET is not valid for this endpoint. It must be POST."},
		{"method in small letters", false, "post", "post /" + host + formHead + length(formBody), action, "The method post is not valid"},

		{"HTTP/1.0", true, "POST", "POST / HTTP/1.0\r\n" + jsonHead + length("{}"), "", ""},
		{"HTTP/1.0", false, "GET", "GET /?Action=ListQueues HTTP/1.0\r\n\r\n", "", ""},
		{"the address in full", false, "GET", "GET http://other.example/?Action=ListQueues HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "", ""},
		{"a path with everything", true, "POST", "POST /%00/..//%2e%2e/%ff?%zz" + host + jsonHead + length("{}"), "", ""},
		{"an address with everything", false, "GET", "GET /%00/%ff?Action=ListQueues&%zz" + host + "\r\n", malformed, "syntax error"},
		{"a long path", false, "GET", "GET /" + strings.Repeat("a/", 5000) + "q?Action=GetQueueAttributes" + host + "\r\n", "", ""},
		{"a body with GET", false, "GET", "GET /" + host + formHead + length(formBody), "", ""},

		{"a long header", true, "POST", "POST /" + host + jsonHead + filler(40) + length("{}"), wrong, "The header must be shorter than 32768 bytes"},
		{"a long header", false, "POST", "POST /" + host + formHead + filler(40) + length(formBody), wrong, "The header must be shorter than 32768 bytes"},
		{"a long address", false, "GET", "GET /?Action=ListQueues&x=" + strings.Repeat("x", 40_000) + host + "\r\n", wrong, "The header must be shorter than 32768 bytes"},
		{"a header as long as it may be", true, "POST", "POST /" + host + jsonHead + filler(30) + length("{}"), "", ""},

		{"no type", true, "POST", "POST /" + host + "X-Amz-Target: AmazonSQS.ListQueues\r\n" + length("{}"), "", ""},
		{"another JSON", true, "POST", "POST /" + host + "X-Amz-Target: AmazonSQS.ListQueues\r\nContent-Type: application/json; charset=utf-8\r\n" + length("{}"), "", ""},
		{"JSON 1.1", true, "POST", "POST /" + host + "X-Amz-Target: AmazonSQS.ListQueues\r\nContent-Type: application/x-amz-json-1.1\r\n" + length("{}"), "", ""},
		{"a form with a target", true, "POST", "POST /" + host + "X-Amz-Target: AmazonSQS.ListQueues\r\n" + formHead + length(formBody), malformed, "not valid JSON"},
		{"no target", true, "POST", "POST /" + host + "Content-Type: application/x-amz-json-1.0\r\n" + length("{}"), action, "is not valid for this endpoint."},
		{"a target of another service", true, "POST", "POST /" + host + "X-Amz-Target: DynamoDB_20120810.ListTables\r\n" + length("{}"), action, "The action DynamoDB_20120810.ListTables is not valid"},
		{"a target in small letters", true, "POST", "POST /" + host + "X-Amz-Target: amazonsqs.ListQueues\r\n" + length("{}"), action, "is not valid"},
		{"a target that is none", true, "POST", "POST /" + host + "X-Amz-Target: AmazonSQS.\r\n" + length("{}"), action, "The action  is not valid"},
		{"a long target", true, "POST", "POST /" + host + "X-Amz-Target: AmazonSQS." + strings.Repeat("x", 20_000) + "\r\n" + length("{}"), action, "xxx... is not valid"},
		{"a form of no type", false, "POST", "POST /" + host + length(formBody), "", ""},
		{"a form of another type", false, "POST", "POST /" + host + "Content-Type: text/plain\r\n" + length(formBody), "", ""},
		{"a multipart form", false, "POST", "POST /" + host + "Content-Type: multipart/form-data; boundary=x\r\n" + length("--x\r\nContent-Disposition: form-data; name=\"Action\"\r\n\r\nListQueues\r\n--x--\r\n"), "MissingAction", "Action"},
	} {
		t.Run(fmt.Sprintf("%s, JSON %v", c.name, c.json), func(t *testing.T) {
			r := h.exchange(t, c.json, c.method, c.text)
			if r.code != c.code || !strings.Contains(r.message, c.said) || (c.method != "HEAD" && (c.code == "") != (r.status == 200)) {
				t.Errorf("got %d %s %.300q, want %s %q", r.status, r.code, r.message, c.code, c.said)
			}
			if c.method == "HEAD" && r.status != 400 || r.header.Get("Content-Encoding") != "" {
				t.Errorf("%d %v", r.status, r.header)
			}
		})
	}
	if _, err := h.broker.Queue("q"); err != nil {
		t.Errorf("the queue: %v", err)
	}
}

// Nobody's words become lines of the header.
func TestNoHeaderInjection(t *testing.T) {
	h := start(t, sqs.Options{})
	r := h.exchange(t, false, "GET", "GET /?Action=x%0d%0aEvil:%20yes"+" HTTP/1.1\r\nHost: x\r\nX-Forwarded-Host: a\tb\r\nConnection: close\r\n\r\n")
	if r.code != "InvalidAction" || r.header.Get("Evil") != "" {
		t.Errorf("%v %s", r.header, r.body)
	}
}
