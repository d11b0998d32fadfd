package sqs_test

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/sluicemq/sluice/protocols/sqs"
)

// query is a small client of the query form.
type query struct {
	h    *house
	path string
}

// answer is any answer of the query form.
type answer struct {
	XMLName  xml.Name
	QueueURL string `xml:"CreateQueueResult>QueueUrl"`
	ID       string `xml:"SendMessageResult>MessageId"`
	Messages []struct {
		MessageID     string `xml:"MessageId"`
		ReceiptHandle string
		Body          string
		MD5OfBody     string
		Attribute     []struct{ Name, Value string }
		Own           []struct {
			Name  string
			Type  string `xml:"Value>DataType"`
			Text  string `xml:"Value>StringValue"`
			Bytes string `xml:"Value>BinaryValue"`
		} `xml:"MessageAttribute"`
	} `xml:"ReceiveMessageResult>Message"`
	Sent  []struct{ Id, MessageId string } `xml:"SendMessageBatchResult>SendMessageBatchResultEntry"`
	Code  string                           `xml:"Error>Code"`
	Type  string                           `xml:"Error>Type"`
	Meta  string                           `xml:"ResponseMetadata>RequestId"`
	ReqID string                           `xml:"RequestId"`
}

// do asks for an action with pairs of parameters.
func (q query) do(action string, pairs ...string) answer {
	q.h.t.Helper()
	form := url.Values{"Action": {action}, "Version": {"2012-11-05"}}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	res, body := q.h.form(q.path, form.Encode())
	var a answer
	if err := xml.Unmarshal([]byte(body), &a); err != nil {
		q.h.t.Fatalf("%v: %s", err, body)
	}
	id := res.Header.Get("X-Amzn-Requestid")
	if res.StatusCode == http.StatusOK && (a.XMLName.Local != action+"Response" || a.Meta != id) ||
		res.StatusCode != http.StatusOK && (a.XMLName.Local != "ErrorResponse" || a.ReqID != id || a.Type != "Sender") {
		q.h.t.Errorf("%s: %s %s", action, res.Status, body)
	}
	return a
}

// A whole life of messages through the query form alone.
func TestQueryForm(t *testing.T) {
	q := query{h: start(t, sqs.Options{}), path: "/"}
	a := q.do("CreateQueue", "QueueName", "q", "Attribute.1.Name", "VisibilityTimeout", "Attribute.1.Value", "60")
	u, err := url.Parse(a.QueueURL)
	if err != nil {
		t.Fatal(err)
	}
	q.path = u.Path // from now on without QueueUrl
	body := "x=1&y=<2> \"é\" \r\n%"
	a = q.do("SendMessage", "MessageBody", body,
		"MessageAttribute.1.Name", "n", "MessageAttribute.1.Value.DataType", "Number", "MessageAttribute.1.Value.StringValue", "1",
		"MessageAttribute.2.Name", "b", "MessageAttribute.2.Value.DataType", "Binary", "MessageAttribute.2.Value.BinaryValue", "+/8=")
	id := a.ID
	a = q.do("ReceiveMessage", "AttributeName.1", "ApproximateReceiveCount", "MessageAttributeName.1", "All")
	if len(a.Messages) != 1 {
		t.Fatalf("%+v", a)
	}
	m := a.Messages[0]
	if m.Body != body || m.MessageID != id || len(m.Attribute) != 1 || m.Attribute[0].Value != "1" ||
		len(m.Own) != 2 || m.Own[0].Text != "1" || m.Own[1].Bytes != "+/8=" {
		t.Errorf("%+v", m)
	}
	q.do("ChangeMessageVisibility", "ReceiptHandle", m.ReceiptHandle, "VisibilityTimeout", "120")
	q.do("DeleteMessage", "ReceiptHandle", m.ReceiptHandle)

	var batch []string
	for i := range 10 {
		entry := fmt.Sprintf("SendMessageBatchRequestEntry.%d.", i+1)
		batch = append(batch, entry+"Id", fmt.Sprint(i), entry+"MessageBody", fmt.Sprint("body ", i))
	}
	if a = q.do("SendMessageBatch", batch...); len(a.Sent) != 10 {
		t.Errorf("%+v", a)
	}
	a = q.do("ReceiveMessage", "MaxNumberOfMessages", "10")
	for i, m := range a.Messages {
		if m.Body != fmt.Sprint("body ", i) || m.MessageID != "" && len(m.MessageID) != 36 {
			t.Errorf("message %d: %+v", i, m)
		}
	}
	if len(a.Messages) != 10 {
		t.Errorf("got %d messages", len(a.Messages))
	}
	q.do("DeleteQueue")
	if a = q.do("ReceiveMessage"); a.Code != "AWS.SimpleQueueService.NonExistentQueue" {
		t.Errorf("%+v", a)
	}
}
