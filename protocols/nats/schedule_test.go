package nats_test

import (
	"slices"
	"testing"
	"time"

	client "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/sluicemq/sluice/queuecore"
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

// scheduled is a message that goes from a schedule's subject to its target in an hour.
func scheduled(subject, target, body string) *client.Msg {
	m := client.NewMsg(subject)
	m.Data = []byte(body)
	m.Header.Set("Nats-Schedule", "@at "+time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
	m.Header.Set("Nats-Schedule-Target", target)
	return m
}

// The schedule of a subject replaces the one before it (ADR-51); it is found under its subject and
// taken back by it.
func TestScheduleReplacesTheOneBefore(t *testing.T) {
	h := start(t)
	js, s := h.stream(jetstream.StreamConfig{Name: "S", Subjects: []string{"s.>"}, AllowMsgSchedules: true})
	publish := func(js jetstream.JetStream, subject, target string) uint64 {
		return must(js.PublishMsg(within(t), scheduled(subject, target, "x")))(t).Sequence
	}
	publish(js, "s.schedule.1", "s.a")
	second := publish(js, "s.schedule.2", "s.a")
	third := publish(js, "s.schedule.1", "s.b")
	if left := h.left("S"); !slices.Equal(left, []uint64{second, third}) {
		t.Fatalf("left: %v", left)
	}
	got := must(s.GetLastMsgForSubject(within(t), "s.schedule.1"))(t)
	if got.Sequence != third || got.Subject != "s.schedule.1" || got.Header.Get("Nats-Schedule-Target") != "s.b" || got.Header.Get("Nats-Schedule") == "" {
		t.Errorf("the schedule is shown as %+v", got)
	}
	if _, err := s.GetLastMsgForSubject(within(t), "s.b"); err == nil {
		t.Error("what is not due is found under its target")
	}
	subjects := must(s.Info(within(t), jetstream.WithSubjectFilter(">")))(t).State.Subjects
	if len(subjects) != 2 || subjects["s.schedule.1"] != 1 || subjects["s.schedule.2"] != 1 {
		t.Errorf("subjects: %v", subjects)
	}
	if err := s.Purge(within(t), jetstream.WithPurgeSubject("s.b")); err != nil || len(h.left("S")) != 2 {
		t.Errorf("a purge of the target: %v, left %v", err, h.left("S"))
	}
	if err := s.Purge(within(t), jetstream.WithPurgeSubject("s.schedule.1")); err != nil || !slices.Equal(h.left("S"), []uint64{second}) {
		t.Errorf("a purge of the schedule: %v, left %v", err, h.left("S"))
	}
	if err := s.DeleteMsg(within(t), second); err != nil || len(h.left("S")) != 0 {
		t.Errorf("a deletion: %v, left %v", err, h.left("S"))
	}
}

// A schedule sent to the name of a stream goes to its target, and one whose target is that name
// to the queue.
func TestScheduleAtTheNameOfAStream(t *testing.T) {
	h := start(t)
	js, _ := h.stream(jetstream.StreamConfig{Name: "S", Subjects: []string{"S", "s.>"}, AllowMsgSchedules: true})
	for _, x := range []struct {
		subject, target string
		want            queuecore.Destination
	}{
		{"S", "s.b", queuecore.TopicNamed("s.b")}, {"s.a", "S", queuecore.QueueNamed("S")},
	} {
		seq := must(js.PublishMsg(within(t), scheduled(x.subject, x.target, "x")))(t).Sequence
		found := must(h.broker.Browse(within(t), "S", seq, 1))(t)
		if len(found) != 1 || found[0].Seq != seq || found[0].Destination != x.want {
			t.Errorf("%s to %s: %+v", x.subject, x.target, found)
		}
	}
	_, err := js.PublishMsg(within(t), scheduled("S", "S", "x"))
	expect(t, err, 10190)
}

// Who may not send to a target does not get there by a schedule.
func TestScheduleNeedsPermissionForItsTarget(t *testing.T) {
	h := guarded(t, "send topic s.schedule", "send topic s.mine")
	c := queuecore.QueueConfig{Labels: map[string]string{"nats.stream": `{"subjects":["s.>"],"retention":"workqueue","allow_msg_schedules":true}`}}
	if _, err := h.broker.CreateQueue(within(t), "S", c); err != nil {
		t.Fatal(err)
	}
	if err := h.broker.Bind(within(t), queuecore.Binding{Queue: "S", Pattern: "s.>"}); err != nil {
		t.Fatal(err)
	}
	js := must(jetstream.New(h.dial(client.UserInfo("ann", "secret"))))(t)
	must(js.PublishMsg(within(t), scheduled("s.schedule", "s.mine", "x")))(t)
	_, err := js.PublishMsg(within(t), scheduled("s.schedule", "s.theirs", "x"))
	expect(t, err, 10003)
	if left := h.left("S"); len(left) != 1 {
		t.Errorf("left: %v", left)
	}
}
