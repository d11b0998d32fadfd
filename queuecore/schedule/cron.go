package schedule

import "time"

// Cron is a set of times, in whole seconds of a zone. It does not change.
type Cron struct {
	second, minute, hour, day, month, weekday set
	anyDay, anyWeekday                        bool // nothing is said of them
	zone                                      *time.Location
}

// set is a set of numbers below 64.
type set uint64

func (s set) has(n int) bool { return s&(1<<n) != 0 }

// horizon is how many years Next looks ahead: 29 February may be eight years away.
const horizon = 9

// Next returns the first time of c after t; false when none comes in the next eight years. A time
// that a change of the zone's clock leaves out is left out, one that it repeats comes twice.
func (c *Cron) Next(t time.Time) (time.Time, bool) {
	t = t.In(c.zone)
	t = t.Add(time.Second - time.Duration(t.Nanosecond()))
	for end := t.Year() + horizon; t.Year() < end; {
		next := c.step(t)
		if next.Equal(t) {
			return t, true
		}
		t = next
	}
	return time.Time{}, false
}

// step returns t if it is of c, and otherwise a later time with none of c's between.
func (c *Cron) step(t time.Time) time.Time {
	year, month, day := t.Date()
	rest := time.Duration(t.Minute())*time.Minute + time.Duration(t.Second())*time.Second
	switch {
	case !c.month.has(int(month)):
		return c.later(t, time.Date(year, month+1, 1, 0, 0, 0, 0, c.zone))
	case !c.onDay(t):
		return c.later(t, time.Date(year, month, day+1, 0, 0, 0, 0, c.zone))
	case !c.hour.has(t.Hour()):
		return t.Add(time.Hour - rest)
	case !c.minute.has(t.Minute()):
		return t.Add(time.Minute - time.Duration(t.Second())*time.Second)
	case !c.second.has(t.Second()):
		return t.Add(time.Second)
	}
	return t
}

// later returns next, unless a midnight that does not exist has thrown it back to
// before t.
func (c *Cron) later(t, next time.Time) time.Time {
	if next.After(t) {
		return next
	}
	return t.Add(time.Hour)
}

// onDay reports whether c has times on t's day. When both kinds of day are said, either
// will do (POSIX, crontab).
func (c *Cron) onDay(t time.Time) bool {
	day, weekday := c.day.has(t.Day()), c.weekday.has(int(t.Weekday()))
	if c.anyDay || c.anyWeekday {
		return day && weekday
	}
	return day || weekday
}
