package stomp

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// beats are the intervals of heart-beats that are in force; 0: none.
type beats struct{ in, out time.Duration }

const (
	// tolerance is how many intervals a client may be silent. STOMP 1.2,
	// "Heart-beating": "the receiver SHOULD be tolerant".
	tolerance = 2
	// Beats go out when three quarters of the interval have passed without any
	// other data, so that they come before it is over.
	early, earlyOf = 3, 4
)

// parseBeats reads a heart-beat header: what its sender can do, and what it
// wants. "MUST contain two positive integers separated by a comma".
func parseBeats(s string) (can, wants time.Duration, err error) {
	x, y, ok := strings.Cut(s, ",")
	cx, errX := strconv.ParseUint(x, 10, 31)
	cy, errY := strconv.ParseUint(y, 10, 31)
	if !ok || errX != nil || errY != nil {
		return 0, 0, refuse("bad heart-beat", "The heart-beat %q is not two numbers of milliseconds below %d with a comma between.", s, uint32(1)<<31)
	}
	return time.Duration(cx) * time.Millisecond, time.Duration(cy) * time.Millisecond, nil
}

// agree returns the beats that follow from what the client can and wants, when
// the server can and wants one each own.
func agree(can, wants, own time.Duration) beats {
	return beats{in: slower(can, own), out: slower(own, wants)}
}

// offer is the server's heart-beat header: what has been agreed, which gives the same
// result in every client that reckons as the standard says. Some do not: go-stomp takes
// what the server offers for its own interval, and for how long it waits for a receipt.
func (b beats) offer() string {
	return fmt.Sprintf("%d,%d", b.out.Milliseconds(), b.in.Milliseconds())
}

// slower is the longer interval, and none when either party has none.
func slower(can, wants time.Duration) time.Duration {
	if can == 0 || wants == 0 {
		return 0
	}
	return max(can, wants)
}

// beat is the timer of the beats that go out.
type beat struct {
	every time.Duration
	timer *time.Timer // nil: there are none
}

func newBeat(interval time.Duration) *beat {
	b := &beat{every: interval * early / earlyOf}
	if b.every > 0 {
		b.timer = time.NewTimer(b.every)
	}
	return b
}

func (b *beat) c() <-chan time.Time {
	if b.timer == nil {
		return nil
	}
	return b.timer.C
}

// reset starts the interval anew, once something was written.
func (b *beat) reset(wrote bool) {
	if b.timer != nil && wrote {
		b.timer.Reset(b.every)
	}
}

func (b *beat) stop() {
	if b.timer != nil {
		b.timer.Stop()
	}
}
