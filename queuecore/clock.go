package queuecore

import (
	"math"
	"time"
)

// clock tells the broker's own time, in nanoseconds. It begins as the wall
// clock's, or where the store left off if that is later, and then runs on by
// elapsed alone: whoever sets the wall clock ends no lease. What callers say
// and hear is the wall clock's, as it stands at that moment.
//
// A clock does not change once the broker is open.
type clock struct {
	wall    func() time.Time
	elapsed func() time.Duration
	begin   time.Time // what elapsed counts from, when it is the wall clock's; else zero
	began   int64     // what the wall clock showed when elapsed was 0
	base    int64     // the broker's own time then
}

func newClock(o *Options) *clock {
	begin := o.Now()
	c := &clock{wall: o.Now, elapsed: o.Elapsed, began: begin.UnixNano()}
	if c.elapsed == nil {
		c.begin = begin
		c.elapsed = func() time.Duration { return o.Now().Sub(begin) }
	}
	c.began -= int64(c.elapsed())
	c.base = c.began
	return c
}

// goOn has the clock begin at t if that is later, and returns by how much it is:
// how far the wall clock went back while the store was closed.
func (c *clock) goOn(t int64) time.Duration {
	behind := max(t-c.now(), 0)
	c.base += behind
	return time.Duration(behind)
}

// now is the broker's own time.
func (c *clock) now() int64 { return c.base + int64(c.elapsed()) }

// read reads both clocks. A time of Go's tells of both, so that one reading does.
func (c *clock) read() (wall time.Time, elapsed time.Duration) {
	wall = c.wall()
	if c.begin.IsZero() {
		return wall, c.elapsed()
	}
	return wall, wall.Sub(c.begin)
}

// tolerance is how far the wall clock may be from where it ought to be without
// counting as set: the two clocks are read one after the other.
const tolerance = time.Second

// shift is what the broker's own time is ahead of the wall clock.
func (c *clock) shift() int64 {
	wall, elapsed := c.read()
	set := wall.UnixNano() - c.began - int64(elapsed)
	if time.Duration(set).Abs() < tolerance {
		set = 0
	}
	return c.base - c.began - set
}

// own turns a time of the wall clock into the broker's; zero stays zero. What is
// long past is just after 1970, and what lies so far ahead that the count would
// end is the end of the count: never, as far as anybody can tell.
func (c *clock) own(t time.Time) int64 {
	switch {
	case t.IsZero():
		return 0
	case t.Unix() <= 0:
		return 1
	case t.Unix() >= farAhead/int64(time.Second):
		return farAhead
	}
	return min(max(t.UnixNano()+c.shift(), 1), farAhead)
}

// farAhead leaves room for a retention on top.
const farAhead = math.MaxInt64 / 2

// shown turns the broker's time into the wall clock's; zero stays zero.
func (c *clock) shown(ns int64) time.Time { return shownBy(c.shift(), ns) }

// shownBy is shown for many times at once: reading both clocks for each of many deliveries is dear.
func shownBy(shift, ns int64) time.Time {
	if ns == 0 {
		return time.Time{}
	}
	return time.Unix(0, ns-shift)
}
