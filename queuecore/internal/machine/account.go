package machine

import "time"

// account adds up processing time: how long the messages of one group, or all of a
// queue, have been leased of late. It is counted in spans of a minute; recent is the
// one under way and the four before it.
type account struct {
	out   int   // leased now
	since int64 // up to where the time is added up
	span  int64 // under way
	spent [spans]int64
}

const (
	spanLength = int64(time.Minute)
	spans      = 5
)

// newAccount returns an account of nothing so far; its spans are counted from origin.
func newAccount(now, origin int64) account {
	return account{since: now, span: (now - origin) / spanLength}
}

// advance adds the time up to now.
func (a *account) advance(now, origin int64) {
	current := (now - origin) / spanLength
	if first := current - spans + 1; a.span < first {
		*a = account{out: a.out, since: origin + first*spanLength, span: first}
	}
	for a.span < current {
		a.add(origin + (a.span+1)*spanLength)
		a.span++
		a.spent[a.span%spans] = 0
	}
	a.add(now)
}

func (a *account) add(to int64) {
	a.spent[a.span%spans] += int64(a.out) * (to - a.since)
	a.since = to
}

// recent returns the time that advance has brought up to date.
func (a *account) recent() (sum int64) {
	for _, d := range a.spent {
		sum += d
	}
	return sum
}

// isVoid reports whether a says nothing.
func (a *account) isVoid(now, origin int64) bool {
	if a.out > 0 {
		return false
	}
	a.advance(now, origin)
	return a.recent() == 0
}
