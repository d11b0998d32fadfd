// Package machine holds the rules of queues, and nothing else: no disk, no
// clock, no goroutine. It takes a step and says what must be written, and what
// may be said once it is written.
//
//	m := machine.New(limits)
//	m.Load(…)                    // what the store holds
//	m.Step(request, now, &out)   // any number of times
//	m.Flush(now, &out)           // serves the receivers that wait
//	// fill in out.Copies, write out.Batch, sync if out.Durable, and only then:
//	for _, owner := range out.Answered { … }
//
// The fields of a request that begin an answer (Err, Placed, Deliveries …) are
// good once its Owner is among out.Answered and that Output is written.
//
// Everything here belongs to one goroutine. Times are nanoseconds since 1970;
// the caller's clock must not run backwards.
//
// # State
//
// An entry is ready, delayed, leased or parked. A queue keeps its entries in an
// index by sequence number; those that may be handed out stand in lanes, one for
// each priority, or, in a queue that keeps group order, in one lane for each
// group. In a queue with fair groups those that are noisy have lanes of their own.
// Whatever waits for a time stands in one heap of timers.
package machine
