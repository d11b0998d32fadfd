package sqs_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/protocols/payload/payloadtest"
	"github.com/sluicemq/sluice/protocols/sqs"
	"github.com/sluicemq/sluice/queuecore"
)

// sendAs sends a message as another dialect does, and returns its id.
func (h *house) sendAs(m *queuecore.Message) string {
	h.t.Helper()
	sent, err := h.broker.Send(context.Background(), m)
	if err != nil {
		h.t.Fatal(err)
	}
	return sent.ID.String()
}

// take receives one message, which the SDK has checked the digests of, with all that
// there is to know of it.
func (h *house) take(c *awssqs.Client, url *string) types.Message {
	h.t.Helper()
	got, err := c.ReceiveMessage(h.t.Context(), &awssqs.ReceiveMessageInput{
		QueueUrl: url, WaitTimeSeconds: 20, MessageAttributeNames: []string{"All"},
	})
	if err != nil {
		h.t.Fatal(err)
	}
	if len(got.Messages) != 1 {
		h.t.Fatalf("%d messages", len(got.Messages))
	}
	return got.Messages[0]
}

func (h *house) showAgain(c *awssqs.Client, url, receipt *string) {
	h.t.Helper()
	if _, err := c.ChangeMessageVisibility(h.t.Context(), &awssqs.ChangeMessageVisibilityInput{QueueUrl: url, ReceiptHandle: receipt}); err != nil {
		h.t.Fatal(err)
	}
}

// keyOf returns where the body of a queue's nth message lies.
func (h *house) keyOf(queue, id string, n int) string {
	h.t.Helper()
	q, err := h.broker.Queue(queue)
	if err != nil {
		h.t.Fatal(err)
	}
	return fmt.Sprintf("sluice/%s.%08x.%016x", id, q.ID, n)
}

func binary(n int) []byte { return bytes.Repeat([]byte{0, 1, 0xFF}, n/3) }

// A body that other dialects have sent and that is too large for SQS lies in S3, in the one
// place for all deliveries, and goes with its message.
func TestOffload(t *testing.T) {
	for _, name := range []string{"a", "a.fifo"} {
		t.Run(name, func(t *testing.T) {
			p := &payloadtest.Payloads{}
			removed := p.Removed()
			h := start(t, sqs.Options{Payloads: p})
			c := h.client()
			attributes := map[string]string{}
			if strings.HasSuffix(name, ".fifo") {
				attributes["FifoQueue"] = "true"
			}
			url := made(t, c, name, attributes)
			body := binary(900 << 10)
			id := h.sendAs(&queuecore.Message{
				Destination: queuecore.QueueNamed(name), Body: body, Group: "g", DedupID: "d",
				Properties: queuecore.Properties{{Name: "colour", Value: "red"}},
			})
			content := base64.StdEncoding.EncodeToString(body)
			var m types.Message
			for attempt := range 2 {
				m = h.take(c, url)
				key := h.keyOf(name, id, 1)
				if want := (mapping.Pointer{Bucket: "b", Key: key}).String(); *m.Body != want {
					t.Fatalf("%.200s", *m.Body)
				}
				if stored, ok := p.Get(key); !ok || stored != content || p.Len() != 1 {
					t.Fatalf("%d objects, %d bytes", p.Len(), len(stored))
				}
				if attempt == 0 {
					h.showAgain(c, url, m.ReceiptHandle)
				}
			}
			for attribute, want := range map[string]string{
				"ExtendedPayloadSize": strconv.Itoa(len(content)), "JMS_SQSMessageType": "byte", "colour": "red",
			} {
				if v := m.MessageAttributes[attribute].StringValue; aws.ToString(v) != want {
					t.Errorf("%s is %q", attribute, aws.ToString(v))
				}
			}
			if _, err := c.DeleteMessage(t.Context(), &awssqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: m.ReceiptHandle}); err != nil {
				t.Fatal(err)
			}
			<-removed
			if p.Len() != 0 {
				t.Error("the object is left")
			}
		})
	}
}

