package stomp

import (
	"strings"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/quota"
	"github.com/sluicemq/sluice/queuecore"
)

// What a client calls its own temporary destinations.
const (
	tempPrefix      = "/" + mapping.TempQueuePrefix
	tempTopicPrefix = "/" + mapping.TempTopicPrefix
)

// temps are the temporary destinations of one connection: the names that the client
// gave them, and what they are called for everybody. The reader owns them.
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
// answers need not know. It holds the session's id, which keeps clients apart. A
// temporary topic is a topic of such a name.
func (c *conn) tempQueue(destination string) (string, error) {
	if topic, ok := strings.CutPrefix(destination, tempTopicPrefix); ok {
		return c.tempTopic(destination, topic)
	}
	name, ok := strings.CutPrefix(destination, tempPrefix)
	if !ok || name == "" || c.temps[destination] != "" || c.exists(name) {
		return c.temps.known(destination), nil
	}
	queue := mapping.TempQueuePrefix + c.id + "." + name
	if d := queuecore.QueueNamed(queue); !c.who.May(protocols.CreateByUse, d) {
		return "", denied("create", d)
	}
	if err := c.user.Make(queue); err != nil {
		return "", err
	}
	if err := c.enterTemp(destination, queuecore.QueueNamed(queue)); err != nil {
		return "", err
	}
	if _, err := c.session.CreateQueue(c.ctx, queue, c.gateway.transient()); err != nil {
		delete(c.temps, destination)
		return "", err
	}
	return c.temps[destination], nil
}

// tempTopic is tempQueue for topics. One of another session, as in a message that
// is passed on with its reply-to, is left as it is: it holds a session's id.
func (c *conn) tempTopic(destination, name string) (string, error) {
	session, _, ofSession := strings.Cut(name, ".")
	if name == "" || !c.gateway.habits.TempTopics || c.temps[destination] != "" || ofSession && len(session) == len(c.id) {
		return c.temps.known(destination), nil
	}
	err := c.enterTemp(destination, queuecore.TopicNamed(mapping.TempTopicPrefix+c.id+"."+name))
	return c.temps.known(destination), err
}

// enterTemp remembers that destination stands for d.
func (c *conn) enterTemp(destination string, d queuecore.Destination) error {
	if len(c.temps) >= tempQueues {
		return breach("too many temporary queues", "The limit is %d on one connection.", tempQueues)
	}
	if c.temps == nil {
		c.temps = make(temps)
	}
	c.temps[destination] = c.dict.Name(d)
	return nil
}

// replyQueue is tempQueue for reply-to. In RabbitMQ's dialect the client listens to that
// queue from then on, by a subscription that is called as it has called the queue.
func (c *conn) replyQueue(replyTo string) (string, error) {
	listens := c.gateway.habits.ListensForReplies && c.temps[replyTo] == ""
	if listens {
		if err := c.mayListen(replyTo); err != nil {
			return "", err
		}
	}
	real, err := c.tempQueue(replyTo)
	if err != nil || !listens || c.temps[replyTo] == "" {
		return real, err
	}
	s, err := c.newSubscription(replyTo, true)
	if err != nil {
		return "", err
	}
	d, err := c.dict.Destination(real)
	if err != nil {
		return "", err
	}
	if err := c.user.Take(quota.Subscriptions); err != nil {
		return "", err
	}
	s.queue = d.Name
	close(s.begin)
	c.start(s)
	return real, nil
}

// mayListen says whether the client can listen to the queue that replyTo is going to name, before
// there is one: to a queue that is there nobody would.
func (c *conn) mayListen(replyTo string) error {
	name, ok := strings.CutPrefix(replyTo, tempPrefix)
	if !ok || name == "" || c.exists(name) {
		return nil
	}
	if c.subs.byID[replyTo] != nil {
		return refuse("subscription exists", "There is a subscription %q on this connection already.", replyTo)
	}
	if d := queuecore.QueueNamed(mapping.TempQueuePrefix + c.id + "." + name); !c.who.May(protocols.Receive, d) {
		return denied("receive from", d)
	}
	return nil
}

// exists reports whether name is a temporary queue of some session already, as
// in a message that is passed on with its reply-to.
func (c *conn) exists(name string) bool {
	_, err := c.gateway.broker.Queue(mapping.TempQueuePrefix + name)
	return err == nil
}

func isTemp(queue string) bool { return strings.HasPrefix(queue, mapping.TempQueuePrefix) }

// foreign reports whether d is a temporary destination of another connection. Anyone
// may send to it; its own connection alone may receive.
func (c *conn) foreign(d queuecore.Destination) bool {
	prefix := mapping.TempQueuePrefix
	if d.Kind == queuecore.KindTopic {
		prefix = mapping.TempTopicPrefix
	}
	temporary := strings.HasPrefix(d.Name, prefix) && (d.Kind == queuecore.KindQueue || c.gateway.habits.TempTopics)
	return temporary && !strings.HasPrefix(d.Name, prefix+c.id+".")
}
