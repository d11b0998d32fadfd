package mapping

import (
	"fmt"
	"strings"

	"github.com/sluicemq/sluice/queuecore"
)

// TempQueuePrefix begins the name of every queue that STOMP writes as
// /temp-queue/NAME (RabbitMQ: /reply-queue/NAME), and TempTopicPrefix that of every
// topic that ActiveMQ writes as /temp-topic/NAME. Whose NAME it is, the gateway says:
// it makes the name its session's own.
const (
	TempQueuePrefix = "temp-queue/"
	TempTopicPrefix = "temp-topic/"
)

const (
	queuePrefix = "/queue/"
	topicPrefix = "/topic/"
)

// stompForm is one way to write destinations: prefix and the rest of a name. Names in
// room begin with it.
type stompForm struct {
	prefix string
	kind   queuecore.Kind
	room   string
}

// stompForms lists how each dialect writes destinations. Of those that fit a name, the
// first is written.
var stompForms = [...][]stompForm{
	PlainSTOMP: {
		{"/temp-queue/", queuecore.KindQueue, TempQueuePrefix},
		{queuePrefix, queuecore.KindQueue, ""}, {topicPrefix, queuecore.KindTopic, ""},
	},
	ActiveMQ: {
		{"/temp-queue/", queuecore.KindQueue, TempQueuePrefix}, {"/temp-topic/", queuecore.KindTopic, TempTopicPrefix},
		{queuePrefix, queuecore.KindQueue, ""}, {topicPrefix, queuecore.KindTopic, ""},
		{"/remote-temp-queue/", queuecore.KindQueue, TempQueuePrefix}, {"/remote-temp-topic/", queuecore.KindTopic, TempTopicPrefix},
	},
	Artemis: {
		{"/temp-queue/", queuecore.KindQueue, TempQueuePrefix},
		{queuePrefix, queuecore.KindQueue, ""}, {topicPrefix, queuecore.KindTopic, ""},
		{jmsQueuePrefix, queuecore.KindQueue, ""}, {jmsTopicPrefix, queuecore.KindTopic, ""},
	},
	RabbitMQ: {
		{"/reply-queue/", queuecore.KindQueue, TempQueuePrefix}, {"/exchange/amq.direct/", queuecore.KindTopic, directPrefix},
		{queuePrefix, queuecore.KindQueue, ""}, {topicPrefix, queuecore.KindTopic, ""},
		{existingPrefix, queuecore.KindQueue, ""}, {"/exchange/amq.topic/", queuecore.KindTopic, ""},
		{"/exchange/amq.default/", queuecore.KindQueue, ""}, {"/exchange//", queuecore.KindQueue, ""},
	},
}

// Prefixes of Artemis's, of before its version 2, and of RabbitMQ's.
const (
	jmsQueuePrefix = "jms.queue."
	jmsTopicPrefix = "jms.topic."
	existingPrefix = "/amq/queue/"
)

// directPrefix begins the name of every topic that RabbitMQ writes as /exchange/amq.direct/KEY. What is
// sent there reaches those who subscribe to this very KEY.
const directPrefix = "amq.direct/"

// artemisStyle is how Artemis's clients write destinations: as its acceptors are
// often set up, bare, or with the prefixes of before its version 2.
type artemisStyle uint8

const (
	slashStyle artemisStyle = iota
	bareStyle
	jmsStyle
)

// Destination reads a destination header in the forms of the dialect (TABLE.md). Plain:
// /queue/NAME, /topic/NAME, /temp-queue/NAME, or a bare NAME, which is a queue; names are
// taken as they are, so that wildcards and further slashes belong to them. The error
// is queuecore.ErrInvalid.
func (d STOMP) Destination(name string) (queuecore.Destination, error) {
	for _, f := range stompForms[d.Dialect] {
		if rest, ok := strings.CutPrefix(name, f.prefix); ok && rest != "" {
			return d.read(f, name, rest)
		}
	}
	bare := d.Dialect == PlainSTOMP || d.Dialect == Artemis
	if name == "" || name[0] == '/' || !bare {
		return queuecore.Destination{}, fmt.Errorf("destination %q: must be %s: %w", shorten(name), d.Dialect.formList(), queuecore.ErrInvalid)
	}
	return d.read(stompForm{kind: queuecore.KindQueue}, name, name)
}

