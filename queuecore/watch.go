package queuecore

import (
	"slices"
	"sync"

	"github.com/sluicemq/sluice/queuecore/internal/machine"
)

// GivenUp tells that a queue gave a message up after Attempts deliveries, for the Reason that
// a DeadLetter names: it moved to the dead-letter queue, or was parked. Queue is a QueueInfo.ID.
type GivenUp = machine.GivenUp

// ReasonAttempts is the reason of what was handed out MaxAttempts times.
const ReasonAttempts = "attempts"

// watchers are those who are told of messages that are given up.
type watchers struct {
	mu  sync.Mutex // over what follows; not held while anybody is told
	all []*func([]GivenUp)
}

// WatchGivenUp has fn told of each message that a queue gives up from now on, once the move
// or the parking is written, until stop is called. A message that has expired is not given
// up. fn runs on the broker's own goroutine: it must not block and must not call what asks the
// broker, nor keep the slice. A call of fn may be under way when stop returns. What happens while
// nobody watches is not told later.
func (b *Broker) WatchGivenUp(fn func([]GivenUp)) (stop func()) {
	w := &b.watchers
	w.mu.Lock()
	defer w.mu.Unlock()
	mine := &fn
	w.all = append(slices.Clip(w.all), mine)
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.all = slices.DeleteFunc(slices.Clone(w.all), func(other *func([]GivenUp)) bool { return other == mine })
	}
}

// tell tells those who watch.
func (w *watchers) tell(gone []GivenUp) {
	if len(gone) == 0 {
		return
	}
	w.mu.Lock()
	all := w.all
	w.mu.Unlock()
	for _, fn := range all {
		(*fn)(gone)
	}
}
