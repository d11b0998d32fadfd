package stomp

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
)

// put sends one message and awaits its RECEIPT.
func (c *client) put(destination, body string, headers ...string) {
	c.p.basis(func() {
		lines := append([]string{"SEND", "destination:" + destination, "receipt:put"}, headers...)
		c.send("%s\n\n%s^@", strings.Join(lines, "\n"), body)
		c.receipt("put")
	})
}

// putNumbers puts n messages with the bodies "1" to n.
func (c *client) putNumbers(destination string, n int) {
	for i := range n {
		c.put(destination, strconv.Itoa(i+1))
	}
}

// subscribe subscribes and awaits the RECEIPT.
func (c *client) subscribe(id, destination string, headers ...string) {
	c.p.basis(func() {
		lines := append([]string{"SUBSCRIBE", "id:" + id, "destination:" + destination, "receipt:subscribe"}, headers...)
		c.send("%s\n\n^@", strings.Join(lines, "\n"))
		c.receipt("subscribe")
	})
}

// take awaits n messages.
func (c *client) take(n int) []frame {
	fs := make([]frame, n)
	c.p.basis(func() {
		for i := range fs {
			fs[i] = c.expect("MESSAGE")
		}
	})
	return fs
}

// roundTrip sends one message and returns it as a subscriber gets it.
func (c *client) roundTrip(body string, headers ...string) frame {
	q := c.p.queue()
	c.put(q, body, headers...)
	c.subscribe("0", q)
	return c.take(1)[0]
}

// settle sends ACK or NACK for a message, in the words of the version.
func (c *client) settle(command string, m frame, headers ...string) {
	c.send("%s\n%s\n\n^@", command, strings.Join(append(c.handle(m), headers...), "\n"))
}

// settled is settle and awaits the RECEIPT.
func (c *client) settled(command string, m frame, headers ...string) {
	c.settle(command, m, append(headers, "receipt:settled")...)
	c.receipt("settled")
}

// handle names a message to ACK and NACK: 1.2 by its ack header, 1.1 by message-id
// and subscription, 1.0 by message-id.
func (c *client) handle(m frame) []string {
	if c.version == v12 {
		h, _ := m.header("ack")
		return []string{"id:" + c.escape(h)}
	}
	id, _ := m.header("message-id")
	lines := []string{"message-id:" + c.escape(id)}
	if s, ok := m.header("subscription"); ok {
		lines = append(lines, "subscription:"+c.escape(s))
	}
	return lines
}

func (c *client) escape(s string) string {
	switch c.version {
	case v11:
		return strings.NewReplacer(`\`, `\\`, "\n", `\n`, ":", `\c`).Replace(s)
	case v12:
		return strings.NewReplacer(`\`, `\\`, "\n", `\n`, ":", `\c`, "\r", `\r`).Replace(s)
	}
	return s
}

// marker is the body behind which nothing is awaited.
const marker = "end of queue"

// left returns what is in a queue, as a new client gets it, in order of the bodies. It
// waits for want messages, and a little for more.
func (p *probe) left(destination string, want int) string {
	c := p.connect()
	c.put(destination, marker)
	c.subscribe("left", destination)
	var bodies []string
	for ended := false; !p.over(); {
		f, err := c.nextLeft(ended && len(bodies) >= want)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded) && !ended:
			p.fail("the message that was put last into the queue", "nothing in time")
		case errors.Is(err, os.ErrDeadlineExceeded):
			c.cut()
			slices.Sort(bodies)
			return strings.Join(bodies, " ")
		case err != nil:
			p.fail("what is in the queue", "%s", describe(err))
		case string(f.body) == marker:
			ended = true
		default:
			bodies = append(bodies, string(f.body))
		}
	}
	return ""
}

// nextLeft is the next frame, within the grace when all that should come is there.
func (c *client) nextLeft(all bool) (frame, error) {
	if len(c.early) > 0 {
		f := c.early[0]
		c.early = c.early[1:]
		return f, nil
	}
	if all {
		return c.readWithin(c.p.o.Grace)
	}
	return c.read(c.p.deadline)
}

// remain fails unless a queue has exactly these messages.
func (p *probe) remain(destination, want string) {
	got := p.left(destination, len(strings.Fields(want)))
	if got != want {
		p.fail(fmt.Sprintf("messages %q in the queue afterwards", want), "%q", got)
	}
}
