package jetstream

import (
	"slices"
	"sync"
)

// pushIndex finds push consumers by the subject that they deliver to. The zero index
// is ready; its methods may be called from any goroutine.
type pushIndex struct {
	mu        sync.RWMutex // the last lock to be taken
	bySubject map[string][]*consumer
}

// move notes that o delivers to one subject now, and no more to another; "" is none.
func (x *pushIndex) move(o *consumer, from, to string) {
	if from == to {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.bySubject == nil {
		x.bySubject = make(map[string][]*consumer)
	}
	if from != "" {
		rest := slices.DeleteFunc(x.bySubject[from], func(other *consumer) bool { return other == o })
		if x.bySubject[from] = rest; len(rest) == 0 {
			delete(x.bySubject, from)
		}
	}
	if to != "" {
		x.bySubject[to] = append(x.bySubject[to], o)
	}
}

// to returns the consumers that deliver to a subject.
func (x *pushIndex) to(subject string) []*consumer {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return slices.Clone(x.bySubject[subject])
}

// all returns every push consumer.
func (x *pushIndex) all() []*consumer {
	x.mu.RLock()
	defer x.mu.RUnlock()
	var all []*consumer
	for _, some := range x.bySubject {
		all = append(all, some...)
	}
	return all
}

// Subscribed says that the client began a subscription: consumers that deliver to
// exactly that subject begin.
func (c *Client) Subscribed(pattern string) { c.engine.heard(pattern) }

func (e *Engine) heard(pattern string) {
	for _, o := range e.pushes.to(pattern) {
		o.heard()
	}
}

// Deaf reports whether a push consumer delivers to a subject that the client subscribes to what it may not hear.
func (c *Client) Deaf(pattern string) bool {
	return slices.ContainsFunc(c.engine.pushes.to(pattern), func(o *consumer) bool { return !o.mayHear(c) })
}
