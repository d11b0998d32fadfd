package stomp

import (
	"strings"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/queuecore"
)

const tempPrefix = "/" + mapping.TempQueuePrefix

// temps are the temporary queues of one connection: the names that the client
// gave them, and the destinations of those queues. The reader owns them.
type temps map[string]string

// known returns the destination that the client's own /temp-queue/NAME stands for.
// Every other destination is returned as it is.
func (t temps) known(destination string) string {
	if real, ok := t[destination]; ok {
		return real
	}
	return destination
}

// tempQueue is known, and makes a queue of the client's session on the first use
// of a name. The name of that queue goes into reply-to as well, so that whoever
// answers need not know. It holds the session's id, which keeps clients apart.
func (c *conn) tempQueue(destination string) (string, error) {
	name, ok := strings.CutPrefix(destination, tempPrefix)
	if !ok || name == "" || c.temps[destination] != "" || c.exists(name) {
		return c.temps.known(destination), nil
	}
	if len(c.temps) >= tempQueues {
		return "", refuse("too many temporary queues", "The limit is %d on one connection.", tempQueues)
	}
	queue := mapping.TempQueuePrefix + c.id + "." + name
	if d := queuecore.QueueNamed(queue); !c.who.May(protocols.Create, d) {
		return "", denied("create", d)
	}
	if _, err := c.session.CreateQueue(c.ctx, queue, transientQueue()); err != nil {
		return "", err
	}
	if c.temps == nil {
		c.temps = make(temps)
	}
	c.temps[destination] = "/" + queue
	return "/" + queue, nil
}

// exists reports whether name is a temporary queue of some session already, as
// in a message that is passed on with its reply-to.
func (c *conn) exists(name string) bool {
	_, err := c.gateway.broker.Queue(mapping.TempQueuePrefix + name)
	return err == nil
}

func isTemp(queue string) bool { return strings.HasPrefix(queue, mapping.TempQueuePrefix) }

// foreign reports whether d is a temporary queue of another connection. Anyone
// may send to it; its own connection alone may receive.
func (c *conn) foreign(d queuecore.Destination) bool {
	return d.Kind == queuecore.KindQueue && isTemp(d.Name) &&
		!strings.HasPrefix(d.Name, mapping.TempQueuePrefix+c.id+".")
}
