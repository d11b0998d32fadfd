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

// QueueChange tells of a queue that was made, changed or deleted.
type QueueChange struct {
	// Was is what Broker.Queue told before, and Is what it tells now. Of one that was made Was has no
	// Name, of one that was deleted Is has none. Their labels must not be changed.
	Was, Is QueueInfo
}

// watchers are those who are told of something.
type watchers[T any] struct {
	mu  sync.Mutex // over what follows; not held while anybody is told
	all []*func([]T)
}

// WatchGivenUp has fn told of each message that a queue gives up from now on, once the move
// or the parking is written, until stop is called. A message that has expired is not given
// up. fn runs on the broker's own goroutine: it must not block and must not call what asks the
// broker, nor keep the slice. A call of fn may be under way when stop returns. What happens while
// nobody watches is not told later.
func (b *Broker) WatchGivenUp(fn func([]GivenUp)) (stop func()) {
	return b.watchers.add(fn)
}

// WatchQueues has fn told of each queue that is made, changed or deleted from now on: once that is written and Broker.Queue
// tells it, and before whoever has asked for it is answered, so that what is handed out after the answer is handed out after
// fn has returned. All else is as with WatchGivenUp, and each batch waits for fn: it must be quick.
func (b *Broker) WatchQueues(fn func([]QueueChange)) (stop func()) {
	return b.directory.watchers.add(fn)
}

func (w *watchers[T]) add(fn func([]T)) (stop func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	mine := &fn
	w.all = append(slices.Clip(w.all), mine)
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.all = slices.DeleteFunc(slices.Clone(w.all), func(other *func([]T)) bool { return other == mine })
	}
}

// any reports whether anybody watches.
func (w *watchers[T]) any() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.all) > 0
}

// tell tells those who watch.
func (w *watchers[T]) tell(news []T) {
	if len(news) == 0 {
		return
	}
	w.mu.Lock()
	all := w.all
	w.mu.Unlock()
	for _, fn := range all {
		(*fn)(news)
	}
}