// A handle of before a message was moved away and back leaves the object alone that
// somebody has been pointed to since.
func TestObjectOfAMessageThatCameBack(t *testing.T) {
	p := &payloadtest.Payloads{}
	removed := p.Removed()
	h := start(t, sqs.Options{Payloads: p})
	c := h.client()
	a, b := made(t, c, "a", nil), made(t, c, "b", nil)
	id := h.sendAs(&queuecore.Message{Destination: queuecore.QueueNamed("a"), Body: binary(900 << 10)})
	old := h.take(c, a).ReceiptHandle
	h.showAgain(c, a, old)
	for _, way := range [][2]string{{"a", "b"}, {"b", "a"}} {
		if _, err := h.broker.StartMove(t.Context(), way[0], way[1], 0); err != nil {
			t.Fatal(err)
		}
		if way[1] == "b" {
			h.showAgain(c, b, h.take(c, b).ReceiptHandle)
		}
	}
	h.take(c, a)
	if _, err := c.DeleteMessage(t.Context(), &awssqs.DeleteMessageInput{QueueUrl: a, ReceiptHandle: old}); err != nil {
		t.Fatal(err)
	}
	<-removed
	if _, there := p.Get(h.keyOf("a", id, 2)); !there {
		t.Error("the object is gone")
	}
}

// Entries of a batch take their objects along, each of its own.
func TestOffloadedBatch(t *testing.T) {
	p := &payloadtest.Payloads{}
	removed := p.Removed()
	h := start(t, sqs.Options{Payloads: p})
	c := h.client()
	url := made(t, c, "a", nil)
	for range 3 {
		h.sendAs(&queuecore.Message{Destination: queuecore.QueueNamed("a"), Body: binary(900 << 10)})
	}
	h.sendAs(&queuecore.Message{Destination: queuecore.QueueNamed("a"), Body: []byte("small")})
	got, err := c.ReceiveMessage(t.Context(), &awssqs.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: 10})
	if err != nil || len(got.Messages) != 4 || p.Len() != 3 {
		t.Fatalf("%d messages, %d objects, %v", len(got.Messages), p.Len(), err)
	}
	in := &awssqs.DeleteMessageBatchInput{QueueUrl: url}
	for i, m := range got.Messages {
		if strings.Contains(*m.ReceiptHandle, "-") {
			t.Errorf("%s holds a hyphen", *m.ReceiptHandle)
		}
		in.Entries = append(in.Entries, types.DeleteMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: m.ReceiptHandle})
	}
	out, err := c.DeleteMessageBatch(t.Context(), in)
	if err != nil || len(out.Successful) != 4 {
		t.Fatalf("%+v, %v", out, err)
	}
	for range 3 {
		<-removed
	}
	if p.Len() != 0 {
		t.Errorf("%d objects are left", p.Len())
	}
}

// What fits goes out whole, and so does what cannot be stored.
func TestNotOffloaded(t *testing.T) {
	large := binary(900 << 10)
	tests := []struct {
		name string
		none bool // no payloads at all
		err  error
		m    queuecore.Message
		want string
	}{
		{name: "no payloads", none: true, m: queuecore.Message{Body: large}, want: base64.StdEncoding.EncodeToString(large)},
		{name: "it fits", m: queuecore.Message{Body: bytes.Repeat([]byte("x"), 1<<20-4096)}, want: strings.Repeat("x", 1<<20-4096)},
		{name: "the service is down", err: payloadtest.ErrDown, m: queuecore.Message{Body: large}, want: base64.StdEncoding.EncodeToString(large)},
		{name: "the name is taken", m: queuecore.Message{Body: large, Properties: queuecore.Properties{{Name: "ExtendedPayloadSize", Value: "mine"}}},
			want: base64.StdEncoding.EncodeToString(large)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := &payloadtest.Payloads{}
			p.Fail(tt.err)
			o := sqs.Options{Payloads: p}
			if tt.none {
				o.Payloads = nil
			}
			h := start(t, o)
			c := h.client()
			url := made(t, c, "a", nil)
			tt.m.Destination = queuecore.QueueNamed("a")
			h.sendAs(&tt.m)
			if m := h.take(c, url); *m.Body != tt.want {
				t.Errorf("%d bytes, want %d", len(*m.Body), len(tt.want))
			}
			if p.Len() != 0 {
				t.Errorf("%d objects", p.Len())
			}
		})
	}
}

