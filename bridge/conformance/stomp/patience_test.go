package stomp

import (
	"os"
	"testing"
	"time"

	"github.com/sluicemq/sluice/bridge/conformance"
)

// A server may take its time to say that there is a limit: it has to read up to there first.
func TestLimitsAreWaitedFor(t *testing.T) {
	for _, x := range kit(t, startFake(t), Options{Only: []string{"limits."}, Grace: time.Nanosecond}).Results {
		if x.Outcome != conformance.Pass {
			t.Errorf("%s in %s: %s %s", x.ID, x.Version, x.Outcome, x.Why)
		}
	}
}

// What a machine that stands still takes of a wait is one piece of it.
func TestInPieces(t *testing.T) {
	asked := 0
	wait := func(until int) error {
		return (&client{}).inPieces(time.Minute, func(time.Time) error {
			if asked++; asked < until {
				return os.ErrDeadlineExceeded
			}
			return nil
		})
	}
	if err := wait(4); err != nil || asked != 4 {
		t.Errorf("%v after %d pieces", err, asked)
	}
	c := &client{}
	if _ = c.inPieces(time.Minute, func(time.Time) error { return os.ErrDeadlineExceeded }); c.held {
		t.Error("a wait that is over early was held up")
	}
	if _ = c.inPieces(-time.Hour, func(time.Time) error { return os.ErrDeadlineExceeded }); !c.late() {
		t.Error("one that is over an hour late was not")
	}
	asked = 0
	if err := wait(pieces + 1); err != os.ErrDeadlineExceeded || asked != pieces {
		t.Errorf("%v after %d pieces", err, asked)
	}
}

// The kit that was late itself looks again, and a server that fails all the same fails.
func TestFailureOfALateKit(t *testing.T) {
	for late, want := range map[int]int{0: 1, 1: 2, rounds: rounds} { // so many rounds are late
		p, ran := &probe{}, 0
		p.onTime(func() *client {
			c := &client{p: p}
			c.every = time.Hour
			if ran++; ran > late {
				c.spoke = time.Now()
			}
			p.fail("a connection", "none")
			return c
		})
		if ran != want || p.failure == nil {
			t.Errorf("%d late rounds: %d in all, failure %v", late, ran, p.failure)
		}
	}
	p, ran := &probe{}, 0
	p.onTime(func() *client {
		c := &client{p: p}
		c.every = time.Hour // and it has not spoken for longer
		if ran++; ran == 1 {
			p.fail("a connection", "none")
		}
		return c
	})
	if ran != 2 || p.failure != nil {
		t.Errorf("%d rounds, failure %v", ran, p.failure)
	}
}
