package jetstream

import (
	"context"
	"errors"
	"time"

	"github.com/sluicemq/sluice/queuecore"
)

// asking is what a consumer does at the broker. The consumer's mu stands over it.
type asking struct {
	running bool
	cancel  context.CancelFunc // ends the Receive under way, nil when there is none
	mean    int                // size of the messages, as far as known
	trouble string             // why the last Receive failed; "": it did not
}

// ask is one Receive on behalf of all the pulls that wait.
type ask struct {
	ctx    context.Context
	cancel context.CancelFunc
	max    int
	probe  bool // do not wait: somebody must be told when there is nothing
	// ackWait is the consumer's, or 0: the queue's own lease.
	ackWait time.Duration

	selector *queuecore.Selector
	subjects queuecore.Subjects
}

// kick starts the goroutine that asks the broker, if somebody waits and it does
// not run. mu is held.
func (o *consumer) kick() {
	if o.asking.running || o.closed || o.idle() {
		return
	}
	if max, _ := o.demand(time.Now()); max == 0 {
		return
	}
	o.asking.running = o.engine.spawn(o.run)
}

// interrupt ends the Receive under way. mu is held.
func (o *consumer) interrupt() {
	if o.asking.cancel != nil {
		o.asking.cancel()
	}
}

// run asks the broker as long as somebody waits. A panic, which only a message
// that the dictionary cannot spell could cause, ends the pulls and not the server.
func (o *consumer) run() {
	defer o.engine.panics.Catch(func() {
		defer o.stopped()
		o.endAfterRest(statusLeadership)
	})
	o.weigh()
	o.learn()
	for {
		a, ok := o.nextAsk()
		if !ok {
			return
		}
		o.ask(a)
	}
}

// weigh finds out how large the queue's messages are, so that the first Receive
// does not bring more than memory should hold.
func (o *consumer) weigh() {
	_, mean := o.backlog(nil)
	o.weighed(mean)
}

// ask does one Receive.
func (o *consumer) ask(a *ask) {
	wait := time.Duration(-1)
	if a.probe {
		wait = 0
	}
	got, err := o.engine.broker.Receive(a.ctx, o.queue, queuecore.ReceiveOptions{
		Max: a.max, Wait: wait, Lease: o.lease(a.ackWait), Selector: a.selector, Subjects: a.subjects,
	})
	interrupted := a.ctx.Err() != nil
	a.cancel()
	switch {
	case err == nil:
		o.news(nil)
		o.hand(got)
		if a.probe && len(got) < a.max {
			o.endOneShots()
		}
	case errors.Is(err, queuecore.ErrNotFound):
		o.gone()
	case errors.Is(err, queuecore.ErrClosed):
		o.close(statusShutdown)
	case errors.Is(err, queuecore.ErrLimit) && (a.selector != nil || a.subjects.Some()):
		o.refuse(err)
	case !interrupted:
		o.fail(err)
	}
}

// stopped notes that the goroutine is gone, and starts another if it is needed.
func (o *consumer) stopped() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.asking.running = false
	o.kick()
}

// nextAsk says what to ask the broker for; false when nobody waits, and then the
// goroutine must end.
func (o *consumer) nextAsk() (*ask, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	max, probe := 0, false
	if !o.closed {
		max, probe = o.demand(time.Now())
	}
	o.asking.cancel = nil
	if max == 0 {
		o.asking.running = false
		return nil, false
	}
	x, bad := o.record.Config.selector()
	if bad != nil { // it was checked when it was set
		o.endAll(status{"409", bad.Description, false})
		o.asking.running = false
		return nil, false
	}
	a := &ask{max: max, probe: probe, ackWait: o.record.Config.ackWait(1), selector: x, subjects: o.subjects}
	a.ctx, a.cancel = context.WithCancel(o.engine.ctx)
	o.asking.cancel = a.cancel
	for _, p := range o.queued.pulls {
		p.asked = probe
	}
	return a, true
}

// demand returns how many messages can be handed out, and whether to ask without
// waiting. When none can, because max_ack_pending or a pause forbids it, it sets
// the clock and ends the pulls that must not wait. mu is held.
func (o *consumer) demand(now time.Time) (max int, probe bool) {
	free, until := o.slots(now)
	if free == 0 {
		if !until.IsZero() {
			o.alarm(until)
		}
		o.endIf((*pull).oneShot)
		return 0, false
	}
	if o.pushes() {
		max = o.pushable(now)
	}
	for _, p := range o.queued.pulls {
		if !p.client.room() {
			continue
		}
		max = min(max+p.left, maxBatch)
		probe = probe || p.oneShot()
	}
	max = min(max, free)
	if o.asking.mean > 0 {
		max = min(max, 1+batchBytes/o.asking.mean)
	}
	return max, probe
}

// slots returns how many deliveries may be added to those that are out; with
// none, when that may change by itself. mu is held.
func (o *consumer) slots(now time.Time) (int, time.Time) {
	c := &o.record.Config
	if c.PauseUntil != nil && c.PauseUntil.After(now) {
		return 0, *c.PauseUntil
	}
	o.out.sweep(now)
	if c.MaxAckPending <= 0 {
		return maxBatch, time.Time{}
	}
	if free := c.MaxAckPending - o.out.len(); free > 0 {
		return free, time.Time{}
	}
	return 0, o.out.first.until
}

// endOneShots ends the pulls that must not wait and were asked for.
func (o *consumer) endOneShots() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.endIf(func(p *pull) bool { return p.asked && p.oneShot() })
}

// endIf tells some pulls that there are no messages. mu is held.
func (o *consumer) endIf(over func(*pull) bool) {
	for i := 0; i < len(o.queued.pulls); {
		p := o.queued.pulls[i]
		if !over(p) {
			i++
			continue
		}
		p.tell(statusNoMessages)
		o.remove(p)
	}
}

// refuse tells those who wait that there are too many selectors and filters, and rests as fail does.
func (o *consumer) refuse(err error) {
	if o.news(err) {
		o.engine.log.Warn("consumer is refused for its selector or filters", "stream", o.stream, "consumer", o.name, "err", err)
	}
	o.endAfterRest(status{"409", "Exceeded selectors: " + err.Error(), false})
}

// fail rests after the broker failed, so that neither it nor the log is flooded,
// and lets the clients ask again.
func (o *consumer) fail(err error) {
	if o.news(err) {
		o.engine.log.Error("consumer cannot receive; the same error is not told again", "stream", o.stream, "consumer", o.name, "err", err)
	}
	o.endAfterRest(statusLeadership)
}

// news reports whether the last Receive ended otherwise, since clients ask again at once and the
// log shall not say the same each time.
func (o *consumer) news(err error) bool {
	trouble := ""
	if err != nil {
		trouble = err.Error()
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	changed := o.asking.trouble != trouble
	o.asking.trouble = trouble
	return changed
}

func (o *consumer) endAfterRest(s status) {
	select {
	case <-time.After(restAfterFailure):
	case <-o.engine.ctx.Done():
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.endAll(s)
}
