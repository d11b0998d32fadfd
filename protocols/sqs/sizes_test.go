package sqs_test

import (
	"encoding/json"
	"io"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/sluicemq/sluice/protocols/sqs"
)

// A message is as large as its body and its attributes, without AWSTraceHeader, in both
// forms; one byte more is refused, in a batch alone.
func TestSizesInBothForms(t *testing.T) {
	h := start(t, sqs.Options{})
	h.post("CreateQueue", `{"QueueName":"q","Attributes":{"MaximumMessageSize":"1024"}}`)
	for _, c := range []struct {
		body string // and an attribute of 11 bytes, "name", "String", "v"
		fits bool
	}{
		{strings.Repeat("x", 1013), true}, {strings.Repeat("x", 1014), false},
		{strings.Repeat("é", 506) + "x", true}, {strings.Repeat("é", 507), false},
		{strings.Repeat("😀", 253) + "x", true}, {strings.Repeat("\t", 1014), false},
	} {
		value := func(s string) map[string]string { return map[string]string{"DataType": "String", "StringValue": s} }
		entry := map[string]any{
			"Id": "1", "MessageBody": c.body, "MessageAttributes": map[string]any{"name": value("v")},
			"MessageSystemAttributes": map[string]any{"AWSTraceHeader": value(strings.Repeat("t", 2048))},
		}
		one, _ := json.Marshal(entry)
		batch, _ := json.Marshal(map[string]any{"QueueUrl": "q", "Entries": []any{entry, map[string]any{"Id": "2", "MessageBody": "x"}}})
		form := func(prefix string) url.Values {
			v := url.Values{"QueueUrl": {"q"}}
			for name, x := range map[string]string{
				"MessageBody": c.body, "MessageAttribute.1.Name": "name", "MessageAttribute.1.Value.DataType": "String", "MessageAttribute.1.Value.StringValue": "v",
				"MessageSystemAttribute.1.Name": "AWSTraceHeader", "MessageSystemAttribute.1.Value.DataType": "String", "MessageSystemAttribute.1.Value.StringValue": strings.Repeat("t", 2048),
			} {
				v.Set(prefix+name, x)
			}
			return v
		}
		const limit = "Reason: Message must be shorter than 1024 bytes."
		for what, r := range map[string]reply{
			"JSON":  h.exchange(t, true, "POST", jsonText("/", "SendMessage", `{"QueueUrl":"q",`+string(one[1:]))),
			"query": h.exchange(t, false, "POST", queryText("/", "Action=SendMessage&"+form("").Encode())),
		} {
			if (r.code == "") != c.fits || !c.fits && r.message != "One or more parameters are invalid. "+limit {
				t.Errorf("%s, %d bytes: %s %s", what, len(c.body)+11, r.code, r.message)
			}
		}
		entries := form("SendMessageBatchRequestEntry.1.")
		entries.Set("SendMessageBatchRequestEntry.1.Id", "1")
		entries.Set("SendMessageBatchRequestEntry.2.Id", "2")
		entries.Set("SendMessageBatchRequestEntry.2.MessageBody", "x")
		for what, r := range map[string]reply{
			"JSON":  h.exchange(t, true, "POST", jsonText("/", "SendMessageBatch", string(batch))),
			"query": h.exchange(t, false, "POST", queryText("/", "Action=SendMessageBatch&"+entries.Encode())),
		} {
			if r.status != 200 || strings.Contains(r.body, "One or more parameters cannot be validated. "+limit) == c.fits || strings.Count(r.body, "MD5OfMessageBody") == 0 {
				t.Errorf("%s batch, %d bytes: %s", what, len(c.body)+11, r.body)
			}
		}
	}
}

// The bounds of a request as such are told in the form of the request.
func TestLimitsInBothForms(t *testing.T) {
	bubble(t, sqs.Options{Limits: sqs.Limits{BodyBytes: 100_000, PendingBytes: 150_000}}, func(t *testing.T, h *house) {
		post := "POST / HTTP/1.1\r\nHost: x\r\n"
		for _, json := range []bool{true, false} {
			head, body := post+formHead, formBody+"&x="
			if json {
				head, body = post+jsonHead, `{"x":"y"}`
			}
			full := body + strings.Repeat(" ", 100_000-len(body))
			if r := h.exchange(t, json, "POST", head+"Content-Length: 100000\r\n\r\n"+full); r.status != 200 {
				t.Errorf("%d %s", r.status, r.body)
			}
			r := h.exchange(t, json, "POST", head+"Content-Length: 100001\r\n\r\n"+full+" ")
			if r.code != "InvalidParameterValue" || !strings.Contains(r.message, "Request must be shorter than 100000 bytes.") {
				t.Errorf("one byte more: %d %s", r.status, r.body)
			}
			r = h.exchange(t, json, "POST", head+"Content-Length: 100\r\n\r\n"+body)
			if r.code != "MalformedInput" || r.message != "The body of the request did not arrive in time. The limit is 30s; the setting is sqs_request_timeout." {
				t.Errorf("a slow body: %d %s", r.status, r.body)
			}
			slow, err := h.dial(t.Context(), "", "")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(slow, head+"Content-Length: 100000\r\n\r\n"+full[:99_000]); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if r := h.exchange(t, json, "POST", head+"Content-Length: 100000\r\n\r\n"+full); r.code != "RequestThrottled" {
				t.Errorf("too much at the same time: %d %s", r.status, r.body)
			}
			slow.Close()
			synctest.Wait()
		}
	})
}
