package mapping

import (
	"fmt"
	"strings"
	"time"

	"github.com/sluicemq/sluice/queuecore"
)

// STOMPDialect is the broker whose habits a STOMP client was written for. The standard
// leaves names, units and much else to the server; each broker has filled that in its
// own way. The zero value is PlainSTOMP.
type STOMPDialect uint8

// The dialects of STOMP.
const (
	PlainSTOMP STOMPDialect = iota // this server's own
	ActiveMQ                       // ActiveMQ Classic
	Artemis                        // ActiveMQ Artemis
	RabbitMQ                       // RabbitMQ with its STOMP plug-in
)

// STOMPHabits are what a dialect decides besides names and headers. The gateway asks
// them and knows no broker itself. Nobody may change its slices.
type STOMPHabits struct {
	// Name is what a configuration calls the dialect.
	Name string
	// Broker begins the server header of CONNECTED, which clients look at; "": nothing does.
	Broker string
	// Prefetch are the headers of SUBSCRIBE that say how much a client holds unsettled;
	// of several the first counts.
	Prefetch []STOMPPrefetch
	// Nack is what NACK means: a delay, queuecore.Backoff or queuecore.GiveUp.
	Nack time.Duration
	// NackAlone has a NACK count for its one message also in ack mode client. The standard
	// has it count for those before it too.
	NackAlone bool
	// DeadLetter is the dead-letter queue of queues that a first use makes; "": they have none.
	DeadLetter string
	// ExpiredTo is the queue for expired messages of such queues, and Rest how long such
	// queues let a message rest that a NACK gives back.
	ExpiredTo string
	Rest      STOMPRest
	// VirtualHosts has the host header of CONNECT name a virtual host.
	VirtualHosts bool
	// ListensForReplies has a SEND with a temporary queue as its reply-to subscribe to
	// that queue, under the name in reply-to.
	ListensForReplies bool
	// TempTopics has the names in /temp-topic/NAME be each connection's own.
	TempTopics bool
	// ClientIDs has a client-id header of CONNECT name the client, one connection at a time.
	// TakesOver has a later connection of the same user take the name over; otherwise it is refused.
	ClientIDs, TakesOver bool
	// Browsers lets a SUBSCRIBE with browser:true look into a queue and take nothing.
	Browsers bool
	// Management is the topic where messages that go out by a plan are looked at and
	// removed; "": there is none.
	Management string
	// Exclusive are the headers of SUBSCRIBE that, being "true", have one consumer of a queue get
	// everything; the next takes over when it ends.
	Exclusive []string
	// Priority are the headers of SUBSCRIBE that say which of the waiting consumers is served
	// first; of several the first counts.
	Priority []string
	// GroupAffinity has the groups of queues that a first use makes have owners.
	GroupAffinity bool
	// LineFeed has one follow each frame, as these brokers have it: PECL's stomp for PHP takes
	// an octet behind each NUL for one, whatever it is.
	LineFeed bool
	// Refused are the headers of SUBSCRIBE that ask for what this server does not do. To
	// pass them by would lose what a client counts on.
	Refused []STOMPRefused
}

// STOMPRest is a time that doubles, or grows by another Factor, from First to Most. The
// zero value is no time at all.
type STOMPRest struct {
	First, Most time.Duration
	Factor      float64
}

// rest keeps a message that nobody can process from going round as fast as the wire
// carries it: a second is what ActiveMQ's clients wait before they try again, and with a
// minute one is tried again soon after its reader has been repaired.
func rest() STOMPRest {
	return STOMPRest{First: time.Second, Most: time.Minute, Factor: 2}
}

// STOMPPrefetch is a header that says how much a subscription holds.
type STOMPPrefetch struct {
	Name string
	// Bytes counts bodies instead of messages: 0 is one message at a time, -1 no bound.
	Bytes bool
}

// STOMPRefused is a header that is refused.
type STOMPRefused struct {
	Name string
	// Value is the one that is refused; "": any, but an empty one.
	Value string
	// Queues refuses it for queues alone.
	Queues bool
}

// Matches reports whether a header of that value, on a SUBSCRIBE to x, is refused.
func (r STOMPRefused) Matches(value string, x queuecore.Destination) bool {
	if r.Queues && x.Kind != queuecore.KindQueue {
		return false
	}
	return value != "" && (r.Value == "" || strings.EqualFold(value, r.Value))
}

