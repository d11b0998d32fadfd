package jetstream

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/sluicemq/sluice/protocols"
)

// flowPrefix begins the subjects on which subscribers answer flow control requests:
// $JS.FC.<stream>.<consumer>.<token>
const flowPrefix = "$JS.FC."

// Bytes that may be on their way to a subscriber that has not said that it has come
// so far (nats-server 2.12, JsFlowControlMaxPending; it begins with a sixteenth).
const (
	flowLimit = 32 << 20
	flowStart = flowLimit / 16
)

// restAfterRefusal keeps a push consumer from offering the same message all the time.
const restAfterRefusal = 10 * time.Millisecond

// flow bounds what a push consumer sends ahead of its subscriber's answers, as
// nats-server does: it asks when half of the window is used, and an answer doubles
// the window. The zero flow bounds nothing.
type flow struct {
	window int    // bytes; 0: no flow control
	ahead  int    // sent and not answered for
	asked  int    // of them, what the request under way is about
	reply  string // subject of the answer to it; "": none is under way
}

func newFlow(on bool) flow {
	if !on {
		return flow{}
	}
	return flow{window: flowStart}
}

func (f *flow) full() bool { return f.window > 0 && f.ahead > f.window }

// fits returns how many messages of about size bytes the window takes, one at least.
func (f *flow) fits(size int) int {
	if f.window == 0 || size <= 0 {
		return maxBatch
	}
	return min(1+max(f.window-f.ahead, 0)/size, maxBatch)
}

// sent notes that so many bytes went out, and reports whether to ask now.
func (f *flow) sent(size int) bool {
	if f.window == 0 {
		return false
	}
	f.ahead += size
	return f.reply == "" && f.ahead > f.window/2
}

// ask begins a request and returns the subject of its answer.
func (f *flow) ask(stream, consumer string) string {
	f.asked = f.ahead
	f.reply = flowPrefix + stream + "." + consumer + "." + strconv.FormatUint(rand.Uint64(), 36)
	return f.reply
}

// answered takes an answer; false when nothing of the kind was asked.
func (f *flow) answered(subject string) bool {
	if f.reply == "" || subject != f.reply {
		return false
	}
	f.window = min(2*f.window, flowLimit)
	f.ahead -= f.asked
	f.asked, f.reply = 0, ""
	return true
}

// pace keeps a consumer to its rate_limit_bps, over a tenth of a second or so: what
// a batch has taken too much of the next one waits for.
type pace struct {
	bits uint64 // a second; 0: no limit
	next time.Time
}

// fits returns how many messages of about size bytes a tenth of a second takes, one
// at least.
func (p *pace) fits(size int) int {
	if p.bits == 0 || size <= 0 {
		return maxBatch
	}
	return int(min(1+p.bits/80/uint64(size), maxBatch))
}

// sent notes that so many bytes went out.
func (p *pace) sent(size int, now time.Time) {
	if p.bits == 0 {
		return
	}
	if p.next.Before(now) {
		p.next = now
	}
	p.next = p.next.Add(time.Duration(float64(size) * 8 / float64(p.bits) * float64(time.Second)))
}

// rest waits a little, after somebody who is going took nothing, for the transport to see
// that nobody is there.
func (p *pace) rest(now time.Time) {
	if again := now.Add(restAfterRefusal); p.next.Before(again) {
		p.next = again
	}
}

// flow takes a message on a subject of flow control (nats-server 2.12, consumer.go,
// processFlowControl). What answers nothing is passed by.
func (c *Client) flow(m *Message) Outcome {
	tokens := strings.Split(m.Subject, ".")
	if len(tokens) != 5 {
		return Taken
	}
	if !c.principal.May(protocols.Receive, named(tokens[2])) {
		return Denied
	}
	s, err := c.engine.stream(tokens[2])
	if err != nil {
		return Taken
	}
	if o, err := c.engine.consumer(s, tokens[3]); err == nil {
		o.flowed(m.Subject)
	}
	return Taken
}