// formList says which destinations there are.
func (d STOMPDialect) formList() string {
	switch d {
	case ActiveMQ:
		return "/queue/NAME, /topic/NAME, /temp-queue/NAME or /temp-topic/NAME"
	case Artemis:
		return "/queue/NAME, /topic/NAME, /temp-queue/NAME, jms.queue.NAME, jms.topic.NAME or NAME"
	case RabbitMQ:
		return "/queue/NAME, /topic/KEY, /amq/queue/NAME, /exchange/amq.topic/KEY, /exchange/amq.direct/KEY or /reply-queue/NAME; there are no other exchanges, " +
			"and /temp-queue/NAME is for reply-to alone"
	}
	return "/queue/NAME, /topic/NAME, /temp-queue/NAME or NAME"
}

// read makes a destination of what follows the prefix of f.
func (d STOMP) read(f stompForm, whole, rest string) (queuecore.Destination, error) {
	name, err := d.Dialect.unspell(f.kind, rest)
	if err == nil && f.room == directPrefix {
		err = checkDirect(name)
	}
	if err != nil {
		return queuecore.Destination{}, fmt.Errorf("destination %q: %w: %w", shorten(whole), err, queuecore.ErrInvalid)
	}
	return queuecore.Destination{Kind: f.kind, Name: f.room + name}, nil
}

// Typed is Destination where a header may say besides which kind it is: Artemis's
// destination-type on SEND and subscription-type on SUBSCRIBE, ANYCAST for a queue and
// MULTICAST for a topic. "" says nothing, and a bare name is a queue then.
func (d STOMP) Typed(name, routing string) (queuecore.Destination, error) {
	x, err := d.Destination(name)
	if err != nil || routing == "" || d.Dialect != Artemis {
		return x, err
	}
	kind := queuecore.KindQueue
	switch {
	case strings.EqualFold(routing, artemisMulticast):
		kind = queuecore.KindTopic
	case !strings.EqualFold(routing, "ANYCAST"):
		return x, invalid("routing type", routing, "must be ANYCAST, for a queue, or MULTICAST, for a topic")
	}
	switch {
	case x.Kind == kind:
		return x, nil
	case d.style(name) != bareStyle:
		return x, invalid("routing type", routing, fmt.Sprintf("does not fit the destination %q", shorten(name)))
	}
	return d.read(stompForm{kind: kind}, name, name)
}

const artemisMulticast = "MULTICAST"

func (d STOMP) style(destination string) artemisStyle {
	switch {
	case strings.HasPrefix(destination, jmsQueuePrefix), strings.HasPrefix(destination, jmsTopicPrefix):
		return jmsStyle
	case destination != "" && destination[0] != '/':
		return bareStyle
	}
	return slashStyle
}

// As returns the dictionary that answers a subscription to destination in the
// subscriber's own style: Artemis's clients have three.
func (d STOMP) As(destination string) STOMP {
	if d.Dialect == Artemis {
		d.artemis = d.style(destination)
	}
	return d
}

// Name is the inverse of Destination; "" for no destination.
func (d STOMP) Name(x queuecore.Destination) string {
	if d.artemis == bareStyle {
		name := d.Dialect.spell(x.Kind, x.Name)
		if back, err := d.Destination(name); err == nil && back == x {
			return name
		}
	}
	if d.artemis == jmsStyle {
		return d.written(stompForms[Artemis][3:], x)
	}
	return d.written(stompForms[d.Dialect], x)
}

// written writes x in the first of the forms that fits.
func (d STOMP) written(forms []stompForm, x queuecore.Destination) string {
	for _, f := range forms {
		if rest, ok := strings.CutPrefix(x.Name, f.room); ok && rest != "" && f.kind == x.Kind {
			return f.prefix + d.Dialect.spell(x.Kind, rest)
		}
	}
	return ""
}

// Split returns the destinations of a composite one, which ActiveMQ has: /queue/a,/topic/b
// stands for both. In other dialects a comma is a part of its name, and there is no further one.
func (d STOMP) Split(destination string) (first string, further []string) {
	if d.Dialect != ActiveMQ || !strings.Contains(destination, ",") {
		return destination, nil
	}
	parts := strings.Split(destination, ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts[0], parts[1:]
}

// MustExist reports whether a destination stands for a queue that its use does not make:
// RabbitMQ's /amq/queue/NAME.
func (d STOMP) MustExist(destination string) bool {
	return d.Dialect == RabbitMQ && strings.HasPrefix(destination, existingPrefix)
}
