package schedule

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Forever as a Repeat has no end.
const Forever = -1

// The limits of a Plan.
const (
	// MinPeriod is the shortest Period.
	MinPeriod = time.Millisecond
	// MaxPeriod is the longest Period.
	MaxPeriod = 10 * 365 * 24 * time.Hour
	// MaxCronDelay is the longest Delay. Cron times are less than nine years apart, and
	// both together must be less than a queue's longest delay.
	MaxCronDelay = 366 * 24 * time.Hour
)

// Plan says how often and when a message goes out. A series is one message and Repeat
// further ones, a Period apart. Without Cron there is one series; with it each of its
// times begins one. A Plan is a value: nobody changes one that others have.
type Plan struct {
	Period time.Duration `json:"p,omitempty"`
	Repeat int           `json:"r,omitempty"` // further messages of a series; Forever
	Cron   string        `json:"c,omitempty"` // see ParseCron; "": one series, which begins at once
	Zone   string        `json:"z,omitempty"` // of Cron, such as "Europe/Berlin"; "": the server's own
	// Delay is how long behind a time of Cron its series begins. Without one it begins a
	// Period behind it.
	Delay time.Duration `json:"d,omitempty"`
	// JobProperty is the name of the property of each message that goes out which says
	// what job it is of; "": none does.
	JobProperty string `json:"j,omitempty"`
}

// Check says what is wrong with p.
func (p Plan) Check() error {
	switch {
	case p.Repeat < Forever:
		return fmt.Errorf("a repeat of %d; it must be a number, or %d for ever", p.Repeat, Forever)
	case p.Period < 0 || p.Period > MaxPeriod:
		return fmt.Errorf("a period of %v is outside 0 to %v", p.Period, MaxPeriod)
	case p.Repeat != 0 && p.Period < MinPeriod:
		return fmt.Errorf("a period of %v; to repeat it must be at least %v", p.Period, MinPeriod)
	case p.Cron == "":
		return nil
	case p.Repeat == Forever:
		return errors.New("each time of a cron plan would begin a series without an end")
	case p.Delay < 0 || p.offset() > MaxCronDelay:
		return fmt.Errorf("a series that begins %v behind its cron time; the limit is %v", p.offset(), MaxCronDelay)
	}
	_, err := p.cron()
	return err
}

// First returns when p is due for the first time, if it begins at now. The error is
// that of Check.
func (p Plan) First(now time.Time) (time.Time, error) {
	if p.Cron == "" {
		return now.Add(p.Period), nil
	}
	return p.nextCron(now)
}

// Firing is what happens when a plan is due.
type Firing struct {
	Out bool // a message goes out
	// Series, if not nil, is a plan of its own that begins, with Begin as its first time.
	Series *Plan
	Begin  time.Time
	// Rest, if not nil, is what is left of the plan, which is next due at Next.
	Rest *Plan
	Next time.Time
}

// Fire returns what a plan does that was due, and is seen to at now. Times that have gone by
// in between are left out: they make no burst, and take nothing from Repeat. The times of
// a Period stay where they are, unless the clock was set back.
func (p Plan) Fire(due, now time.Time) (Firing, error) {
	if p.Cron == "" {
		return p.fireSeries(due, now), nil
	}
	next, err := p.nextCron(now.Add(-p.ahead()))
	if err == nil && next.Equal(due) { // seen to early, by a clock that was set back since: it does not come again
		next, err = p.nextCron(due.Add(-p.ahead()))
	}
	if err != nil {
		return Firing{}, err
	}
	f := Firing{Out: p.Repeat == 0, Rest: &p, Next: next}
	if p.Repeat != 0 {
		f.Series = &Plan{Period: p.Period, Repeat: p.Repeat, JobProperty: p.JobProperty}
		f.Begin = now.Add(p.offset())
	}
	return f, nil
}

func (p Plan) fireSeries(due, now time.Time) Firing {
	if p.Repeat == 0 {
		return Firing{Out: true}
	}
	rest := p
	if p.Repeat != Forever {
		rest.Repeat--
	}
	if due.Sub(now) > tolerance { // to wait for due again would stall the plan
		return Firing{Out: true, Rest: &rest, Next: now.Add(p.Period)}
	}
	gone := max(now.Sub(due), 0) / p.Period
	return Firing{Out: true, Rest: &rest, Next: due.Add((gone + 1) * p.Period)}
}

// tolerance is how early by the wall clock something may be seen to that waited by
// another clock, without the wall clock having been set back.
const tolerance = 2 * time.Second

// offset is how long behind a time of Cron the first message of its series is due.
func (p Plan) offset() time.Duration {
	if p.Delay != 0 {
		return p.Delay
	}
	return p.Period
}

// ahead is how long behind a time of Cron the plan itself is due: a series that repeats
// is a plan of its own.
func (p Plan) ahead() time.Duration {
	if p.Repeat != 0 {
		return 0
	}
	return p.offset()
}

func (p Plan) nextCron(after time.Time) (time.Time, error) {
	c, err := p.cron()
	if err != nil {
		return time.Time{}, err
	}
	t, ok := c.Next(after)
	if !ok {
		return time.Time{}, fmt.Errorf("cron %q: no such time comes", p.Cron)
	}
	return t.Add(p.ahead()), nil
}

func (p Plan) cron() (*Cron, error) {
	zone, err := time.LoadLocation(p.zone())
	if err != nil {
		return nil, fmt.Errorf("time zone %q: %w", p.Zone, err)
	}
	return ParseCron(p.Cron, zone)
}

func (p Plan) zone() string {
	if p.Zone == "" {
		return "Local"
	}
	return p.Zone
}

// String returns p as text that Parse reads.
func (p Plan) String() string {
	b, err := json.Marshal(p)
	if err != nil {
		panic(err) // numbers and strings always marshal
	}
	return string(b)
}

// Parse reads what String wrote.
func Parse(text string) (*Plan, error) {
	p := new(Plan)
	if err := json.Unmarshal([]byte(text), p); err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	return p, nil
}
