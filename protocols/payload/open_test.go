package payload_test

import (
	"errors"
	"testing"
	"time"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/protocols/payload"
	"github.com/sluicemq/sluice/protocols/payload/payloadtest"
	"github.com/sluicemq/sluice/queuecore"
)

func pointer(d queuecore.Destination, bucket string) *queuecore.Delivery {
	return &queuecore.Delivery{Queue: "q", Message: &queuecore.Message{
		Destination: d, Body: []byte(mapping.Pointer{Bucket: bucket, Key: "k"}.String()),
		Properties: queuecore.Properties{{Name: "ExtendedPayloadSize", Value: queuecore.Decimal("1")}},
	}}
}

func dead(d *queuecore.Delivery, of string) *queuecore.Delivery {
	d.Queue, d.Dead = "dead", &queuecore.DeadLetter{Queue: of}
	return d
}

func TestSealed(t *testing.T) {
	p, d := &payloadtest.Payloads{}, pointer(queuecore.QueueNamed("q"), "b")
	plain := &queuecore.Message{Body: []byte("[]"), Properties: d.Properties}
	if payload.Sealed(nil, d.Message) || !payload.Sealed(p, d.Message) || payload.Sealed(p, plain) {
		t.Error("not as it should be")
	}
}

func TestOpen(t *testing.T) {
	queue, topic := queuecore.QueueNamed("q"), queuecore.TopicNamed("t")
	tests := []struct {
		name    string
		d       *queuecore.Delivery
		removes bool
		err     error
		body    string
		why     string
		object  bool
	}{
		{name: "there", d: pointer(queue, "b"), body: "large"},
		{name: "to be removed", d: pointer(queue, "b"), removes: true, body: "large", object: true},
		{name: "of a dead letter", d: dead(pointer(queue, "b"), "q"), removes: true, body: "large", object: true},
		{name: "of a dead letter of another queue than it was sent to", d: dead(pointer(queue, "b"), "q.member"), removes: true, body: "large"},
		{name: "of a relay", d: pointer(queuecore.QueueNamed("relay"), "b"), removes: true, body: "large"},
		{name: "of a topic", d: pointer(topic, "b"), removes: true, body: "large"},
		{name: "elsewhere", d: pointer(queue, "other"), removes: true, body: `["software.amazon.payloadoffloading.PayloadS3Pointer",{"s3BucketName":"other","s3Key":"k"}]`, why: "not this bucket"},
		{name: "down", d: pointer(queue, "b"), err: payloadtest.ErrDown},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := &payloadtest.Payloads{Removes: tt.removes}
			p.Put("k", "large")
			p.Fail(tt.err)
			before := string(tt.d.Body)
			o, err := payload.Open(t.Context(), p, tt.d)
			if !errors.Is(err, tt.err) || string(tt.d.Body) != before {
				t.Fatalf("%v", err)
			}
			if err == nil && (string(o.Body) != tt.body || o.Why != tt.why || (o.Object != nil) != tt.object) {
				t.Errorf("%+v", o)
			}
		})
	}
}

// Each attempt rests twice as long as the one before, up to five minutes.
func TestRest(t *testing.T) {
	for attempt, want := range map[int]time.Duration{
		0: time.Second, 1: time.Second, 2: 2 * time.Second, 3: 4 * time.Second, 9: 256 * time.Second, 10: 5 * time.Minute, 1 << 40: 5 * time.Minute,
	} {
		if got := payload.Rest(attempt); got != want {
			t.Errorf("attempt %d: %v", attempt, got)
		}
	}
}
