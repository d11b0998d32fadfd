package stomp

import (
	"context"
	"fmt"
	"time"
)

// probe is one check at work. The first failure stays: nothing is sent or awaited
// after it, so that a check reads from top to bottom without a look at errors. One
// goroutine uses it.
type probe struct {
	ctx      context.Context
	o        *Options
	version  string
	run      string   // names the run, in destinations
	queues   []string // that it has used
	deadline time.Time
	clients  []*client
	sent     []string
	failure  *failure
	why      string // why it is not judged
}

// failure is what went wrong.
type failure struct {
	expected, got string
	basic         bool // not what is checked went wrong, but what it builds on
}

// keptSent is how many of the last sends a failure shows.
const keptSent = 4

// over reports whether the check has come to its end.
func (p *probe) over() bool { return p.failure != nil || p.why != "" }

func (p *probe) fail(expected, got string, a ...any) {
	if !p.over() {
		p.failure = &failure{expected: expected, got: fmt.Sprintf(got, a...)}
	}
}

// skip ends the check without a judgement.
func (p *probe) skip(why string, a ...any) {
	if !p.over() {
		p.why = fmt.Sprintf(why, a...)
	}
}

// basis runs what the check builds on: a failure in it is one whatever the level.
func (p *probe) basis(f func()) {
	before := p.over()
	f()
	if !before && p.failure != nil {
		p.failure.basic = true
	}
}

func (p *probe) noteSent(s string) {
	p.sent = append(p.sent, clip(s))
	p.sent = p.sent[max(0, len(p.sent)-keptSent):]
}

// queue returns the name of a destination that nobody else uses.
func (p *probe) queue() string {
	q := fmt.Sprintf("%s%s-%d", p.o.Prefix, p.run, len(p.queues)+1)
	p.queues = append(p.queues, q)
	return q
}

// extend gives a check that needs real time more of it.
func (p *probe) extend(d time.Duration) { p.deadline = p.deadline.Add(d) }

// equal fails unless got is want.
func (p *probe) equal(what, got, want string) {
	if got != want {
		p.fail(fmt.Sprintf("%s %q", what, want), "%q", got)
	}
}

// end closes all connections.
func (p *probe) end() {
	for _, c := range p.clients {
		c.cut()
	}
}