// A pointer that an extended client has sent comes out as it went in.
func TestPointerPassesThrough(t *testing.T) {
	h := start(t, sqs.Options{Payloads: &payloadtest.Payloads{}})
	c := h.client()
	url := made(t, c, "a", nil)
	body := `["software.amazon.payloadoffloading.PayloadS3Pointer", {"s3BucketName": "B", "s3Key": "K"}]`
	sent, err := c.SendMessage(t.Context(), &awssqs.SendMessageInput{QueueUrl: url, MessageBody: &body, MessageAttributes: map[string]types.MessageAttributeValue{
		"SQSLargePayloadSize": {DataType: aws.String("Number"), StringValue: aws.String("300000")},
	}})
	if err != nil {
		t.Fatal(err)
	}
	m := h.take(c, url)
	if *m.Body != body || *m.MD5OfBody != *sent.MD5OfMessageBody || *m.MD5OfMessageAttributes != *sent.MD5OfMessageAttributes {
		t.Errorf("%s", *m.Body)
	}
}

// The visibility timeout begins when the body is stored: a client that is given a message
// has all of it.
func TestTimeoutBeginsAfterOffloading(t *testing.T) {
	p := &payloadtest.Payloads{}
	bubble(t, sqs.Options{Payloads: p}, func(t *testing.T, h *house) {
		c := h.client()
		url := made(t, c, "a", map[string]string{"VisibilityTimeout": "10"})
		id := h.sendAs(&queuecore.Message{Destination: queuecore.QueueNamed("a"), Body: binary(900 << 10)})
		asked, letGo := p.Hold(h.keyOf("a", id, 1))
		got := poll(t, c, url, 0)
		<-asked
		time.Sleep(8 * time.Second)
		letGo()
		if bodies := <-got; len(bodies) != 1 {
			t.Fatalf("%d messages", len(bodies))
		}
		time.Sleep(8 * time.Second)
		if st, err := h.broker.Stats(context.Background(), "a"); err != nil || st.Leased != 1 {
			t.Errorf("%+v, %v", st, err)
		}
	})
}

// A service that hangs costs a receive no more than the patience with one object, however
// many bodies there are to store and however many others wait for it: they go out whole.
func TestOffloadingEnds(t *testing.T) {
	p := &payloadtest.Payloads{}
	bubble(t, sqs.Options{Payloads: p}, func(t *testing.T, h *house) {
		c := h.client()
		url := made(t, c, "a", map[string]string{"VisibilityTimeout": "15"})
		h.sendAs(&queuecore.Message{Destination: queuecore.QueueNamed("a"), Body: []byte("small")})
		for i := range 2 {
			id := h.sendAs(&queuecore.Message{Destination: queuecore.QueueNamed("a"), Body: binary(900 << 10)})
			_, letGo := p.Hold(h.keyOf("a", id, 2+i))
			defer letGo()
		}
		began := time.Now()
		bodies := <-poll(t, c, url, 0)
		if len(bodies) != 3 || time.Since(began) != p.Patience() {
			t.Fatalf("%d messages after %v", len(bodies), time.Since(began))
		}
		for _, body := range bodies[1:] {
			if body != base64.StdEncoding.EncodeToString(binary(900<<10)) {
				t.Errorf("%.100s", body)
			}
		}
		time.Sleep(14 * time.Second)
		if st, err := h.broker.Stats(context.Background(), "a"); err != nil || st.Leased != 3 { // all of them have all their time
			t.Errorf("%+v, %v", st, err)
		}
	})
}

