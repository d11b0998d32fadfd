package nats_test

import (
	"context"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/protocols/nats"
	"github.com/sluicemq/sluice/protocols/payload/payloadtest"
	"github.com/sluicemq/sluice/queuecore"
)

// point sends a message that points to an object, as an SQS extended client does.
func (h *house) point(queue, bucket, key string) {
	h.t.Helper()
	h.put(queue, mapping.Pointer{Bucket: bucket, Key: key}.String(), queuecore.Property{Name: "ExtendedPayloadSize", Value: queuecore.Decimal("7")})
}

func (h *house) put(queue, body string, properties ...queuecore.Property) {
	h.t.Helper()
	m := &queuecore.Message{Destination: queuecore.QueueNamed(queue), Body: []byte(body), Properties: properties}
	if _, err := h.broker.Send(context.Background(), m); err != nil {
		h.t.Fatal(err)
	}
}

func withPayloads(t *testing.T, p *payloadtest.Payloads) *house {
	return open(t, newBroker(t), nats.Options{Payloads: p})
}

// next fetches one message.
func next(t *testing.T, o jetstream.Consumer) jetstream.Msg {
	t.Helper()
	return must(o.Next(waiting()...))(t)
}

// A consumer gets the payload of a pointer, and nothing that says that it was one.
func TestPayloadIsFetched(t *testing.T) {
	p := &payloadtest.Payloads{}
	p.Put("k", "large")
	h := withPayloads(t, p)
	_, s := h.stream(jetstream.StreamConfig{Name: "S", Subjects: []string{"S"}})
	o := h.consumer(s, jetstream.ConsumerConfig{})
	h.point("S", "b", "k")
	m := next(t, o)
	if string(m.Data()) != "large" || len(m.Headers()) != 0 {
		t.Errorf("%q %v", m.Data(), m.Headers())
	}
}

// What is not served, and what is not to be shown, stays a pointer and says so.
func TestPointerIsPassedOn(t *testing.T) {
	for _, tt := range []struct {
		name, bucket, why string
		payloads          *payloadtest.Payloads
		headersOnly       bool
	}{
		{"no payloads", "b", "", nil, false},
		{"another bucket", "other", "not this bucket", &payloadtest.Payloads{}, false},
		{"headers only", "b", "", &payloadtest.Payloads{}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			options := nats.Options{}
			if tt.payloads != nil {
				options.Payloads = tt.payloads
			}
			h := open(t, newBroker(t), options)
			_, s := h.stream(jetstream.StreamConfig{Name: "S", Subjects: []string{"S"}})
			o := h.consumer(s, jetstream.ConsumerConfig{HeadersOnly: tt.headersOnly})
			h.point("S", tt.bucket, "k")
			m := next(t, o)
			want := mapping.Pointer{Bucket: tt.bucket, Key: "k"}.String()
			if tt.headersOnly {
				want = ""
			}
			if string(m.Data()) != want || m.Headers().Get("Sluice-Payload") != "s3-pointer" || m.Headers().Get("Sluice-Payload-Error") != tt.why {
				t.Errorf("%q %v", m.Data(), m.Headers())
			}
		})
	}
}

// While one payload is on its way, other consumers of the same connection go on.
func TestSlowPayloadStopsNobodyElse(t *testing.T) {
	p := &payloadtest.Payloads{}
	p.Put("slow", "slow")
	p.Put("quick", "quick")
	asked, letGo := p.Hold("slow")
	defer letGo()
	h := withPayloads(t, p)
	js, s := h.stream(jetstream.StreamConfig{Name: "S", Subjects: []string{"S"}})
	other := must(js.CreateStream(within(t), jetstream.StreamConfig{Name: "T", Subjects: []string{"T"}, Retention: jetstream.WorkQueuePolicy}))(t)
	waits, goesOn := h.consumer(s, jetstream.ConsumerConfig{}), h.consumer(other, jetstream.ConsumerConfig{})
	h.point("S", "b", "slow")
	got := make(chan jetstream.Msg, 1)
	// Ends with its message, which the test lets go.
	go func() {
		m, err := waits.Next(waiting()...)
		if err != nil {
			t.Error(err)
		}
		got <- m
	}()
	<-asked
	h.put("T", "meanwhile")
	h.point("T", "b", "quick")
	for _, want := range []string{"meanwhile", "quick"} {
		if m := next(t, goesOn); string(m.Data()) != want {
			t.Errorf("%q", m.Data())
		}
	}
	letGo()
	if m := receive(t, got); m == nil || string(m.Data()) != "slow" {
		t.Errorf("%v", m)
	}
}

// A payload that cannot be had is a delivery that failed: others go before it.
func TestFailedPayloadRests(t *testing.T) {
	p := &payloadtest.Payloads{}
	p.Put("k", "large")
	p.Fail(payloadtest.ErrDown)
	h := withPayloads(t, p)
	_, s := h.stream(jetstream.StreamConfig{Name: "S", Subjects: []string{"S"}})
	o := h.consumer(s, jetstream.ConsumerConfig{})
	h.point("S", "b", "k")
	h.put("S", "behind it")
	if m := next(t, o); string(m.Data()) != "behind it" {
		t.Errorf("%q", m.Data())
	}
	p.Fail(nil)
	m := next(t, o)
	if d := must(m.Metadata())(t).NumDelivered; string(m.Data()) != "large" || d < 2 {
		t.Errorf("%q, delivery %d", m.Data(), d)
	}
}

// An object goes when its message is acked, and not when it is given back or given up.
func TestObjectsOfAckedMessages(t *testing.T) {
	p := &payloadtest.Payloads{Removes: true}
	p.Put("k", "large")
	p.Put("given up", "large")
	removed := p.Removed()
	h := withPayloads(t, p)
	_, s := h.stream(jetstream.StreamConfig{Name: "S", Subjects: []string{"S"}})
	o := h.consumer(s, jetstream.ConsumerConfig{})
	h.point("S", "b", "given up")
	if err := next(t, o).TermWithReason("no use"); err != nil {
		t.Fatal(err)
	}
	h.point("S", "b", "k")
	if err := next(t, o).Nak(); err != nil {
		t.Fatal(err)
	}
	m := next(t, o)
	if d := must(m.Metadata())(t).NumDelivered; string(m.Data()) != "large" || d != 2 {
		t.Errorf("%q, delivery %d", m.Data(), d)
	}
	if _, ok := p.Get("k"); !ok {
		t.Error("removed before the ack")
	}
	if err := m.DoubleAck(within(t)); err != nil {
		t.Fatal(err)
	}
	if key := receive(t, removed); key != "k" {
		t.Errorf("%s is removed", key)
	}
}
