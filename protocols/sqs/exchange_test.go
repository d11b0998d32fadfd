package sqs_test

import (
	"bufio"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// reply is an answer that is well formed in the form of its request.
type reply struct {
	status  int
	header  http.Header
	body    string
	code    string // of an error, as the query form names it
	kind    string // __type of an error in the JSON form
	message string // of an error
}

// exchange sends a request as it is spelled here, on a connection of its own, and holds
// the answer to the form. method is that of the request.
func (h *house) exchange(t testing.TB, json bool, method, request string) reply {
	t.Helper()
	c, err := h.dial(context.Background(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	// Ends when the text is written or the connection closed.
	go io.WriteString(c, request)
	in := bufio.NewReader(c)
	for {
		res, err := http.ReadResponse(in, &http.Request{Method: method})
		if err != nil {
			t.Fatalf("%v after %.300q", err, request)
		}
		if res.StatusCode == http.StatusContinue {
			continue
		}
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatalf("%v after %.300q", err, request)
		}
		r, err := judged(json, method, res.StatusCode, res.Header, string(body))
		if err != nil {
			t.Errorf("%v\nrequest %.300q\nanswer %d %v %.600s", err, request, res.StatusCode, res.Header, body)
		}
		return r
	}
}

// judged says what is wrong with an answer, whatever it was asked for.
func judged(json bool, method string, status int, h http.Header, body string) (reply, error) {
	r := reply{status: status, header: h, body: body}
	kind := "text/xml"
	if json {
		kind = "application/x-amz-json-1.0"
	}
	switch {
	case status != 200 && status/100 != 4:
		return r, fmt.Errorf("status %d", status)
	case h.Get("Content-Type") != kind:
		return r, fmt.Errorf("Content-Type %q, want %q", h.Get("Content-Type"), kind)
	case h.Get("X-Amzn-Requestid") == "" || h.Get("Date") == "":
		return r, errors.New("no request id or no date")
	case method == "HEAD":
		return r, nil
	case h.Get("Content-Length") != strconv.Itoa(len(body)):
		return r, fmt.Errorf("Content-Length %s of %d bytes", h.Get("Content-Length"), len(body))
	case json:
		return r, r.judgeJSON()
	}
	return r, r.judgeXML()
}

func (r *reply) judgeJSON() error {
	if r.body == "" && r.status == 200 {
		return nil
	}
	var x map[string]json.RawMessage
	if err := json.Unmarshal([]byte(r.body), &x); err != nil {
		return err
	}
	if r.status == 200 {
		return nil
	}
	if json.Unmarshal(x["__type"], &r.kind) != nil || json.Unmarshal(x["message"], &r.message) != nil || len(x) != 2 || r.message == "" {
		return errors.New("not __type and message")
	}
	space, _, ok := strings.Cut(r.kind, "#")
	if !ok || space != "com.amazonaws.sqs" && space != "com.amazon.coral.service" {
		return fmt.Errorf("__type %s", r.kind)
	}
	code, fault, _ := strings.Cut(r.header.Get("X-Amzn-Query-Error"), ";")
	if r.code = code; code == "" || fault != "Sender" {
		return fmt.Errorf("x-amzn-query-error %q", r.header.Get("X-Amzn-Query-Error"))
	}
	return nil
}

func (r *reply) judgeXML() error {
	var x struct {
		XMLName xml.Name
		Error   *struct{ Type, Code, Message string }
		Own     string `xml:"RequestId"`
		Meta    string `xml:"ResponseMetadata>RequestId"`
	}
	if err := xml.Unmarshal([]byte(r.body), &x); err != nil {
		return err
	}
	id := r.header.Get("X-Amzn-Requestid")
	switch {
	case x.XMLName.Space != "http://queue.amazonaws.com/doc/2012-11-05/":
		return fmt.Errorf("namespace %q", x.XMLName.Space)
	case r.header.Get("X-Amzn-Query-Error") != "":
		return errors.New("x-amzn-query-error in the query form")
	case r.status == 200 && strings.HasSuffix(x.XMLName.Local, "Response") && x.Error == nil && x.Meta == id:
		return nil
	case r.status == 200 || x.XMLName.Local != "ErrorResponse" || x.Error == nil || x.Own != id:
		return fmt.Errorf("a %s", x.XMLName.Local)
	}
	r.code, r.message = x.Error.Code, x.Error.Message
	if x.Error.Type != "Sender" || r.code == "" || r.message == "" {
		return fmt.Errorf("error %+v", x.Error)
	}
	return nil
}

// jsonText spells a request of the JSON form.
func jsonText(path, action, body string, lines ...string) string {
	return httpText("POST", path, body, append([]string{"Content-Type: application/x-amz-json-1.0", "X-Amz-Target: AmazonSQS." + action}, lines...)...)
}

// queryText spells a request of the query form, by POST.
func queryText(path, form string, lines ...string) string {
	return httpText("POST", path, form, append([]string{"Content-Type: application/x-www-form-urlencoded"}, lines...)...)
}

// httpText spells a request; the length of the body goes without saying.
func httpText(method, target, body string, lines ...string) string {
	head := method + " " + target + " HTTP/1.1\r\nHost: sqs.test\r\nConnection: close\r\n"
	for _, line := range lines {
		head += line + "\r\n"
	}
	return head + "Content-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
}
