package mapping_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/queuecore"
)

// What ActiveMQ's headers make of a message, alone and together.
func TestPlans(t *testing.T) {
	const delay, period, repeat, cron = "AMQ_SCHEDULED_DELAY", "AMQ_SCHEDULED_PERIOD", "AMQ_SCHEDULED_REPEAT", "AMQ_SCHEDULED_CRON"
	for _, x := range []struct {
		headers []string
		deliver time.Duration // from now; 0: at once, or when the plan says
		plan    *queuecore.Plan
	}{
		{[]string{delay, "1000"}, time.Second, nil},
		{[]string{period, "2000"}, 2 * time.Second, nil},
		{[]string{delay, "1000", period, "2000"}, time.Second, nil},
		{[]string{period, "2000", delay, "1000", repeat, "0"}, time.Second, nil},
		{[]string{repeat, "3", period, "2000"}, 2 * time.Second, &queuecore.Plan{Period: 2 * time.Second, Repeat: 3}},
		{[]string{repeat, "3", period, "2000", delay, "1000"}, time.Second, &queuecore.Plan{Period: 2 * time.Second, Repeat: 3}},
		{[]string{repeat, "-1", period, " 2000"}, 2 * time.Second, &queuecore.Plan{Period: 2 * time.Second, Repeat: queuecore.Forever}},
		{[]string{"AMQ_SCHEDULED_TIME", "1900000000000", repeat, "1", period, "1"}, time.UnixMilli(1900000000000).Sub(now), &queuecore.Plan{Period: time.Millisecond, Repeat: 1}},
		{[]string{cron, "0 * * * *"}, 0, &queuecore.Plan{Cron: "0 * * * *"}},
		{[]string{cron, "", period, "", repeat, ""}, 0, nil},
		{
			[]string{delay, "1000", cron, "0 8 * * MON-FRI", period, "2000", repeat, "9"},
			0, &queuecore.Plan{Cron: "0 8 * * MON-FRI", Delay: time.Second, Period: 2 * time.Second, Repeat: 9},
		},
		{[]string{repeat, "1", repeat, "2", period, "1"}, time.Millisecond, &queuecore.Plan{Period: time.Millisecond, Repeat: 1}},
	} {
		m := decodeSTOMP(t, x.headers...)
		if (m.Plan == nil) != (x.plan == nil) {
			t.Errorf("%q: %v", x.headers, m.Plan)
			continue
		}
		if x.plan != nil {
			x.plan.JobProperty = "scheduledJobId"
			if *m.Plan != *x.plan {
				t.Errorf("%q: %v, want %v", x.headers, m.Plan, x.plan)
			}
		}
		if x.deliver == 0 && !m.DeliverAt.IsZero() || x.deliver != 0 && !m.DeliverAt.Equal(now.Add(x.deliver)) || len(m.Properties) > 0 {
			t.Errorf("%q: due at %v, properties %v", x.headers, m.DeliverAt, m.Properties)
		}
	}
}

func TestPlansThatAreRefused(t *testing.T) {
	for _, x := range []struct {
		headers []string
		want    string
	}{
		{[]string{"AMQ_SCHEDULED_CRON", "* * * * *", "AMQ_SCHEDULED_REPEAT", "-1", "AMQ_SCHEDULED_PERIOD", "5"}, "without an end"},
		{[]string{"AMQ_SCHEDULED_CRON", "* * * * *", "AMQ_SCHEDULED_REPEAT", "2"}, "needs AMQ_SCHEDULED_PERIOD"},
		{[]string{"AMQ_SCHEDULED_CRON", "* * * * *", "AMQ_SCHEDULED_TIME", "1900000000000"}, "does not go with AMQ_SCHEDULED_TIME"},
		{[]string{"AMQ_SCHEDULED_CRON", "* * * * *", "AMQ_SCHEDULED_DELAY", "315360000000"}, "behind its cron time"},
	} {
		_, err := mapping.STOMP{}.Decode(headers(append(x.headers, "destination", "q")...), nil, now)
		if !errors.Is(err, queuecore.ErrInvalid) || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%q: %v, want %q", x.headers, err, x.want)
		}
	}
}

// The object of a pointer goes with the first message that is acked.
func TestPlanForAPointerIsRefused(t *testing.T) {
	m := &queuecore.Message{Body: []byte(mapping.Pointer{Bucket: "b", Key: "k"}.String()), Properties: queuecore.Properties{{Name: "ExtendedPayloadSize", Value: queuecore.Decimal("1")}}}
	h, body := mapping.STOMP{}.Encode(&queuecore.Delivery{Message: m, Queue: "q"})
	h = append(h, headers("AMQ_SCHEDULED_REPEAT", "1", "AMQ_SCHEDULED_PERIOD", "1")...)
	if _, err := (mapping.STOMP{}).Decode(h, body, now); !errors.Is(err, queuecore.ErrInvalid) || !strings.Contains(err.Error(), "S3") {
		t.Error(err)
	}
}
