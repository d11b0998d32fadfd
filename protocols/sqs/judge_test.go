package sqs_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/sluicemq/sluice/protocols/sqs"
)

// drawn is a random request: either form, with any path, parameters, headers and body.
func drawn(t *rapid.T, outer testing.TB) *http.Request {
	text := rapid.StringN(0, 20, -1)
	prefix := text.Filter(func(s string) bool { return len(s) <= 80 }).Draw(t, "prefix")
	var r *http.Request
	if rapid.Bool().Draw(t, "JSON") {
		body, err := json.Marshal(map[string]string{"QueueNamePrefix": prefix})
		if err != nil {
			t.Fatal(err)
		}
		r = jsonRequest(outer, "ListQueues", string(body))
	} else {
		method := rapid.SampledFrom([]string{"GET", "POST"}).Draw(t, "method")
		r = queryRequest(outer, method, "/", url.Values{"Action": {"GetQueueUrl"}, "QueueName": {"q"}, "Other": {prefix}}.Encode())
	}
	r.URL.Path = "/" + strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "q.fifo", ".", "..", "", "b c", "é", "%", "x+y", "(1)", "~_-"}), 0, 5).Draw(t, "path"), "/")
	query := r.URL.Query()
	for range rapid.IntRange(0, 4).Draw(t, "parameters") {
		query.Add("p"+strings.ReplaceAll(text.Draw(t, "name"), ".", ""), text.Draw(t, "value"))
	}
	r.URL.RawQuery = query.Encode()
	value := rapid.StringOf(rapid.RuneFrom([]rune("ab \t,;=:\"é"))).Filter(func(s string) bool { return strings.TrimSpace(s) == s })
	for range rapid.IntRange(0, 4).Draw(t, "headers") {
		r.Header.Add(rapid.SampledFrom([]string{"X-One", "x-two", "Cache-Control", "X-Amz-Meta-A"}).Draw(t, "header"), value.Draw(t, "header value"))
	}
	return r
}

// What the SDK for Go signs is taken, whatever the request, and what it signs with
// another secret is not.
func TestJudge(t *testing.T) {
	h := start(t, sqs.Options{Auth: oneKey(t)})
	h.signed("CreateQueue", `{"QueueName":"q"}`)
	rapid.Check(t, func(rt *rapid.T) {
		s := akid()
		s.token = rapid.SampledFrom([]string{"", "TOKEN/+="}).Draw(rt, "token")
		s.at = s.at.Add(time.Duration(rapid.IntRange(-800, 800).Draw(rt, "skew")) * time.Second)
		good := rapid.Bool().Draw(rt, "good")
		if !good {
			s.secret += "x"
		}
		sign := s.sign
		if rapid.Bool().Draw(rt, "presigned") {
			sign = s.presign
		}
		r := sign(t, drawn(rt, t))
		if res, body := h.do(r); (res.StatusCode == 200) != good || !good && !strings.Contains(body, mismatch) {
			rt.Fatalf("%s %s %v: %s %s", r.Method, r.URL, r.Header, res.Status, body)
		}
	})
}

// Whoever changes a signed request on its way is found out.
func TestTampering(t *testing.T) {
	h := start(t, sqs.Options{Auth: oneKey(t)})
	h.signed("CreateQueue", `{"QueueName":"q"}`)
	request := func() *http.Request {
		r := jsonRequest(t, "SendMessage", `{"QueueUrl":"q","MessageBody":"pay 1"}`)
		r.URL.RawQuery = "a=1%2B1&b=2"
		r.Header.Set("X-Two", "a b")
		return r
	}
	changes := map[string]func(*http.Request){
		"nothing": func(*http.Request) {},
		"body": func(r *http.Request) {
			*r = *r.Clone(r.Context())
			setBody(r, `{"QueueUrl":"q","MessageBody":"pay 9"}`)
		},
		"method":     func(r *http.Request) { r.Method = "PUT" },
		"path":       func(r *http.Request) { r.URL.Path = "/other" },
		"host":       func(r *http.Request) { r.Host = "other.test" },
		"parameter":  func(r *http.Request) { r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "b=2", "b=3", 1) },
		"plus":       func(r *http.Request) { r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "%2B", "+", 1) },
		"one more":   func(r *http.Request) { r.URL.RawQuery += "&c=3" },
		"longer":     func(r *http.Request) { r.URL.RawQuery += "&X-Amz-Expires=604800" },
		"repeated":   func(r *http.Request) { r.URL.RawQuery += "&b=2" },
		"target":     func(r *http.Request) { r.Header.Set("X-Amz-Target", "AmazonSQS.PurgeQueue") },
		"header":     func(r *http.Request) { r.Header.Set("X-Two", "a c") },
		"header two": func(r *http.Request) { r.Header.Add("X-Two", "a b") },
		"no header":  func(r *http.Request) { r.Header.Del("X-Two") },
		"token":      func(r *http.Request) { r.Header.Set("X-Amz-Security-Token", "T") },
		"hash":       func(r *http.Request) { r.Header.Set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD") },
		"date": func(r *http.Request) {
			later := time.Now().Add(time.Minute).UTC().Format("20060102T150405Z")
			r.Header.Set("X-Amz-Date", later)
			q := strings.Split(r.URL.RawQuery, "X-Amz-Date=")
			if len(q) == 2 {
				r.URL.RawQuery = q[0] + "X-Amz-Date=" + later + q[1][len(later):]
			}
		},
	}
	for name, change := range changes {
		for form, sign := range map[string]func(testing.TB, *http.Request) *http.Request{"header": akid().sign, "presigned": akid().presign} {
			r := sign(t, request())
			change(r)
			res, body := h.do(r)
			if name == "nothing" && res.StatusCode != 200 || name != "nothing" && (res.StatusCode != 403 || !strings.Contains(body, "InvalidSignatureException")) {
				t.Errorf("%s, %s: %s %s", form, name, res.Status, body)
			}
		}
	}
}
