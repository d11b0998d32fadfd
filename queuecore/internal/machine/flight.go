package machine

// flight counts what of a queue somebody has had and has not settled.
type flight struct {
	resting int // given back with a delay that is not over
	again   int // of those that are leased or rest: handed out more than once
}

// rests reports whether e was given back with a delay that is not over: what is delayed
// from the start has never been handed out.
func (e *entry) rests() bool { return e.state == Delayed && e.attempt > 0 }

// fly counts e as it is, n times. Its state and attempt change between -1 and 1.
func (q *queue) fly(e *entry, n int) {
	rests := e.rests()
	if rests {
		q.flight.resting += n
	}
	if e.attempt > 1 && (rests || e.state == Leased) {
		q.flight.again += n
	}
}
