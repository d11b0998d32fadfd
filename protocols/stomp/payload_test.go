package stomp_test

import (
	"context"
	"encoding/base64"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/protocols/payload/payloadtest"
	"github.com/sluicemq/sluice/queuecore"
)

func withPayloads(p *payloadtest.Payloads) houseOption {
	return func(s *houseSettings) {
		if p != nil {
			s.options.Payloads = p
		}
	}
}

// point sends a message that points to an object, as an SQS extended client does.
func (h *house) point(d queuecore.Destination, bucket, key string, more ...queuecore.Property) {
	h.t.Helper()
	h.sendMessage(&queuecore.Message{
		Destination: d, Body: []byte(mapping.Pointer{Bucket: bucket, Key: key}.String()),
		Properties: append(queuecore.Properties{{Name: "ExtendedPayloadSize", Value: queuecore.Decimal("7")}}, more...),
	})
}

func (h *house) sendMessage(m *queuecore.Message) {
	h.t.Helper()
	if _, err := h.broker.Send(context.Background(), m); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) makeQueue(name string, c queuecore.QueueConfig) {
	h.t.Helper()
	if _, err := h.broker.CreateQueue(context.Background(), name, c); err != nil {
		h.t.Fatal(err)
	}
}

func queue(name string) queuecore.Destination { return queuecore.QueueNamed(name) }

// A consumer gets the payload of a pointer, and nothing that says that it was one.
func TestPayloadIsFetched(t *testing.T) {
	p := &payloadtest.Payloads{}
	inBubble(t, func(t *testing.T, h *house) {
		p.Put("k", "large")
		p.Put("bytes", base64.StdEncoding.EncodeToString([]byte("\x00\xff")))
		h.makeQueue("a", queuecore.QueueConfig{})
		c := h.connect("1.2")
		c.subscribe("0", "/queue/a")
		h.point(queue("a"), "b", "k", queuecore.Property{Name: "colour", Value: "red"})
		c.expect("MESSAGE", "body", "large", "content-length", "5", "colour", "red",
			"ExtendedPayloadSize", "-", "sluice-types", "-", "sluice-payload", "-", "sluice-payload-error", "-")
		h.point(queue("a"), "b", "bytes", queuecore.Property{Name: "JMS_SQSMessageType", Value: "byte"})
		c.expect("MESSAGE", "body", "\x00\xff", "amq-msg-type", "bytes", "JMS_SQSMessageType", "-")
	}, withPayloads(p))
}

// What is not served stays a pointer, and says so and why.
func TestPointerIsPassedOn(t *testing.T) {
	for bucket, p := range map[string]*payloadtest.Payloads{"b": nil, "other": {}} {
		inBubble(t, func(t *testing.T, h *house) {
			h.makeQueue("a", queuecore.QueueConfig{})
			c := h.connect("1.2")
			c.subscribe("0", "/queue/a")
			h.point(queue("a"), bucket, "k")
			why := "-"
			if p != nil {
				why = "not this bucket"
			}
			c.expect("MESSAGE", "body", mapping.Pointer{Bucket: bucket, Key: "k"}.String(),
				"sluice-payload", "s3-pointer", "sluice-payload-error", why, "ExtendedPayloadSize", "7", "sluice-types", "*")
		}, withPayloads(p))
	}
}

// While one payload is on its way all others go on: of the same connection, and of the
// same queue. The subscription that waits keeps its order.
func TestSlowPayloadStopsNobodyElse(t *testing.T) {
	p := &payloadtest.Payloads{}
	inBubble(t, func(t *testing.T, h *house) {
		p.Put("slow", "slow")
		p.Put("quick", "quick")
		asked, letGo := p.Hold("slow")
		defer letGo()
		h.makeQueue("a", queuecore.QueueConfig{})
		h.makeQueue("b", queuecore.QueueConfig{})
		c, other := h.connect("1.2"), h.connect("1.2")
		c.subscribe("waits", "/queue/a")
		c.subscribe("goes on", "/queue/b")
		h.point(queue("a"), "b", "slow")
		<-asked
		c.put("/queue/b", "meanwhile")
		c.expect("MESSAGE", "subscription", "goes on", "body", "meanwhile")
		h.point(queue("b"), "b", "quick")
		c.expect("MESSAGE", "subscription", "goes on", "body", "quick")
		other.subscribe("0", "/queue/a")
		other.put("/queue/a", "for whoever is free")
		other.expect("MESSAGE", "body", "for whoever is free")
		letGo()
		c.expect("MESSAGE", "subscription", "waits", "body", "slow")
	}, withPayloads(p))
}

// A client that goes leaves the message as if it had never been handed out.
func TestGoingWhileAPayloadIsOnItsWay(t *testing.T) {
	for _, end := range []string{"UNSUBSCRIBE\nid:0\nreceipt:r\n\n^@", "DISCONNECT\nreceipt:r\n\n^@"} {
		p := &payloadtest.Payloads{}
		inBubble(t, func(t *testing.T, h *house) {
			p.Put("k", "large")
			asked, letGo := p.Hold("k")
			defer letGo()
			h.makeQueue("a", queuecore.QueueConfig{})
			c := h.connect("1.2")
			c.subscribe("0", "/queue/a")
			h.point(queue("a"), "b", "k")
			<-asked
			c.send(end)
			c.expect("RECEIPT", "receipt-id", "r")
			letGo()
			other := h.connect("1.2")
			other.subscribe("0", "/queue/a")
			other.expect("MESSAGE", "body", "large", "JMSXDeliveryCount", "1")
		}, withPayloads(p))
	}
}

