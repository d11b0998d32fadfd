package stomp

import (
	"context"
	"slices"
	"time"
)

// drainAtOnce is how many queues one connection empties.
const drainAtOnce = 100

// drain receives what the checks have left in queues, which STOMP has no word to remove. It
// does what it can: a server with faults may keep some.
func drain(ctx context.Context, o *Options, version string, queues []string) {
	for some := range slices.Chunk(queues, drainAtOnce) {
		p := newProbe(ctx, o, version)
		p.connect().empty(some)
		p.end()
	}
}

// empty takes what is in queues until nothing comes any more. Messages that a check held come
// back once the server has seen that its connections are closed.
func (c *client) empty(queues []string) {
	for i, q := range queues {
		c.send("SUBSCRIBE\nid:%d\ndestination:%s\nack:auto\n\n^@", i, q)
	}
	c.sync()
	for c.early = nil; !c.p.over(); {
		if _, err := c.readWithin(c.p.o.Grace); err != nil {
			break
		}
		c.p.deadline = time.Now().Add(c.p.o.Timeout) // it goes on
	}
	c.bye()
}
