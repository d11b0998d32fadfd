package mapping_test

import (
	"testing"
	"time"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/queuecore"
)

// TestTimes: the units and origins of times, one trap a line.
func TestTimes(t *testing.T) {
	at := func(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
	in := func(d time.Duration) time.Time { return now.Add(d) }
	for _, x := range []struct {
		name    string
		m       *queuecore.Message
		expires time.Time
		deliver time.Time
	}{
		{"ActiveMQ expires: ms, absolute", decodeSTOMP(t, "expires", "1800000000000"), at(1800000000000), time.Time{}},
		{"ActiveMQ expires: 0 is never", decodeSTOMP(t, "expires", "0"), time.Time{}, time.Time{}},
		{"RabbitMQ expiration: ms, relative", decodeSTOMP(t, "expiration", "1500"), in(1500 * time.Millisecond), time.Time{}},
		{"expiration: 0 is never", decodeSTOMP(t, "expiration", "0"), time.Time{}, time.Time{}},
		{"the absolute one counts", decodeSTOMP(t, "expires", "1800000000000", "expiration", "5"), at(1800000000000), time.Time{}},
		{"the absolute one counts, also when last", decodeSTOMP(t, "expiration", "5", "expires", "1800000000000"), at(1800000000000), time.Time{}},
		{"blanks after the colon", decodeSTOMP(t, "expires", " 1800000000000"), at(1800000000000), time.Time{}},
		{"ActiveMQ delay: ms, relative", decodeSTOMP(t, "AMQ_SCHEDULED_DELAY", "2500"), time.Time{}, in(2500 * time.Millisecond)},
		{"Artemis time: ms, absolute", decodeSTOMP(t, "AMQ_SCHEDULED_TIME", "1800000000001"), time.Time{}, at(1800000000001)},
		{"RabbitMQ plug-in delay: ms, relative", decodeSTOMP(t, "x-delay", "7"), time.Time{}, in(7 * time.Millisecond)},
		{"RabbitMQ plug-in delay that is over", decodeSTOMP(t, "x-delay", "-7"), time.Time{}, time.Time{}},
		{"no repeat", decodeSTOMP(t, "AMQ_SCHEDULED_REPEAT", "0", "AMQ_SCHEDULED_PERIOD", "0"), time.Time{}, time.Time{}},
		{"Nats-TTL: seconds", decodeNATS(t, "Nats-TTL", "30"), in(30 * time.Second), time.Time{}},
		{"Nats-TTL: duration", decodeNATS(t, "Nats-TTL", "1h30m"), in(90 * time.Minute), time.Time{}},
		{"Nats-TTL: never", decodeNATS(t, "Nats-TTL", "never"), time.Time{}, time.Time{}},
		{"Nats-Schedule", decodeNATS(t, "Nats-Schedule", "@at 2027-01-15T08:00:00Z"), time.Time{}, at(1800000000000)},
		{"Nats-Schedule, zone and fraction", decodeNATS(t, "Nats-Schedule", "@at 2027-01-15T09:00:00.0005+01:00"), time.Time{}, at(1800000000001)},
		{"our absolute time counts", decodeNATS(t, "Sluice-Expires-At", "2027-01-15T08:00:00.5Z", "Nats-TTL", "5"), at(1800000000500), time.Time{}},
		{"JMSExpiration attribute: ms, absolute", decodeSQS(t, mapping.SQSMessage{Body: "a",
			Attributes: attributes("JMSExpiration", "Number.long", "1800000000000")}), at(1800000000000), time.Time{}},
		{"a delay that DelaySeconds cannot say", decodeSQS(t, mapping.SQSMessage{Body: "a",
			Attributes: attributes("Sluice.DeliverAt", "Number.long", "1800000000000")}), time.Time{}, at(1800000000000)},
	} {
		if !x.m.ExpiresAt.Equal(x.expires) || !x.m.DeliverAt.Equal(x.deliver) {
			t.Errorf("%s: expires %v, delivered %v", x.name, x.m.ExpiresAt, x.m.DeliverAt)
		}
	}
}

// TestSQSDelay: DelaySeconds 0 is a delay that was given, and hides nothing of the message.
func TestSQSDelay(t *testing.T) {
	for _, x := range []struct {
		delay time.Duration
		want  time.Time
	}{{-1, time.Time{}}, {0, now}, {5 * time.Second, now.Add(5 * time.Second)}} {
		m, err := mapping.SQS{}.Decode(mapping.SQSMessage{Body: "a", Delay: x.delay}, now)
		if err != nil || !m.DeliverAt.Equal(x.want) {
			t.Errorf("delay %v: deliver at %v, %v", x.delay, m.DeliverAt, err)
		}
	}
}

// TestRelativeTimesRoundUp: nothing is delivered or dropped a part of a millisecond early.
func TestRelativeTimesRoundUp(t *testing.T) {
	late := now.Add(time.Microsecond)
	m, err := mapping.STOMP{}.Decode(headers("destination", "q", "AMQ_SCHEDULED_DELAY", "1"), nil, late)
	if err != nil || !m.DeliverAt.Equal(now.Add(2*time.Millisecond)) {
		t.Errorf("deliver at %v, %v", m.DeliverAt, err)
	}
}

// TestAttempts: STOMP's count has the present delivery in it, as JMSXDeliveryCount
// and ApproximateReceiveCount have; redelivered is true from the second on.
func TestAttempts(t *testing.T) {
	for attempt, want := range map[int][2]string{1: {"false", "1"}, 2: {"true", "2"}} {
		h, _ := mapping.STOMP{}.Encode(&queuecore.Delivery{Message: &queuecore.Message{}, Queue: "q", Attempt: attempt})
		redelivered, _ := lookup(h, "redelivered")
		count, _ := lookup(h, "JMSXDeliveryCount")
		if redelivered != want[0] || count != want[1] {
			t.Errorf("attempt %d: redelivered %s, count %s", attempt, redelivered, count)
		}
	}
}
