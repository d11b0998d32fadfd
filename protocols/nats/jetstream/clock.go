package jetstream

import "time"

// clock wakes a consumer when time alone makes something happen: a pull that
// expires or wants a heartbeat, a lease or a pause that ends, a consumer that
// nobody uses. The consumer's mu stands over it.
type clock struct {
	timer *time.Timer
	at    time.Time // when it rings; zero: not set
	used  time.Time // when the consumer was last used, if it has an inactive_threshold
}

func (c *clock) stop() {
	if c.timer != nil {
		c.timer.Stop()
	}
}

// alarm makes the clock ring at t, or earlier if it would have. mu is held.
func (o *consumer) alarm(t time.Time) {
	c := &o.clock
	if o.closed || !c.at.IsZero() && !t.Before(c.at) {
		return
	}
	c.at = t
	if c.timer == nil {
		c.timer = time.AfterFunc(time.Until(t), o.ring)
		return
	}
	c.timer.Reset(time.Until(t))
}

// rest notes that the consumer is used, and starts to count the time that nobody
// does, if that has an end. mu is held.
func (o *consumer) rest() {
	if limit := o.record.Config.InactiveThreshold; limit > 0 {
		o.clock.used = time.Now()
		o.alarm(o.clock.used.Add(limit))
	}
}

// ring is tick on the timer's goroutine.
func (o *consumer) ring() {
	defer o.engine.panics.Catch(nil)
	o.tick()
}

// tick does what is due.
func (o *consumer) tick() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return
	}
	now := time.Now()
	o.clock.at = time.Time{}
	for i := 0; i < len(o.queued.pulls); {
		p := o.queued.pulls[i]
		if !p.expires.IsZero() && !p.expires.After(now) {
			p.tell(statusTimeout)
			o.remove(p)
			continue
		}
		if !p.beatAt.IsZero() && !p.beatAt.After(now) {
			o.beat(p)
			p.beatAt = now.Add(p.heartbeat)
		}
		if due := p.due(); !due.IsZero() {
			o.alarm(due)
		}
		i++
	}
	o.beatPush(now)
	o.expire(now)
	o.kick()
}

// expire ends a consumer that nobody has used for its inactive_threshold. mu is
// held.
func (o *consumer) expire(now time.Time) {
	limit := o.record.Config.InactiveThreshold
	if limit <= 0 || len(o.queued.pulls) > 0 {
		return
	}
	if !o.idle() {
		o.rest() // of a subscriber's leaving after so many messages nobody says anything
		return
	}
	if end := o.clock.used.Add(limit); end.After(now) {
		o.alarm(end)
		return
	}
	o.engine.spawn(o.vanish)
}

// unused reports whether nobody has used the consumer for its inactive_threshold.
func (o *consumer) unused() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.idle() && time.Since(o.clock.used) >= o.record.Config.InactiveThreshold
}

// vanish removes the consumer unless somebody has begun to use it.
func (o *consumer) vanish() {
	e := o.engine
	if e.lock(e.ctx) != nil {
		return
	}
	defer e.unlock()
	if !o.unused() {
		return
	}
	if err := e.removeConsumer(o); err != nil {
		e.log.Warn("unused consumer cannot be removed", "stream", o.stream, "consumer", o.name, "err", err)
		o.touch() // and so it will be tried again
		return
	}
	o.mu.Lock()
	pushed := o.pushes()
	o.mu.Unlock()
	if pushed { // to nobody who is still there; those who pulled may be at work yet
		o.giveBack()
	}
}