// A gateway that stops does not wait for S3: what waits for it goes out whole.
func TestShutdownEndsOffloading(t *testing.T) {
	p := &payloadtest.Payloads{}
	synctest.Test(t, func(t *testing.T) {
		h := openPiped(t, sqs.Options{Payloads: p})
		c := h.client()
		url := made(t, c, "a", nil)
		id := h.sendAs(&queuecore.Message{Destination: queuecore.QueueNamed("a"), Body: binary(900 << 10)})
		asked, letGo := p.Hold(h.keyOf("a", id, 1))
		defer letGo()
		got := poll(t, c, url, 0)
		<-asked
		began := time.Now()
		h.close()
		if bodies := <-got; len(bodies) != 1 || bodies[0] != base64.StdEncoding.EncodeToString(binary(900<<10)) || time.Since(began) >= p.Patience() {
			t.Errorf("%d messages after %v", len(bodies), time.Since(began))
		}
	})
}

// A client that goes away while its message is stored leaves it as it was.
func TestGoingWhileABodyIsStored(t *testing.T) {
	p := &payloadtest.Payloads{}
	bubble(t, sqs.Options{Payloads: p}, func(t *testing.T, h *house) {
		c := h.client()
		url := made(t, c, "a", nil)
		id := h.sendAs(&queuecore.Message{Destination: queuecore.QueueNamed("a"), Body: binary(900 << 10)})
		asked, letGo := p.Hold(h.keyOf("a", id, 1))
		defer letGo()
		ctx, cancel := context.WithCancel(context.Background())
		gone := make(chan error, 1)
		// Ends when its context does.
		go func() {
			_, err := c.ReceiveMessage(ctx, &awssqs.ReceiveMessageInput{QueueUrl: url})
			gone <- err
		}()
		<-asked
		cancel()
		if err := <-gone; err == nil {
			t.Error("answered")
		}
		synctest.Wait()
		list, err := h.broker.Browse(context.Background(), "a", 0, 1)
		if err != nil || len(list) != 1 || list[0].State != queuecore.Ready || list[0].Attempt != 0 {
			t.Errorf("%+v, %v", list, err)
		}
	})
}

// Whom the policy of the queue denies the messages while S3 takes its time does not get them, and another client does.
func TestOffloadAfterAChangeOfThePolicy(t *testing.T) {
	p := &payloadtest.Payloads{}
	h := start(t, sqs.Options{Payloads: p, Auth: company(t)})
	anna, nina := h.client(), h.clientAs("NINA")
	url := made(t, anna, "q", policyOf(says("Allow", user(own, "nina"), "sqs:ReceiveMessage")))
	id := h.sendAs(&queuecore.Message{Destination: queuecore.QueueNamed("q"), Body: binary(900 << 10)})
	asked, letGo := p.Hold(h.keyOf("q", id, 1))
	refused := make(chan error, 1)
	// Ends with the answer.
	go func() { refused <- tryReceive(t, nina, url) }()
	<-asked
	setPolicy(t, anna, url, says("Deny", user(own, "nina"), "sqs:ReceiveMessage"))
	letGo()
	wantDenied(t, "what was handed out before", <-refused, "with an explicit deny")
	got := received(t, anna, awssqs.ReceiveMessageInput{QueueUrl: url, WaitTimeSeconds: 20, MessageSystemAttributeNames: []types.MessageSystemAttributeName{"ApproximateReceiveCount"}})
	if len(got) != 1 || got[0].Attributes["ApproximateReceiveCount"] != "1" {
		t.Errorf("anna gets %v", got)
	}
}
