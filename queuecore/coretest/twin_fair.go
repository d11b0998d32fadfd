package coretest

import (
	"slices"
	"time"

	"github.com/sluicemq/sluice/queuecore"
)

// twinFair is what a queue with fair groups remembers beside its messages.
type twinFair struct {
	began time.Duration
	past  []twinPast
	noisy []*twinNoisy
	turn  int // counts groups that became noisy, and what noisy groups were handed out
}

// twinPast is a time during which nothing changed.
type twinPast struct {
	from, to time.Duration
	leased   []string // the group of each leased message
}

// twinNoisy is a noisy group.
type twinNoisy struct {
	group string
	heard time.Duration // when it was last sent something, or became noisy
	turn  int           // in which it was last handed out something, or became noisy
}

// pass lets time go by.
func (w *twin) pass(d time.Duration) {
	for _, q := range w.queues {
		x := twinPast{from: w.now, to: w.now + d}
		for _, m := range q.all {
			if m.state == queuecore.Leased {
				x.leased = append(x.leased, m.group)
			}
		}
		q.fair.past = append(q.fair.past, x)
	}
	w.now += d
}

// recent adds up the time for which messages were leased in this minute and the four
// before it, counted from when the queue began: those of the group, and all.
func (q *twinQueue) recent(now time.Duration, group string) (own, all time.Duration) {
	minutes := (now - q.fair.began) / time.Minute
	since := q.fair.began + (minutes-4)*time.Minute
	for _, x := range q.fair.past {
		d := x.to - max(x.from, since)
		if d <= 0 {
			continue
		}
		for _, g := range x.leased {
			all += d
			if g == group {
				own += d
			}
		}
	}
	return own, all
}

// manyMatches is among how many of the next that match a quiet group is promised to come
// first for a receiver that chooses.
const manyMatches = 256

// hidesQuiet reports whether q may have more messages than that for a receiver that chooses:
// which of them it gets is open then. One that waits may be there when more are sent, and
// when the groups begin to be treated fairly.
func (q *twinQueue) hidesQuiet(waits bool) bool {
	n := len(q.all)
	if waits {
		n += mostFlood
	}
	return n > manyMatches && (waits || q.config.FairGroups)
}

// of counts messages of the group, "" being none, in the states.
func (q *twinQueue) of(group string, states ...queuecore.State) (n int) {
	for _, m := range q.all {
		if m.group == group && slices.Contains(states, m.state) {
			n++
		}
	}
	return n
}

// tooLoud says by which share a group has too much now; "" is by none.
func (q *twinQueue) tooLoud(now time.Duration, group string) string {
	if out := q.of(group, queuecore.Leased); out >= 30 && 10*out > q.count(queuecore.Leased) {
		return "by leases"
	}
	if own, all := q.recent(now, group); own > 30*time.Second && 10*own > all {
		return "by time"
	}
	return ""
}

// noisy returns what is known of the group if it is noisy, or nil.
func (q *twinQueue) noisy(group string) *twinNoisy {
	for _, x := range q.fair.noisy {
		if x.group == group && group != "" {
			return x
		}
	}
	return nil
}

func (w *twin) hush(q *twinQueue, x *twinNoisy, why string) {
	w.saw(why)
	q.fair.noisy = slices.DeleteFunc(q.fair.noisy, func(y *twinNoisy) bool { return x == y })
}

// hushDone makes those groups quiet that have nothing waiting.
func (w *twin) hushDone(q *twinQueue) {
	for _, x := range slices.Clone(q.fair.noisy) {
		if q.of(x.group, queuecore.Ready, queuecore.Delayed) == 0 {
			w.hush(q, x, "quiet without a backlog")
		}
	}
}

// hushLapsed makes those groups quiet that were sent nothing for five minutes and do
// not have too much.
func (w *twin) hushLapsed(q *twinQueue, which func(*twinNoisy) bool, why string) {
	for _, x := range slices.Clone(q.fair.noisy) {
		switch {
		case !which(x) || w.now-x.heard < 5*time.Minute:
		case q.tooLoud(w.now, x.group) == "":
			w.hush(q, x, why)
		default:
			w.saw("stays so")
		}
	}
}

// arrives says that a message of the group is about to come to q.
func (w *twin) arrives(q *twinQueue, group string) {
	w.hushLapsed(q, func(x *twinNoisy) bool { return x.group == group }, "quiet when sent to")
	if x := q.noisy(group); x != nil {
		x.heard = w.now
	}
}

// pick returns the message to hand out after those of the same receive, to a receiver
// with the color.
func (w *twin) pick(q *twinQueue, taken []*twinMessage, color string) *twinMessage {
	if !q.config.FairGroups {
		return q.next(taken, color)
	}
	for priority := 9; priority >= 0; priority-- {
		var best *twinMessage
		for _, m := range q.all {
			if m.state != queuecore.Ready || m.priority != priority || !wants(color, m) {
				continue
			}
			if !w.isNoisy(q, m) {
				return m
			}
			if best == nil || q.before(m, best) {
				best = m
			}
		}
		if best != nil {
			x := q.noisy(best.group)
			q.fair.turn++
			x.turn = q.fair.turn
			w.saw("handed out")
			return best
		}
	}
	return nil
}

// isNoisy reports whether m's group is noisy, or becomes it now.
func (w *twin) isNoisy(q *twinQueue, m *twinMessage) bool {
	if m.group == "" {
		return false
	}
	if q.noisy(m.group) != nil {
		return true
	}
	why := q.tooLoud(w.now, m.group)
	if why == "" {
		return false
	}
	w.saw(why)
	q.fair.turn++
	if q.fair.noisy = append(q.fair.noisy, &twinNoisy{m.group, w.now, q.fair.turn}); len(q.fair.noisy) > 1 {
		w.saw("several")
	}
	return true
}

// before orders messages of noisy groups; a comes after b in the queue.
func (q *twinQueue) before(a, b *twinMessage) bool {
	if a.group == b.group {
		return false
	}
	m, n := q.of(a.group, queuecore.Leased), q.of(b.group, queuecore.Leased)
	return m < n || m == n && q.noisy(a.group).turn < q.noisy(b.group).turn
}

// fairCounts are what Stats shows.
func (q *twinQueue) fairCounts() (c queuecore.FairCounts) {
	if !q.config.FairGroups {
		return c
	}
	c.NoisyGroups = len(q.fair.noisy)
	for _, m := range q.all {
		if q.noisy(m.group) != nil {
			continue
		}
		switch m.state {
		case queuecore.Ready:
			c.QuietReady++
		case queuecore.Delayed:
			c.QuietDelayed++
		case queuecore.Leased:
			c.QuietLeased++
		}
	}
	return c
}
