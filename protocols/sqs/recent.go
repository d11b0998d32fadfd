package sqs

import (
	"maps"
	"sync"
	"time"
)

// recent remembers for a while which queues something was done to. It is kept in memory
// alone: a restart forgets it.
type recent struct {
	rest time.Duration // 0: nothing is remembered

	mu sync.Mutex           // over what follows
	at map[string]time.Time // by queue
}

// note remembers a queue.
func (r *recent) note(queue string, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.put(queue, now)
}

// has reports whether the queue was noted a short while ago.
func (r *recent) has(queue string, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.fresh(queue, now)
}

// first notes the queue and returns true, unless it was noted a short while ago.
func (r *recent) first(queue string, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fresh(queue, now) {
		return false
	}
	r.put(queue, now)
	return true
}

func (r *recent) fresh(queue string, now time.Time) bool {
	at, ok := r.at[queue]
	return ok && now.Sub(at) < r.rest
}

// pruneEvery is how many queues come to be remembered before those that rest no longer
// are looked for.
const pruneEvery = 1024

func (r *recent) put(queue string, now time.Time) {
	if r.rest <= 0 {
		return
	}
	if r.at == nil {
		r.at = make(map[string]time.Time)
	}
	r.at[queue] = now
	if len(r.at)%pruneEvery == 0 {
		maps.DeleteFunc(r.at, func(_ string, at time.Time) bool { return now.Sub(at) >= r.rest })
	}
}
