package wire

import (
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"
)

func everyRequest() []Request {
	return []Request{
		new(CreateQueue), new(GetQueueURL), new(ListQueues), new(ListDeadLetterSourceQueues), new(Target),
		new(GetQueueAttributes), new(SetQueueAttributes), new(TagQueue), new(UntagQueue), new(SendMessage),
		new(SendMessageBatch), new(ReceiveMessage), new(Settle), new(SettleBatch), new(StartMove), new(CancelMove), new(ListMoves), new(AddPermission), new(RemovePermission),
	}
}

func FuzzJSON(f *testing.F) {
	f.Add([]byte(`{"QueueUrl":"u","Entries":[{"Id":"1","MessageBody":"\u00e9","DelaySeconds":1.0,"MessageAttributes":{"k":{"DataType":"Binary","BinaryValue":"AA=="}}}]}`))
	f.Add([]byte(`{"Attributes":{"a":null,"b":true},"tags":{"x":-1e9},"other":[[{}]]}`))
	f.Add([]byte(`{"MessageBody":"\ud83d\ude00"`))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, r := range everyRequest() {
			err := DecodeJSON(b, r)
			if err == nil && len(strings.TrimSpace(string(b))) > 0 && !json.Valid(b) {
				t.Fatalf("%T took what is not JSON: %q", r, b)
			}
			if s, ok := r.(*SendMessage); ok && err == nil && !utf8.ValidString(s.Body) {
				t.Fatalf("body is not UTF-8: %q", s.Body)
			}
			known(t, err)
		}
	})
}

func FuzzQuery(f *testing.F) {
	f.Add("Action=SendMessage&MessageBody=a%20b+c&MessageAttribute.1.Name=k&MessageAttribute.1.Value.DataType=String", "QueueUrl=u")
	f.Add("Attribute.Name=a&Attribute.Value=b&TagKey.3=x&TagKey=y", "")
	f.Add("SendMessageBatchRequestEntry.1.MessageAttribute.2.Value.BinaryValue=AA%3D%3D", "....=1&=&&")
	f.Fuzz(func(t *testing.T, a, b string) {
		for _, r := range everyRequest() {
			q, err := ParseQuery(a, b)
			if err == nil {
				if v, err := url.ParseQuery(a); err == nil && b == "" && len(v["Action"]) == 1 && v.Get("Action") != q.Get("Action") {
					t.Fatalf("Action of %q: got %q, want %q", a, q.Get("Action"), v.Get("Action"))
				}
				err = q.Decode(r)
			}
			known(t, err)
		}
	})
}

func known(t *testing.T, err error) {
	var e *Error
	if err != nil && !errors.As(err, &e) {
		t.Fatalf("an error of another kind: %v", err)
	}
}
