package torture

import (
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/sluicemq/sluice/bridge/torture/workload"
	"github.com/sluicemq/sluice/queuecore/store/killpoint"
)

// plan is one round: who works, and when the server dies.
type plan struct {
	point string
	pass  int           // of the point
	delay time.Duration // of a close
	after time.Duration // that a server lives which comes to no point while it serves, until it is killed or asked to close
	shape workload.Shape
}

// shortest and longest are how long a server lives that dies at a random moment.
const (
	shortest = 200 * time.Millisecond
	longest  = 2 * time.Second
	// unhurried is how long a server may take to come to its pass of a point. Then
	// the next pass will do: a slow machine writes much less in this time.
	unhurried = 3 * time.Second
	// overdue is how long after that, or after it was asked to close, a server is
	// killed that has not come to its point. Nothing takes as long where a machine does its work.
	overdue = time.Minute
)

// planner makes one plan after the other.
type planner struct {
	rnd    *rand.Rand
	named  []string // points that are taken in turn
	random bool     // whether every other kill is at a random moment
	turn   int
	missed []string // points that a server was to come to and did not
}

func newPlanner(o *Options) *planner {
	p := &planner{rnd: rand.New(rand.NewPCG(o.Seed, 0))}
	for _, point := range o.Points {
		if point == Random {
			p.random = true
		} else {
			p.named = append(p.named, point)
		}
	}
	return p
}

// next plans a round on a store of so many messages; crowded says that the
// producers may soon have to wait. Every other kill is at a
// random moment, and the others are at each of the points in turn.
func (p *planner) next(messages int, crowded bool) plan {
	x := plan{point: Random, after: shortest + time.Duration(p.rnd.Int64N(int64(longest-shortest)))}
	if len(p.named) > 0 && (!p.random || p.turn%2 == 1) {
		x.point = p.point()
	}
	p.turn++
	x.shape = workload.Shape{Produce: true, Consume: crowded || p.rnd.IntN(6) > 0, Purge: !crowded && p.rnd.IntN(8) == 0}
	p.aim(&x, messages)
	return x
}

// point returns the next named point: first those that were missed.
func (p *planner) point() string {
	at := p.turn
	if p.random {
		at /= 2
	}
	if n := len(p.missed); n > 0 && at >= len(p.named) {
		missed := p.missed[0]
		p.missed = p.missed[1:]
		return missed
	}
	return p.named[at%len(p.named)]
}

// unmet returns the named points at which no server died.
func (p *planner) unmet(kills map[string]int) (points []string) {
	for _, point := range p.named {
		if kills[point] == 0 {
			points = append(points, point)
		}
	}
	return points
}

// aim chooses the pass of a point, and has clients do what leads there.
func (p *planner) aim(x *plan, messages int) {
	switch killpoint.Point(x.point) {
	case killpoint.Load:
		x.pass = 1 + p.rnd.IntN(messages+10)
	case killpoint.Pieces:
		x.pass = 1 + p.rnd.IntN(4)
		x.shape.Bulk, x.shape.Consume = true, true // who waits for room leads nowhere
	case killpoint.Sweep:
		x.pass = 1 + p.rnd.IntN(4)
		x.shape.Purge = true
	case killpoint.Close:
		x.delay = time.Duration(p.rnd.IntN(40)) * time.Millisecond
	case killpoint.Write, killpoint.Sync, killpoint.Answer:
		x.pass = 1 + p.rnd.IntN(120)
		x.shape.Consume = true
	}
}

// args are the verb and the flags of the server.
func (x *plan) args() []string {
	if x.point == Random {
		return []string{"serve"}
	}
	return []string{"torture-child", "--kill-at", x.point, "--kill-pass", strconv.Itoa(x.pass), "--kill-delay", x.delay.String()}
}

// passes reports whether a server comes to the point again and again while it serves.
func (x *plan) passes() bool {
	return x.point != Random && x.point != string(killpoint.Load) && !x.closes()
}

// closes reports whether the server is asked to end.
func (x *plan) closes() bool { return x.point == string(killpoint.Close) }
