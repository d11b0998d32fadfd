package wire

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
	"unsafe"
)

func everyRequest() []Request {
	return []Request{
		new(CreateQueue), new(GetQueueURL), new(ListQueues), new(ListDeadLetterSourceQueues), new(Target),
		new(GetQueueAttributes), new(SetQueueAttributes), new(TagQueue), new(UntagQueue), new(SendMessage),
		new(SendMessageBatch), new(ReceiveMessage), new(Settle), new(SettleBatch), new(StartMove), new(CancelMove), new(ListMoves), new(AddPermission), new(RemovePermission),
	}
}

// FuzzJSON: what is taken is JSON to encoding/json too, says the same to it, and is within the limits.
func FuzzJSON(f *testing.F) {
	f.Add([]byte(`{"QueueUrl":"u","Entries":[{"Id":"1","MessageBody":"\u00e9","DelaySeconds":1.0,"MessageAttributes":{"k":{"DataType":"Binary","BinaryValue":"AA=="}}}]}`))
	f.Add([]byte(`{"Attributes":{"a":null,"b":true},"tags":{"x":-1e9},"other":[[{}]]}`))
	f.Add([]byte(`{"MessageBody":"\ud83d\ude00"`))
	f.Add([]byte(`{"QueueUrl":"a","QueueUrl":null,"MessageBody":1.50e3,"MessageBody":"\/\b\f\n\r\t\\\"","MessageGroupId":true,"DelaySeconds":1e-0}`))
	f.Add([]byte(`{"AWSAccountIds":["1",2],"Actions":["*"],"Label":"l","TagKeys":[null,"a"],"ReceiptHandle":"h","VisibilityTimeout":-0}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, r := range everyRequest() {
			err := DecodeJSON(b, r)
			known(t, err)
			if err == nil && len(strings.TrimSpace(string(b))) > 0 && !json.Valid(b) {
				t.Fatalf("%T took what is not JSON: %q", r, b)
			}
			if s, ok := r.(*SendMessage); ok && err == nil && len(strings.TrimSpace(string(b))) > 0 {
				agree(t, b, s)
			}
			if n := kept(r); n > len(b)+maxTotal*int(unsafe.Sizeof(SendEntry{})) {
				t.Fatalf("%T keeps %d bytes of %d", r, n, len(b))
			}
		}
	})
}

// agree holds the texts of a message against those that encoding/json reads.
func agree(t *testing.T, b []byte, s *SendMessage) {
	t.Helper()
	want := map[string]string{}
	d := json.NewDecoder(bytes.NewReader(b))
	if _, err := d.Token(); err != nil {
		t.Fatal(err)
	}
	for d.More() {
		name, err := d.Token()
		var raw json.RawMessage
		if err := errors.Join(err, d.Decode(&raw)); err != nil {
			t.Fatal(err)
		}
		text := string(raw)
		if text == "null" {
			continue
		}
		if raw[0] == '"' {
			if err := json.Unmarshal(raw, &text); err != nil {
				t.Fatal(err)
			}
		}
		want[name.(string)] = text
	}
	for name, got := range map[string]string{"QueueUrl": s.QueueURL, "MessageBody": s.Body, "MessageGroupId": s.GroupID, "MessageDeduplicationId": s.DedupID} {
		if got != want[name] || !utf8.ValidString(got) {
			t.Fatalf("%s of %q: got %q, want %q", name, b, got, want[name])
		}
	}
}

// kept is what a request holds of memory, as far as its length is a client's.
func kept(r Request) (n int) {
	texts := func(s Strings) {
		n += cap(s) * int(unsafe.Sizeof(""))
		for _, x := range s {
			n += len(x)
		}
	}
	pairs := func(p Pairs) {
		n += cap(p) * int(unsafe.Sizeof(Pair{}))
		for _, x := range p {
			n += len(x.Name) + len(x.Value)
		}
	}
	entry := func(e *SendEntry) {
		n += len(e.ID) + len(e.Body) + len(e.GroupID) + len(e.DedupID)
		for _, as := range []Attributes{e.Attributes, e.System} {
			n += cap(as) * int(unsafe.Sizeof(Attribute{}))
			for i := range as {
				n += len(as[i].Name) + len(as[i].DataType) + len(as[i].Text) + cap(as[i].Binary)
			}
		}
	}
	switch r := r.(type) {
	case *CreateQueue:
		pairs(r.Attributes)
		pairs(r.Tags)
	case *SetQueueAttributes:
		pairs(r.Attributes)
	case *AddPermission:
		texts(r.Accounts)
		texts(r.Actions)
	case *GetQueueAttributes:
		texts(r.Names)
	case *SendMessage:
		entry(&r.SendEntry)
	case *SendMessageBatch:
		n += cap(r.Entries) * int(unsafe.Sizeof(SendEntry{}))
		for i := range r.Entries {
			entry(&r.Entries[i])
		}
	}
	return n
}

// FuzzQuery: what net/url reads of a form is what is read here, and what is taken is within the limits.
func FuzzQuery(f *testing.F) {
	f.Add("Action=SendMessage&MessageBody=a%20b+c&MessageAttribute.1.Name=k&MessageAttribute.1.Value.DataType=String", "QueueUrl=u")
	f.Add("Attribute.Name=a&Attribute.Value=b&TagKey.3=x&TagKey=y", "")
	f.Add("SendMessageBatchRequestEntry.1.MessageAttribute.2.Value.BinaryValue=AA%3D%3D", "....=1&=&&")
	f.Add("Action=SendMessageBatch&SendMessageBatchRequestEntry.2.Id=b&SendMessageBatchRequestEntry.1.Id=a&SendMessageBatchRequestEntry.1.MessageAttribute.1.Value.StringListValue.1=x", "Action=x")
	f.Add("Action=AddPermission&Label=l&AWSAccountId.1=1&AWSAccountId.2=2&ActionName.1=*&ActionName.x=y", "AttributeName.1=All&AttributeName.1.1=&Tag.1.Key=k&Tag.1.Value=v")
	f.Fuzz(func(t *testing.T, a, b string) {
		q, err := ParseQuery(a, b)
		known(t, err)
		if err != nil {
			return
		}
		want, wantErr := url.ParseQuery(a + "&" + b)
		if wantErr == nil {
			for name, values := range want {
				if !strings.Contains(name, ".") && q.Get(name) != values[len(values)-1] {
					t.Fatalf("%s of %q, %q: got %q, want %q", name, a, b, q.Get(name), values)
				}
			}
		}
		for _, r := range everyRequest() {
			known(t, q.Decode(r))
			if n := kept(r); n > len(a)+len(b)+2*maxPairs*int(unsafe.Sizeof(SendEntry{})) {
				t.Fatalf("%T keeps %d bytes of %d", r, n, len(a)+len(b))
			}
		}
	})
}

// FuzzForms writes one batch in both forms, and they read the same.
func FuzzForms(f *testing.F) {
	f.Add("id", "body", "k", "Number.int", "7", []byte{0, 1}, "g", int32(5), byte(2))
	f.Add("é&=", "%41+\x00\t\u2028", ".1.Name", "String", "\"\\", []byte("/+="), "\U0001F600", int32(-1), byte(0))
	f.Fuzz(func(t *testing.T, id, body, name, kind, text string, blob []byte, group string, delay int32, entries byte) {
		for _, s := range []string{id, body, name, kind, text, group} {
			if !utf8.ValidString(s) {
				return
			}
		}
		type object = map[string]any
		form, list := url.Values{"Action": {"SendMessageBatch"}, "QueueUrl": {id}}, []any{}
		encoded := base64.StdEncoding.EncodeToString(blob)
		for i := range int(entries % 12) {
			at := fmt.Sprintf("SendMessageBatchRequestEntry.%d.", i+1)
			form.Set(at+"Id", id)
			form.Set(at+"MessageBody", body)
			form.Set(at+"MessageGroupId", group)
			form.Set(at+"DelaySeconds", fmt.Sprint(delay))
			form.Set(at+"MessageAttribute.1.Name", name)
			form.Set(at+"MessageAttribute.1.Value.DataType", kind)
			form.Set(at+"MessageAttribute.1.Value.StringValue", text)
			form.Set(at+"MessageSystemAttribute.1.Name", name)
			form.Set(at+"MessageSystemAttribute.1.Value.BinaryValue", encoded)
			list = append(list, object{
				"Id": id, "MessageBody": body, "MessageGroupId": group, "DelaySeconds": delay,
				"MessageAttributes":       object{name: object{"DataType": kind, "StringValue": text}},
				"MessageSystemAttributes": object{name: object{"BinaryValue": encoded}},
			})
		}
		inJSON, err := json.Marshal(object{"QueueUrl": id, "Entries": list})
		if err != nil {
			t.Fatal(err)
		}
		var a, b SendMessageBatch
		q, err := ParseQuery(form.Encode())
		if err == nil {
			err = q.Decode(&b)
		}
		if err := errors.Join(err, DecodeJSON(inJSON, &a)); err != nil {
			t.Fatalf("%v\n%s\n%s", err, inJSON, form.Encode())
		}
		if !reflect.DeepEqual(a, b) || len(a.Entries) != len(list) {
			t.Fatalf("in JSON %+v\nin Query %+v", a, b)
		}
	})
}

func known(t *testing.T, err error) {
	var e *Error
	if err != nil && !errors.As(err, &e) {
		t.Fatalf("an error of another kind: %v", err)
	}
}
