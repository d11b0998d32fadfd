package stomp

import (
	"testing"
	"time"
)

// The queues of a run are empty when it is over.
func TestNothingIsLeft(t *testing.T) {
	f := &fake{queues: make(map[string]*fakeQueue)}
	r := kit(t, serveFake(t, f), Options{Only: []string{"send.", "ack.", "transactions."}, Grace: 2 * time.Second, Parallel: 128})
	if r.Err() != nil {
		t.Error(r.Err())
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.queues) < 30 {
		t.Errorf("%d queues were used", len(f.queues))
	}
	for name, q := range f.queues {
		if len(q.messages) > 0 {
			t.Errorf("%d messages are left in %s", len(q.messages), name)
		}
	}
}
