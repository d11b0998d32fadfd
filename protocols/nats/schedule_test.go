package nats_test

import (
	"testing"
	"time"

	client "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// A scheduled message's own lifetime begins when it is due.
func TestLifetimeOfAScheduledMessage(t *testing.T) {
	h := start(t)
	js, _ := h.stream(jetstream.StreamConfig{Name: "S", Subjects: []string{"s.>"}, AllowMsgTTL: true, AllowMsgSchedules: true})
	due := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	scheduled := func(pairs ...string) *client.Msg {
		m := client.NewMsg("s.schedule")
		m.Header.Set("Nats-Schedule", "@at "+due.Format(time.RFC3339))
		m.Header.Set("Nats-Schedule-Target", "s.b")
		for i := 0; i < len(pairs); i += 2 {
			m.Header.Set(pairs[i], pairs[i+1])
		}
		return m
	}
	for ttl, want := range map[string]time.Time{"90s": due.Add(90 * time.Second), "60": due.Add(time.Minute), "never": {}} {
		seq := must(js.PublishMsg(within(t), scheduled("Nats-Schedule-TTL", ttl)))(t).Sequence
		found := must(h.broker.Browse(within(t), "S", seq, 1))(t)
		if len(found) != 1 || !found[0].DeliverAt.Equal(due) || !found[0].ExpiresAt.Equal(want) {
			t.Errorf("%s: %+v", ttl, found)
		}
	}
	for _, bad := range []struct {
		name, value string
		code        int
	}{
		{"Nats-Schedule-TTL", "soon", 10191},
		{"Nats-Schedule-TTL", "1ms", 10191},
		{"Nats-Schedule-Time-Zone", "Nowhere/Atall", 10223},
		{"Nats-Schedule-Time-Zone", "UTC", 10189}, // not with @at
		{"Nats-Schedule", "@every 1h", 10189},
		{"Nats-Schedule", "@daily", 10189},
	} {
		_, err := js.PublishMsg(within(t), scheduled(bad.name, bad.value))
		expect(t, err, bad.code)
	}
}

func TestLifetimeOfAScheduledMessageNeedsPermission(t *testing.T) {
	h := start(t)
	js, _ := h.stream(jetstream.StreamConfig{Name: "S", Subjects: []string{"s.>"}, AllowMsgSchedules: true})
	m := client.NewMsg("s.schedule")
	m.Header.Set("Nats-Schedule", "@at 2030-01-01T00:00:00Z")
	m.Header.Set("Nats-Schedule-Target", "s.b")
	m.Header.Set("Nats-Schedule-TTL", "1m")
	_, err := js.PublishMsg(within(t), m)
	expect(t, err, 10166)
}
