package socket

import (
	"runtime"
	"sync"
)

// Job is something to be done soon. Flush must not wait for anybody.
type Job interface{ Flush() }

// Crew does jobs on as many goroutines as it takes, up to half of the processors;
// while there are none, it has none. Answers to many connections come at once,
// from one batch: to wake one goroutine for all of them is cheaper than one for
// each. All methods may be called from any goroutine. The zero Crew is ready.
type Crew struct {
	mu      sync.Mutex // over what follows
	queue   []Job
	running int
}

// chunk is how many jobs a goroutine takes at once.
const chunk = 16

// Add has j done once. It does not wait. A job whose Flush could be done by two
// at a time must be guarded by its owner.
func (c *Crew) Add(j Job) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.queue = append(c.queue, j)
	if c.running == 0 {
		c.hire()
	}
}

// hire has one more goroutine work. c.mu is held.
func (c *Crew) hire() {
	c.running++
	// Ends when there are no more jobs.
	go c.work()
}

func (c *Crew) work() {
	var mine [chunk]Job
	for n := c.take(&mine); n > 0; n = c.take(&mine) {
		for i := range n {
			mine[i].Flush()
			mine[i] = nil
		}
	}
}

// take returns how many jobs it has put into mine. With 0, the goroutine that
// called does not count any more.
func (c *Crew) take(mine *[chunk]Job) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := copy(mine[:], c.queue)
	if n == 0 {
		c.running--
		c.queue = nil
		return 0
	}
	clear(c.queue[:n])
	c.queue = c.queue[n:]
	if len(c.queue) > 0 && c.running < runtime.GOMAXPROCS(0)/2 {
		c.hire()
	}
	return n
}
