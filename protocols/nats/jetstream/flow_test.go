package jetstream

import (
	"testing"
	"time"
)

func TestFlowWindow(t *testing.T) {
	f := newFlow(true)
	const size = flowStart / 4
	asks := 0
	for !f.full() {
		if f.sent(size) {
			asks++
			f.ask("S", "c")
		}
	}
	if asks != 1 || f.ahead != 5*size || f.asked != 3*size {
		t.Fatalf("%d asked, %+v", asks, f)
	}
	if f.answered("$JS.FC.S.c.other") || f.answered("") || !f.full() {
		t.Fatalf("opened by nothing: %+v", f)
	}
	if !f.answered(f.reply) || f.full() || f.window != 2*flowStart || f.ahead != 2*size {
		t.Fatalf("%+v", f)
	}
	if n := f.fits(size); n != 1+6 {
		t.Errorf("%d fit", n)
	}
	for range 10 {
		f.answered(f.ask("S", "c"))
	}
	if f.window != flowLimit || f.ahead != 0 {
		t.Errorf("%+v", f)
	}
	if off := newFlow(false); off.sent(1<<40) || off.full() || off.fits(1) != maxBatch {
		t.Errorf("no flow control: %+v", off)
	}
}

func TestPace(t *testing.T) {
	now := time.Unix(1000, 0)
	p := pace{bits: 8000}
	p.sent(500, now)
	p.sent(500, now)
	if got := p.next.Sub(now); got != time.Second {
		t.Errorf("1000 bytes at 1000 a second take %v", got)
	}
	p.sent(100, now.Add(time.Minute)) // what was not used is not saved up
	if got := p.next.Sub(now); got != time.Minute+100*time.Millisecond {
		t.Errorf("%v", got)
	}
	if n := p.fits(10); n != 1+10 {
		t.Errorf("%d messages of 10 bytes in a tenth of a second", n)
	}
	if n := p.fits(1 << 20); n != 1 {
		t.Errorf("%d large messages", n)
	}
	var none pace
	none.sent(1<<30, now)
	if !none.next.IsZero() || none.fits(1<<20) != maxBatch {
		t.Errorf("no limit: %+v", none)
	}
}