var habits = [...]STOMPHabits{
	PlainSTOMP: {
		Name: "plain", Nack: queuecore.Backoff, Rest: rest(), Browsers: true, ClientIDs: true, TakesOver: true, GroupAffinity: true,
		Prefetch:  []STOMPPrefetch{{Name: "prefetch-count"}, {Name: "activemq.prefetchSize"}},
		Exclusive: []string{"activemq.exclusive", "x-single-active-consumer"},
		Priority:  []string{"activemq.priority", "x-priority"},
	},
	ActiveMQ: {
		Name: "activemq", Broker: "ActiveMQ/5.18.0",
		Nack: queuecore.GiveUp, NackAlone: true, DeadLetter: "ActiveMQ.DLQ", ExpiredTo: "ActiveMQ.DLQ", Rest: rest(), LineFeed: true, TempTopics: true, Browsers: true, ClientIDs: true,
		Management:    "ActiveMQ.Scheduler.Management",
		GroupAffinity: true,
		Prefetch:      []STOMPPrefetch{{Name: "activemq.prefetchSize"}},
		Exclusive:     []string{"activemq.exclusive"},
		Priority:      []string{"activemq.priority"},
		Refused: []STOMPRefused{
			{Name: "durable", Value: "true"},
			{Name: "activemq.retroactive", Value: "true"}, {Name: "transformation"},
		},
	},
	Artemis: {
		Name: "artemis", Broker: "ActiveMQ-Artemis/2.31.0 ActiveMQ Artemis Messaging Engine",
		Nack: queuecore.GiveUp, DeadLetter: "DLQ", ExpiredTo: "ExpiryQueue", Rest: rest(), LineFeed: true, ClientIDs: true, GroupAffinity: true,
		Prefetch: []STOMPPrefetch{{Name: "consumer-window-size", Bytes: true}, {Name: "activemq.prefetchSize", Bytes: true}},
		Refused:  []STOMPRefused{{Name: "durable", Value: "true"}},
	},
	RabbitMQ: {
		Name: "rabbitmq", Broker: "RabbitMQ/3.13.0",
		Nack: queuecore.Backoff, VirtualHosts: true, ListensForReplies: true,
		LineFeed:  true,
		Prefetch:  []STOMPPrefetch{{Name: "prefetch-count"}},
		Exclusive: []string{"x-single-active-consumer"},
		Priority:  []string{"x-priority"},
		Refused: []STOMPRefused{
			{Name: "exclusive", Value: "true"}, {Name: "x-queue-name", Queues: true}, {Name: "x-queue-type", Value: "stream"},
			{Name: "x-stream-offset"},
			{Name: "x-message-ttl"}, {Name: "x-expires"}, {Name: "x-max-length"}, {Name: "x-max-length-bytes"}, {Name: "x-overflow"},
			{Name: "x-dead-letter-exchange"}, {Name: "x-dead-letter-routing-key"},
		},
	},
}

// Habits returns what the dialect decides.
func (d STOMPDialect) Habits() STOMPHabits { return habits[d] }

// String returns the name of the dialect.
func (d STOMPDialect) String() string { return habits[d].Name }

// STOMPDialectNamed returns the dialect that a configuration calls so. The error is
// queuecore.ErrInvalid and lists the names.
func STOMPDialectNamed(name string) (STOMPDialect, error) {
	names := make([]string, len(habits))
	for i := range habits {
		if habits[i].Name == name {
			return STOMPDialect(i), nil
		}
		names[i] = habits[i].Name
	}
	return 0, fmt.Errorf("STOMP dialect %q: must be one of %s: %w", name, strings.Join(names, ", "), queuecore.ErrInvalid)
}

// Server returns the server header of CONNECTED, for a server that calls itself own:
// the broker's name for clients that look at it, and own in a comment, so that nobody
// is lied to. STOMP 1.2, "CONNECTED Frame": name, "/" and version, then comments.
func (d STOMPDialect) Server(own string) string {
	if broker := habits[d].Broker; broker != "" {
		return broker + " (" + own + ")"
	}
	return own
}

// Host says whether a client may connect to the virtual host of that name. RabbitMQ has
// them; here there is one, "/". Other dialects take any. The error is
// queuecore.ErrNotFound, in RabbitMQ's words.
func (d STOMPDialect) Host(name string) error {
	if !habits[d].VirtualHosts || name == "" || name == "/" {
		return nil
	}
	return fmt.Errorf("virtual host %q access denied; the only one of this server is %q: %w", name, "/", queuecore.ErrNotFound)
}
