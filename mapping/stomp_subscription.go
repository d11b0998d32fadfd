package mapping

import (
	"fmt"
	"strings"

	"github.com/sluicemq/sluice/queuecore"
)

// Headers of SUBSCRIBE and UNSUBSCRIBE about subscriptions that have a name. Those of
// our own say what no broker has a word for, in every dialect.
const (
	stompSubscription = "sluice-subscription" // the name
	stompShared       = "sluice-shared"       // true: any number of consumers
	stompDurable      = "sluice-durable"      // false: it ends with its last consumer
	stompQueueName    = "x-queue-name"        // RabbitMQ
)

// stompNames are the headers for the name, in the order of their precedence in Artemis.
var stompNames = [...]string{stompSubscription, "durable-subscription-name", "durable-subscriber-name", "activemq.subscriptionName"}

// stompNoLocals are the headers for no-local, Artemis's and ActiveMQ's.
var stompNoLocals = [...]string{"no-local", "activemq.noLocal"}

// STOMPSubscription is what SUBSCRIBE asks for at a topic, or UNSUBSCRIBE deletes. One
// without a name is a consumer's own.
type STOMPSubscription struct {
	// Client and Name are what it is known by; queuecore.Subscription has them too.
	Client, Name    string
	Shared, Durable bool
	// Queue is what its queue is called.
	Queue string
}

// Subscription reads what the headers of a SUBSCRIBE or UNSUBSCRIBE say about a
// subscription to the topic, for a client with that client id, or none. get returns the first header
// of a name. The error is queuecore.ErrInvalid.
func (d STOMP) Subscription(get func(name string) (string, bool), client, topic string) (STOMPSubscription, error) {
	if d.Dialect.sharesByID() {
		if x, is, err := rabbitSubscription(get, topic); is || err != nil {
			return x, err
		}
	}
	header, name := subscriptionNamed(get)
	x := STOMPSubscription{Client: client, Name: name}
	if header != "" && header != stompSubscription && d.Dialect == RabbitMQ {
		return x, invalid(header, x.Name, "RabbitMQ has no such header; write durable:true and auto-delete:false, or "+stompSubscription)
	}
	var err error
	if x.Shared, err = flag(get, stompShared, false); err != nil {
		return x, err
	}
	if x.Durable, err = flag(get, stompDurable, true); err != nil {
		return x, err
	}
	return x.named(get)
}

// subscriptionNamed returns the name, and the header that it comes from.
func subscriptionNamed(get func(string) (string, bool)) (header, name string) {
	for _, header := range stompNames {
		if h, _ := get(header); h != "" {
			return header, h
		}
	}
	return "", ""
}

// named completes x, or says that it is nobody's but the consumer's.
func (x STOMPSubscription) named(get func(string) (string, bool)) (STOMPSubscription, error) {
	if x.Name != "" {
		x.Name = alphabet(subscriptionName).encode(x.Name)
		x.Queue = SubscriptionQueue(x.Client, x.Name, x.Durable)
		return x, nil
	}
	_, durable := get(stompDurable)
	if x.Shared || durable && x.Durable {
		return x, invalid(stompSubscription, "", "is required for a subscription that is shared or durable")
	}
	return STOMPSubscription{}, nil
}

func flag(get func(string) (string, bool), name string, without bool) (bool, error) {
	h, ok := get(name)
	switch {
	case !ok:
		return without, nil
	case strings.EqualFold(h, "true"):
		return true, nil
	case strings.EqualFold(h, "false"):
		return false, nil
	}
	return false, invalid(name, h, "must be true or false")
}

// NoLocal reports whether the headers of a SUBSCRIBE ask that a client should not get
// what it has sent itself.
func (STOMP) NoLocal(get func(name string) (string, bool)) bool {
	for _, name := range stompNoLocals {
		if h, _ := get(name); strings.EqualFold(h, "true") {
			return true
		}
	}
	return false
}

// sharesByID reports whether durable:true with auto-delete:false is a durable
// subscription, shared by all who have its id and topic: RabbitMQ, "Durable Topic Subscriptions".
func (d STOMPDialect) sharesByID() bool { return d == RabbitMQ || d == PlainSTOMP }

