package jetstream

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sluicemq/sluice/protocols"
)

// pull is a request for messages that waits. Its consumer's mu stands over it.
type pull struct {
	consumer *consumer
	client   *Client
	inbox    []byte

	left    int // messages wanted
	given   int
	bytes   int  // left of max_bytes
	limited bool // by max_bytes
	noWait  bool
	asked   bool // a Receive that did not wait has looked on its behalf

	expires   time.Time // zero: never
	heartbeat time.Duration
	beatAt    time.Time // zero: no heartbeats
}

// oneShot reports whether the pull ends as soon as the queue has nothing more:
// one that must not wait, or one that may wait for the first message only.
func (p *pull) oneShot() bool { return p.noWait && (p.given > 0 || p.expires.IsZero()) }

// due returns when the clock has something to do for the pull; zero: never.
func (p *pull) due() time.Time {
	if p.expires.IsZero() || !p.beatAt.IsZero() && p.beatAt.Before(p.expires) {
		return p.beatAt
	}
	return p.expires
}

// waiting are the pulls of a consumer in the order in which they are served.
type waiting struct{ pulls []*pull }

func (w *waiting) remove(p *pull) bool {
	i := slices.Index(w.pulls, p)
	if i < 0 {
		return false
	}
	w.pulls = slices.Delete(w.pulls, i, i+1)
	return true
}

// served puts p behind the others, as nats-server does after each message.
func (w *waiting) served(p *pull) {
	if i := slices.Index(w.pulls, p); i >= 0 {
		copy(w.pulls[i:], w.pulls[i+1:])
		w.pulls[len(w.pulls)-1] = p
	}
}

// pullRequest is the body of CONSUMER.MSG.NEXT (nats-server 2.12,
// io.nats.jetstream.api.v1.consumer_getnext_request).
type pullRequest struct {
	Expires       time.Duration `json:"expires"`
	Batch         int           `json:"batch"`
	MaxBytes      int           `json:"max_bytes"`
	NoWait        bool          `json:"no_wait"`
	Heartbeat     time.Duration `json:"idle_heartbeat"`
	MinPending    int64         `json:"min_pending"`
	MinAckPending int64         `json:"min_ack_pending"`
	ID            string        `json:"id"`
	Priority      int           `json:"priority"`
}

// parsePull reads a body: JSON, a bare number, or nothing for one message.
func parsePull(body []byte) (pullRequest, *status) {
	in := pullRequest{Batch: 1}
	body = bytes.TrimSpace(body)
	if len(body) > 0 && body[0] == '{' {
		if err := json.Unmarshal(body, &in); err != nil {
			return in, &status{"400", "Bad Request - " + brief(err.Error()), false}
		}
	} else if n, err := strconv.Atoi(string(body[:min(len(body), maxWord)])); err == nil {
		in.Batch = n
	}
	in.Batch = min(max(in.Batch, 1), maxPull)
	in.MaxBytes = max(in.MaxBytes, 0)
	switch {
	case in.Heartbeat > 0 && in.Heartbeat*2 > in.Expires:
		return in, &status{"400", "Bad Request - heartbeat value too large", false}
	case in.MinPending != 0 || in.MinAckPending != 0:
		return in, &statusNotOverflow
	case in.ID != "":
		return in, &statusNotPinned
	case in.Priority < 0 || in.Priority > 9:
		return in, &statusPriorityRank
	}
	return in, nil
}

// next takes a CONSUMER.MSG.NEXT; path is the stream and the consumer. A
// consumer that does not exist is nobody who could respond.
func (c *Client) next(path string, m *Message) Outcome {
	name, consumerName, ok := strings.Cut(path, ".")
	if !ok {
		return Passed
	}
	if !c.principal.May(protocols.Receive, named(name)) {
		return Denied
	}
	s, err := c.engine.stream(name)
	if err != nil {
		return Passed
	}
	o, err := c.engine.consumer(s, consumerName)
	if err != nil {
		return Passed
	}
	switch {
	case o.isMember() && c.denied(protocols.Receive, o.queue):
		return Denied
	case len(m.Reply) == 0:
	case tooNew(m.Header):
		c.engine.tell(m.Reply, statusRequiredAPI)
	default:
		o.pull(c, m.Reply, m.Body)
	}
	return Taken
}

// pull takes a pull request from a client.
func (o *consumer) pull(c *Client, inbox, body []byte) {
	in, bad := parsePull(body)
	if over := o.over(&in); over != nil && (bad == nil || *over == statusPushBased) {
		bad = over
	}
	if bad != nil {
		o.engine.tell(inbox, *bad)
		return
	}
	now := time.Now()
	p := &pull{
		consumer: o, client: c, inbox: bytes.Clone(inbox),
		left: in.Batch, bytes: in.MaxBytes, limited: in.MaxBytes > 0, noWait: in.NoWait,
	}
	if in.Expires != 0 {
		p.expires = now.Add(in.Expires)
	}
	if in.Heartbeat > 0 {
		p.heartbeat = max(in.Heartbeat, leastBeat)
		p.beatAt = now.Add(p.heartbeat)
	}
	o.add(p)
}

// over finds what the consumer's own limits forbid.
func (o *consumer) over(in *pullRequest) *status {
	o.mu.Lock()
	defer o.mu.Unlock()
	c := &o.record.Config
	switch {
	case o.pushes():
		return &statusPushBased
	case c.MaxRequestBatch > 0 && in.Batch > c.MaxRequestBatch:
		return &status{"409", fmt.Sprintf("Exceeded MaxRequestBatch of %d", c.MaxRequestBatch), false}
	case c.MaxRequestExpires > 0 && in.Expires > c.MaxRequestExpires:
		return &status{"409", fmt.Sprintf("Exceeded MaxRequestExpires of %v", c.MaxRequestExpires), false}
	case c.MaxRequestBytes > 0 && in.MaxBytes > c.MaxRequestBytes:
		return &status{"409", fmt.Sprintf("Exceeded MaxRequestMaxBytes of %d", c.MaxRequestBytes), false}
	}
	return nil
}

// add makes p wait.
func (o *consumer) add(p *pull) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		p.tell(statusShutdown)
		return
	}
	if len(o.queued.pulls) >= o.record.Config.MaxWaiting {
		// A client with heartbeats finds out by their absence; it would ask
		// again at once if it were told.
		if p.heartbeat == 0 {
			p.tell(statusMaxWaiting)
		}
		return
	}
	if !o.engine.transport.Interest(p.inbox) || !p.client.hold(p) {
		return
	}
	o.queued.pulls = append(o.queued.pulls, p)
	if due := p.due(); !due.IsZero() {
		o.alarm(due)
	}
	if p.oneShot() {
		o.interrupt() // the Receive under way may wait; this pull may not
	}
	o.kick()
}

// EndPulls ends the pulls of the client that it may have nothing of any more, and returns the subjects that
// it asked at, each once.
func (c *Client) EndPulls() (subjects []string) {
	for _, p := range c.waiting("") {
		o := p.consumer
		if o.mayHear(c) {
			continue
		}
		o.deny(p)
		if s := apiPrefix + "CONSUMER.MSG.NEXT." + o.stream + "." + o.name; !slices.Contains(subjects, s) {
			subjects = append(subjects, s)
		}
	}
	return subjects
}

// deny ends a pull whose client may not receive any more.
func (o *consumer) deny(p *pull) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if slices.Contains(o.queued.pulls, p) {
		p.tell(statusDenied)
		o.remove(p)
	}
}