// A payload that cannot be had is a delivery that failed: it comes again later, others
// go before it, and the queue's own rule gives it up.
func TestFailedPayloadRests(t *testing.T) {
	p := &payloadtest.Payloads{}
	inBubble(t, func(t *testing.T, h *house) {
		p.Fail(payloadtest.ErrDown)
		p.Put("k", "large")
		h.makeQueue("dead", queuecore.QueueConfig{})
		h.makeQueue("a", queuecore.QueueConfig{MaxAttempts: 3, DeadLetter: "dead"})
		h.point(queue("a"), "b", "k")
		h.sendMessage(&queuecore.Message{Destination: queue("a"), Body: []byte("behind it")})
		c := h.connect("1.2")
		c.subscribe("0", "/queue/a")
		c.expect("MESSAGE", "body", "behind it", "JMSXDeliveryCount", "1")
		p.Fail(nil)
		c.expect("MESSAGE", "body", "large", "JMSXDeliveryCount", "2")

		h.point(queue("a"), "b", "never")
		time.Sleep(time.Hour)
		if n := h.stats("a").Len(); n != 0 {
			t.Errorf("%d messages left", n)
		}
		p.Put("never", "found after all")
		c.subscribe("1", "/queue/dead")
		c.expect("MESSAGE", "subscription", "1", "body", "found after all", "sluice-dead-reason", "attempts", "sluice-dead-attempts", "3")
	}, withPayloads(p))
}

// In a group nothing overtakes a message that waits for its payload.
func TestFailedPayloadKeepsItsGroup(t *testing.T) {
	p := &payloadtest.Payloads{}
	inBubble(t, func(t *testing.T, h *house) {
		p.Fail(payloadtest.ErrDown)
		p.Put("k", "1")
		h.makeQueue("a", queuecore.QueueConfig{GroupOrder: true})
		h.sendMessage(&queuecore.Message{
			Destination: queue("a"), Group: "g", Body: []byte(mapping.Pointer{Bucket: "b", Key: "k"}.String()),
			Properties: queuecore.Properties{{Name: "ExtendedPayloadSize", Value: queuecore.Decimal("1")}},
		})
		for i := 2; i < 5; i++ {
			h.sendMessage(&queuecore.Message{Destination: queue("a"), Group: "g", Body: []byte(strconv.Itoa(i))})
		}
		c := h.connect("1.2")
		c.subscribe("0", "/queue/a")
		synctest.Wait()
		c.expectQuiet()
		p.Fail(nil)
		for i := 1; i < 5; i++ {
			c.expect("MESSAGE", "body", strconv.Itoa(i))
		}
	}, withPayloads(p))
}

// An object goes when its message is acked, on disk, in whatever way, and not before.
func TestObjectsOfAckedMessages(t *testing.T) {
	ack := func(c *client, more ...string) {
		c.sendf("ACK\nid:%s\n%s\n^@", ackID(c.expect("MESSAGE", "body", "large")), strings.Join(more, "\n"))
	}
	tests := []struct {
		name, mode string
		settle     func(c *client)
		stays      bool
	}{
		{"auto", "auto", func(c *client) { c.expect("MESSAGE", "body", "large") }, false},
		{"ACK", "client", func(c *client) { ack(c) }, false},
		{"COMMIT", "client", func(c *client) {
			c.send("BEGIN\ntransaction:t\n\n^@")
			ack(c, "transaction:t\n")
			c.send("COMMIT\ntransaction:t\n\n^@")
		}, false},
		{"ABORT", "client", func(c *client) {
			c.send("BEGIN\ntransaction:t\n\n^@")
			ack(c, "transaction:t\n")
			c.send("ABORT\ntransaction:t\n\n^@")
		}, true},
		{"no ACK", "client", func(c *client) { c.expect("MESSAGE", "body", "large") }, true},
		{"NACK", "client", func(c *client) {
			c.sendf("NACK\nid:%s\n\n^@", ackID(c.expect("MESSAGE", "body", "large")))
			c.expect("MESSAGE", "body", "large", "redelivered", "true")
		}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := &payloadtest.Payloads{Removes: true}
			inBubble(t, func(t *testing.T, h *house) {
				p.Put("k", "large")
				h.makeQueue("a", queuecore.QueueConfig{})
				c := h.connect("1.2")
				c.subscribe("0", "/queue/a", "ack:"+tt.mode)
				h.point(queue("a"), "b", "k")
				tt.settle(c)
				c.sync()
				synctest.Wait()
				if _, stays := p.Get("k"); stays != tt.stays {
					t.Errorf("there: %v", stays)
				}
			}, withPayloads(p))
		})
	}
}

// What may be pointed to from elsewhere stays: objects of topics, and all of them unless
// the configuration says otherwise.
func TestObjectsThatStay(t *testing.T) {
	for _, removes := range []bool{true, false} {
		p := &payloadtest.Payloads{Removes: removes}
		inBubble(t, func(t *testing.T, h *house) {
			p.Put("k", "large")
			d, name := queuecore.TopicNamed("t"), "/topic/t"
			if !removes {
				d, name = queue("t"), "/queue/t"
				h.makeQueue("t", queuecore.QueueConfig{})
			}
			c := h.connect("1.2")
			c.subscribe("0", name)
			h.point(d, "b", "k")
			c.expect("MESSAGE", "body", "large")
			synctest.Wait()
			if _, stays := p.Get("k"); !stays {
				t.Errorf("%s: removed", name)
			}
		}, withPayloads(p))
	}
}