// rabbitSubscription reads RabbitMQ's form. It has no client ids: the id stands in the
// place of one, and the topic in that of the name. With x-queue-name that alone counts.
func rabbitSubscription(get func(string) (string, bool), topic string) (x STOMPSubscription, is bool, err error) {
	durable, _ := get("durable")
	keep, _ := get("auto-delete")
	queue, _ := get(stompQueueName)
	isDurable, isKept := strings.EqualFold(durable, "true"), strings.EqualFold(keep, "false")
	switch {
	case isDurable != isKept:
		return x, false, fmt.Errorf("a durable subscription has both the headers durable:true and auto-delete:false; one alone is not served: %w", queuecore.ErrInvalid)
	case !isDurable && queue != "":
		return x, false, invalid(stompQueueName, queue, "is served for durable subscriptions (durable:true, auto-delete:false) alone")
	case !isDurable:
		return x, false, nil
	}
	x = STOMPSubscription{Shared: true, Durable: true}
	if queue != "" {
		x.Queue, x.Name = unpercent(queue), alphabet(subscriptionName).encode(unpercent(queue))
		return x, true, nil
	}
	x.Client, _ = get("id")
	if x.Client == "" {
		return x, false, invalid("id", "", "is required for a durable subscription")
	}
	x.Name = alphabet(subscriptionName).encode(topic)
	x.Queue = SubscriptionQueue(x.Client, x.Name, true)
	return x, true, nil
}

// subscriptionName is the alphabet of the names of subscriptions. STOMPJMS calls them
// CLIENT:NAME; what is beyond the alphabet is spelled _xHH.
func subscriptionName(r rune) bool { return r == '.' || sqsName(r) }

// OfQueue splits Artemis's ADDRESS::QUEUE, the subscription with that queue to the topic
// ADDRESS, which is durable and shared. It returns false for any other destination; QUEUE::QUEUE
// is the queue of that name.
func (d STOMP) OfQueue(destination string) (address string, x STOMPSubscription, is bool) {
	address, queue, is := strings.Cut(destination, "::")
	if d.Dialect != Artemis || !is || address == "" || queue == "" {
		return destination, x, false
	}
	if strings.TrimPrefix(strings.TrimPrefix(address, queuePrefix), jmsQueuePrefix) == queue {
		return address, x, false
	}
	if strings.HasPrefix(address, queuePrefix) || strings.HasPrefix(address, jmsQueuePrefix) {
		return destination, x, false
	}
	x = STOMPSubscription{Shared: true, Durable: true, Queue: alphabet(artemisName).decodeBytes(queue)}
	x.Name = alphabet(subscriptionName).encode(x.Queue)
	return address, x, true
}

// transientMark ends the queue names of subscriptions that are not durable. No name of
// a subscription can hold it.
const transientMark = ":nondurable"

// SubscriptionQueue names the queue of a subscription as Artemis does: client id, dot
// and name. In the client id, and in a name without one, what is no letter, digit, underscore or minus is
// spelled _xHH, so that no two have one queue.
func SubscriptionQueue(client, name string, durable bool) string {
	queue := alphabet(sqsName).encode(name)
	if client != "" {
		queue = alphabet(sqsName).encode(client) + "." + name
	}
	if !durable {
		queue += transientMark
	}
	return queue
}

// SubscriptionOf is the inverse of SubscriptionQueue. It returns false for a name that
// no subscription's queue has by it.
func SubscriptionOf(queue string) (client, name string, durable, is bool) {
	rest, transient := strings.CutSuffix(queue, transientMark)
	client, name, hasClient := strings.Cut(rest, ".")
	if !hasClient {
		client, name = "", alphabet(sqsName).decodeBytes(rest)
	}
	client = alphabet(sqsName).decodeBytes(client)
	foreign := func(r rune) bool { return !subscriptionName(r) }
	is = name != "" && !strings.ContainsFunc(name, foreign) && SubscriptionQueue(client, name, !transient) == queue
	return client, name, !transient, is
}

// VirtualTopic returns the topic whose messages go into a queue for being called
// Consumer.NAME.VirtualTopic.TOPIC, as ActiveMQ has it. TOPIC may end in a wildcard.
func (d STOMP) VirtualTopic(queue string) (topic queuecore.Destination, is bool) {
	rest, ok := strings.CutPrefix(queue, "Consumer.")
	name, topicName, _ := strings.Cut(rest, ".")
	if !ok || d.Dialect != ActiveMQ && d.Dialect != PlainSTOMP || name == "" || name == anyToken || name == anyTail ||
		!strings.HasPrefix(topicName, "VirtualTopic.") {
		return topic, false
	}
	return queuecore.TopicNamed(topicName), true
}
