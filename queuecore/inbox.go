package queuecore

import "sync"

// inbox gathers requests for the loop, which takes all of them at once. How many
// there may be is bounded by those who put: by bytes for sends, and by their own
// number for those that wait for an answer.
type inbox struct {
	wake chan struct{} // holds a token when there may be something to take

	mu     sync.Mutex // over what follows
	queue  []request
	closed bool
}

func (x *inbox) init() { x.wake = make(chan struct{}, 1) }

// put adds r; ErrClosed.
func (x *inbox) put(r request) error {
	x.mu.Lock()
	if x.closed {
		x.mu.Unlock()
		return ErrClosed
	}
	x.queue = append(x.queue, r)
	first := len(x.queue) == 1
	x.mu.Unlock()
	if first {
		x.signal()
	}
	return nil
}

// close adds the last request there will be.
func (x *inbox) close(last request) {
	x.mu.Lock()
	x.closed = true
	x.queue = append(x.queue, last)
	x.mu.Unlock()
	x.signal()
}

func (x *inbox) signal() {
	select {
	case x.wake <- struct{}{}:
	default:
	}
}

// take returns all requests, and leaves spare in their place.
func (x *inbox) take(spare []request) []request {
	x.mu.Lock()
	defer x.mu.Unlock()
	taken := x.queue
	x.queue = spare[:0]
	return taken
}
