package queuecore_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
)

// A last attempt whose lease ends at once still shows its message, also when that
// must be read from disk; then the message moves on.
func TestLastAttemptEndsAtOnce(t *testing.T) {
	r := newRig(t, &queuecore.Options{CacheBytes: -1})
	r.create("dlq", queuecore.QueueConfig{})
	r.create("q", queuecore.QueueConfig{MaxAttempts: 2, DeadLetter: "dlq"})
	bodies := []string{"one", "two", "three"}
	for _, body := range bodies {
		r.send("q", body)
	}
	for attempt := 1; attempt <= 2; attempt++ {
		ds, err := r.Receive(r.ctx, "q", queuecore.ReceiveOptions{Max: 10, Lease: queuecore.LeaseFor(0)})
		r.must(err)
		sameBodies(t, ds, bodies)
	}
	if s := r.stats("q"); s.Len() != 0 {
		t.Errorf("%+v", s)
	}
	sameBodies(t, r.receive("dlq", 10), bodies)
}

func sameBodies(t *testing.T, ds []queuecore.Delivery, want []string) {
	t.Helper()
	if len(ds) != len(want) {
		t.Fatalf("%d deliveries, want %q", len(ds), want)
	}
	for i, d := range ds {
		if string(d.Body) != want[i] {
			t.Errorf("delivery %d is %q, want %q", i, d.Body, want[i])
		}
	}
}

// slow is a store whose first Get waits.
type slow struct {
	*memstore.Store
	begun         atomic.Bool
	reached, open chan struct{}
}

func (s *slow) Get(k []byte) ([]byte, error) {
	if s.begun.CompareAndSwap(false, true) {
		close(s.reached)
		<-s.open
	}
	return s.Store.Get(k)
}

// However a last attempt ends while its receiver still reads, the receiver gets the
// message, and then it moves on.
func TestLastAttemptEndsBeforeItIsRead(t *testing.T) {
	for name, end := range map[string]func(*rig, *queuecore.Session, *clock){
		"session": func(r *rig, s *queuecore.Session, _ *clock) { r.must(s.Close()) },
		"clock":   func(_ *rig, _ *queuecore.Session, c *clock) { c.add(time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			clock := newClock()
			s := &slow{Store: memstore.New(), reached: make(chan struct{}), open: make(chan struct{})}
			r := over(t, s, queuecore.Options{CacheBytes: -1, Now: clock.Now})
			r.create("dlq", queuecore.QueueConfig{})
			r.create("q", queuecore.QueueConfig{MaxAttempts: 1, DeadLetter: "dlq"})
			r.send("q", "x")
			session := r.NewSession()
			o := queuecore.ReceiveOptions{}
			if name == "session" {
				o.Lease = session.Lease()
			}
			got := make(chan []queuecore.Delivery, 1)
			// The goroutine ends when the store has been read.
			go func() {
				ds, err := r.Receive(r.ctx, "q", o)
				if err != nil {
					t.Error(err)
				}
				got <- ds
			}()
			<-s.reached
			end(r, session, clock)
			if s := r.stats("q"); s.Leased != 1 {
				t.Errorf("while it is read: %+v", s)
			}
			close(s.open)
			sameBodies(t, <-got, []string{"x"})
			if q, dlq := r.stats("q"), r.stats("dlq"); q.Len() != 0 || dlq.Ready != 1 {
				t.Errorf("%+v, and %+v", q, dlq)
			}
		})
	}
}
