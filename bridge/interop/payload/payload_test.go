package payload_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/sluicemq/sluice/bridge/config"
)

// What an extended client sends reaches STOMP and NATS consumers whole, and SQS
// consumers as the pointer that it was, digests included.
func TestPointersOfExtendedClients(t *testing.T) {
	x := open(t, nil)
	large := strings.Repeat("large ", 50_000)
	x.put("payloads", "k", large)
	x.put("payloads", "bytes", base64.StdEncoding.EncodeToString([]byte("\x00\xff")))
	jms := map[string]types.MessageAttributeValue{"JMS_SQSMessageType": {DataType: aws.String("String"), StringValue: aws.String("byte")}}

	x.point(x.url, "payloads", "k", nil)
	m := x.receive(x.url)
	if *m.Body != pointer("payloads", "k") || aws.ToString(m.MessageAttributes[size].StringValue) != "300000" {
		t.Errorf("SQS: %s %v", *m.Body, m.MessageAttributes)
	}
	x.delete(x.url, m)

	x.point(x.url, "payloads", "k", nil)
	x.point(x.url, "payloads", "bytes", jms)
	c, s := x.subscribe(queue)
	for _, want := range []string{large, "\x00\xff"} {
		m := x.nextOf(s)
		if string(m.Body) != want || m.Header.Get("sluice-payload") != "" || m.Header.Get(size) != "" {
			t.Errorf("STOMP: %d bytes, %v", len(m.Body), m.Header)
		}
		if err := c.Ack(m); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Disconnect(); err != nil {
		t.Fatal(err)
	}

	x.point(x.url, "payloads", "k", nil)
	x.point(x.url, "payloads", "bytes", jms)
	in := x.consumer(queue)
	for _, want := range []string{large, "\x00\xff"} {
		m := x.next(in)
		if string(m.Data()) != want || m.Headers().Get("Sluice-Payload") != "" || m.Headers().Get(size) != "" {
			t.Errorf("NATS: %d bytes, %v", len(m.Data()), m.Headers())
		}
		if err := m.DoubleAck(x.within()); err != nil {
			t.Fatal(err)
		}
	}
	if !x.s3.Signed(serverKey) || x.metric("fetch", "ok") != "4" || x.metric("fetch", "failed") != "0" {
		t.Errorf("signed %v, fetched %q", x.s3.Signed(serverKey), x.metric("fetch", "ok"))
	}
	x.close()
	if keys, err := x.s3.Objects("payloads"); err != nil || len(keys) != 2 { // as the library for Python leaves them
		t.Errorf("%q, %v", keys, err)
	}
}

// Without S3, and for another bucket, consumers get the pointer and are told.
func TestPointersThatArePassedOn(t *testing.T) {
	for name, tt := range map[string]struct {
		bucket, why string
		change      func(*config.Config)
	}{
		"no S3":           {"payloads", "", func(c *config.Config) { c.S3 = config.Default().S3 }},
		"another bucket":  {"elsewhere", "the bucket is none that this server reads", nil},
		"a key like ours": {"payloads", "the key is none that this server asks for", nil},
		"over the limit":  {"payloads", "the payload is larger than the 2097152 bytes that this server passes on", nil},
	} {
		t.Run(name, func(t *testing.T) {
			x := open(t, tt.change)
			key := map[string]string{"a key like ours": "sluice/k"}[name]
			if key == "" {
				key = "k"
			}
			x.put(tt.bucket, key, strings.Repeat("x", 2<<20+1))
			x.point(x.url, tt.bucket, key, nil)
			c, s := x.subscribe(queue)
			m := x.nextOf(s)
			if string(m.Body) != pointer(tt.bucket, key) || m.Header.Get("sluice-payload") != "s3-pointer" || m.Header.Get("sluice-payload-error") != tt.why {
				t.Errorf("STOMP: %.100s %v", m.Body, m.Header)
			}
			if err := c.Nack(m); err != nil {
				t.Fatal(err)
			}
			if err := c.Disconnect(); err != nil {
				t.Fatal(err)
			}
			n := x.next(x.consumer(queue))
			if string(n.Data()) != pointer(tt.bucket, key) || n.Headers().Get("Sluice-Payload") != "s3-pointer" || n.Headers().Get("Sluice-Payload-Error") != tt.why {
				t.Errorf("NATS: %.100s %v", n.Data(), n.Headers())
			}
		})
	}
}

// A payload may be larger than any message that can be sent, up to the limit for payloads.
func TestLargestPayload(t *testing.T) {
	x := open(t, func(c *config.Config) { c.S3.MaxPayload = 8 })
	large := strings.Repeat("0123456789abcdef", 512<<10) // 8 MiB
	x.put("payloads", "k", large)
	for range 3 {
		x.point(x.url, "payloads", "k", nil)
	}
	c, s := x.subscribe(queue)
	for range 2 {
		m := x.nextOf(s)
		if string(m.Body) != large {
			t.Errorf("STOMP: %d bytes, %v", len(m.Body), m.Header)
		}
		if err := c.Ack(m); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Disconnect(); err != nil {
		t.Fatal(err)
	}
	m := x.next(x.consumer(queue))
	if string(m.Data()) != large {
		t.Errorf("NATS: %d bytes, %v", len(m.Data()), m.Headers())
	}
	if err := m.DoubleAck(x.within()); err != nil {
		t.Fatal(err)
	}
	if n := x.messages(x.url); n != "0 0" {
		t.Errorf("%s messages left", n)
	}
}

// A bucket that is named to be read is read.
func TestReadBuckets(t *testing.T) {
	x := open(t, func(c *config.Config) { c.S3.ReadBuckets = "elsewhere" })
	x.put("elsewhere", "k", "large")
	x.point(x.url, "elsewhere", "k", nil)
	if m := x.next(x.consumer(queue)); string(m.Data()) != "large" {
		t.Errorf("%s", m.Data())
	}
}

// While an object hangs, nobody waits who does not need it; once it is there, it is delivered.
func TestHangingObject(t *testing.T) {
	x := open(t, nil)
	letGo := x.front.hold("/payloads/slow")
	defer letGo()
	x.put("payloads", "slow", "slow")
	x.put("payloads", "quick", "quick")
	other := x.makeQueue("other", nil)
	c, waits := x.subscribe(queue)
	x.point(x.url, "payloads", "slow", nil)
	<-x.front.asked

	goesOn, err := c.Subscribe("/queue/other", 0) // of the same connection
	if err != nil {
		t.Fatal(err)
	}
	x.send(other, "meanwhile")
	x.point(other, "payloads", "quick", nil)
	for _, want := range []string{"meanwhile", "quick"} {
		if m := x.nextOf(goesOn); string(m.Body) != want {
			t.Errorf("%s", m.Body)
		}
	}
	x.send(x.url, "of the same queue")
	if m := x.next(x.consumer(queue)); string(m.Data()) != "of the same queue" {
		t.Errorf("%s", m.Data())
	}
	letGo()
	if m := x.nextOf(waits); string(m.Body) != "slow" {
		t.Errorf("%s", m.Body)
	}
}

// What cannot be had does not block its queue: what is behind it goes first, and the
// queue's own rule makes a dead letter of it, as for a client that fails.
func TestMissingObject(t *testing.T) {
	x := open(t, nil)
	dead := x.makeQueue("dead", nil)
	url := x.makeQueue("strict", map[string]string{
		"RedrivePolicy": `{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead","maxReceiveCount":1}`,
	})
	x.point(url, "payloads", "gone", nil)
	x.send(url, "behind it")
	if m := x.next(x.consumer("strict")); string(m.Data()) != "behind it" {
		t.Errorf("%s", m.Data())
	}
	m := x.receive(dead)
	if *m.Body != pointer("payloads", "gone") {
		t.Errorf("%s", *m.Body)
	}
	if n := x.metric("fetch", "failed"); n != "1" {
		t.Errorf("%s failed", n)
	}
	if said := x.log.String(); !strings.Contains(said, "a payload cannot be fetched") || !strings.Contains(said, "NoSuchKey") {
		t.Errorf("%s", said)
	}
}

// Without S3 everything goes on that does not need it.
func TestS3Down(t *testing.T) {
	x := open(t, nil)
	x.front.Close()
	x.point(x.url, "payloads", "k", nil)
	x.send(x.url, "goes on")
	if m := x.next(x.consumer(queue)); string(m.Data()) != "goes on" {
		t.Errorf("%s", m.Data())
	}
	large := bytes.Repeat([]byte{0, 0xFF}, 450<<10)
	url := x.makeQueue("large", nil)
	if _, err := x.js.Publish(x.within(), "large", large); err != nil {
		t.Fatal(err)
	}
	if m := x.receive(url); *m.Body != base64.StdEncoding.EncodeToString(large) {
		t.Errorf("%d bytes", len(*m.Body))
	}
	if n := x.metric("store", "failed"); n != "1" {
		t.Errorf("%s failed", n)
	}
}

// What NATS has sent and SQS has no room for is read as an extended client reads it, and
// its object goes with it.
func TestLargeBodyForSQS(t *testing.T) {
	x := open(t, nil)
	large := bytes.Repeat([]byte{0, 1, 0xFF}, 300<<10)
	if _, err := x.js.Publish(x.within(), queue, large); err != nil {
		t.Fatal(err)
	}
	m := x.receive(x.url)
	var halves []json.RawMessage
	var at struct{ S3BucketName, S3Key string }
	if err := json.Unmarshal([]byte(*m.Body), &halves); err != nil || len(halves) != 2 {
		t.Fatalf("%.100s: %v", *m.Body, err)
	}
	if err := json.Unmarshal(halves[1], &at); err != nil || string(halves[0]) != `"software.amazon.payloadoffloading.PayloadS3Pointer"` {
		t.Fatalf("%s: %v", *m.Body, err)
	}
	out, err := x.objects.GetObject(x.within(), &s3.GetObjectInput{Bucket: &at.S3BucketName, Key: &at.S3Key})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Body.Close()
	content, err := io.ReadAll(out.Body)
	if err != nil || string(content) != base64.StdEncoding.EncodeToString(large) {
		t.Errorf("%d bytes, %v", len(content), err)
	}
	if n := aws.ToString(m.MessageAttributes[size].StringValue); n != strconv.Itoa(len(content)) {
		t.Errorf("%s is %s", size, n)
	}
	x.delete(x.url, m)
	x.close()
	if keys, err := x.s3.Objects("payloads"); err != nil || len(keys) != 0 {
		t.Errorf("left: %q, %v", keys, err)
	}
}

// With delete_payloads the object of an acked message goes, as with the library for Java.
func TestDeletePayloads(t *testing.T) {
	x := open(t, func(c *config.Config) { c.S3.DeletePayloads = true })
	for _, key := range []string{"stomp", "nats", "stays"} {
		x.put("payloads", key, key)
		x.point(x.makeQueue(key, nil), "payloads", key, nil)
	}
	c, s := x.subscribe("stomp")
	if err := c.Ack(x.nextOf(s)); err != nil {
		t.Fatal(err)
	}
	if err := x.next(x.consumer("nats")).DoubleAck(x.within()); err != nil {
		t.Fatal(err)
	}
	if m := x.next(x.consumer("stays")); string(m.Data()) != "stays" { // and is not acked
		t.Errorf("%s", m.Data())
	}
	if err := c.Disconnect(); err != nil { // answered behind the ACK
		t.Fatal(err)
	}
	x.close()
	if keys, err := x.s3.Objects("payloads"); err != nil || len(keys) != 1 || keys[0] != "stays" {
		t.Errorf("left: %q, %v", keys, err)
	}
}
