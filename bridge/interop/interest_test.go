package interop_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/sluicemq/sluice/bridge/interop/rig"
)

// TestInterestStreamSurvivesKills kills the real program while it is published to: each consumer
// gets every message that was confirmed and that its filter covers, none twice that it has
// acked, and no two messages have one sequence.
func TestInterestStreamSurvivesKills(t *testing.T) {
	if testing.Short() {
		t.Skip("there is no program in short runs")
	}
	x := &interestRun{jetStreamRun: jetStreamRun{t: t}, numbers: make(map[uint64]string), got: make(map[string]map[string]bool)}
	dir := t.TempDir()
	server := startServer(t, dir)
	x.connect(server)
	x.create("all", "")
	x.create("some", "s.b")
	for round := range 4 {
		x.publishSome(round, server)
		server = startServer(t, dir)
		x.connect(server)
		x.take("all", 150)
		x.take("some", 60)
	}
	x.take("all", 0)
	x.take("some", 0)
	x.check()
}

// interestRun publishes to an interest stream with two consumers.
type interestRun struct {
	jetStreamRun
	numbers map[uint64]string          // what was confirmed, by its sequence
	got     map[string]map[string]bool // what each consumer has acked
}

func (x *interestRun) create(name, filter string) {
	x.t.Helper()
	s, err := x.js.CreateOrUpdateStream(x.ctx, jetstream.StreamConfig{Name: "S", Subjects: []string{"s.*"}, Retention: jetstream.InterestPolicy})
	x.must(err)
	_, err = s.CreateConsumer(x.ctx, jetstream.ConsumerConfig{Durable: name, FilterSubject: filter, AckWait: time.Hour})
	x.must(err)
	x.got[name] = make(map[string]bool)
}

// publishSome kills the server in the middle of it.
func (x *interestRun) publishSome(round int, server *rig.Server) {
	x.t.Helper()
	const n = 400
	var sent []string
	var futures []jetstream.PubAckFuture
	for i := range n {
		subject := []string{"s.a", "s.b", "s.c"}[i%3]
		sent = append(sent, fmt.Sprintf("%s %d %d", subject, round, i))
		f, err := x.js.PublishAsync(subject, []byte(sent[i]))
		x.must(err)
		futures = append(futures, f)
	}
	gone := make(chan struct{})
	for i, f := range futures {
		if i == n/2 {
			server.Kill()
			close(gone) // what was not confirmed by then is not waited for
		}
		select {
		case ack := <-f.Ok():
			x.confirmed(ack.Sequence, sent[i])
		case <-f.Err():
		case <-gone:
		}
	}
}

func (x *interestRun) confirmed(seq uint64, body string) {
	x.t.Helper()
	if before, ok := x.numbers[seq]; ok {
		x.t.Errorf("%d is %q and %q", seq, before, body)
	}
	x.numbers[seq] = body
}

// take acks n messages, or all that are left.
func (x *interestRun) take(name string, n int) {
	x.t.Helper()
	for taken := 0; n == 0 || taken < n; {
		batch, err := rig.PullNoWait(x.ctx, x.js.Conn(), "S", name, 50)
		x.must(err)
		for _, m := range batch {
			x.must(rig.AckNow(x.ctx, x.js.Conn(), m))
			if x.got[name][string(m.Data)] {
				x.t.Errorf("%s got %q again", name, m.Data)
			}
			x.got[name][string(m.Data)] = true
		}
		taken += len(batch)
		if len(batch) == 0 {
			return
		}
	}
}

func (x *interestRun) check() {
	x.t.Helper()
	for _, body := range slices.Sorted(maps.Values(x.numbers)) {
		if !x.got["all"][body] || strings.HasPrefix(body, "s.b") && !x.got["some"][body] {
			x.t.Errorf("%q was confirmed and is lost: %v, %v", body, x.got["all"][body], x.got["some"][body])
		}
	}
	for body := range x.got["some"] {
		if !strings.HasPrefix(body, "s.b") {
			x.t.Errorf("some got %q", body)
		}
	}
	if len(x.numbers) < 800 {
		x.t.Errorf("%d were confirmed", len(x.numbers))
	}
	if s := x.state(); s.Msgs != 0 {
		x.t.Errorf("%d messages are left", s.Msgs)
	}
}
