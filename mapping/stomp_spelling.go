package mapping

import (
	"errors"
	"fmt"
	"strings"

	"github.com/sluicemq/sluice/queuecore"
)

// spell writes a name, or what is left of it behind its prefix, as the dialect
// writes it. What would be read as something else is escaped: by %HH as RabbitMQ has
// it, and elsewhere by _xHH, as in the names of SQS and NATS.
func (d STOMPDialect) spell(kind queuecore.Kind, name string) string {
	switch d {
	case ActiveMQ:
		return alphabet(activeMQName).encode(name)
	case RabbitMQ:
		name = percentEscapes.Replace(name)
	case Artemis:
		if strings.Contains(name, "::") || strings.Contains(name, "#") && kind == queuecore.KindTopic || strings.Contains(name, "_x") {
			name = alphabet(artemisName).encode(name)
		}
	default:
		return name
	}
	if head, ok := strings.CutSuffix(name, anyTail); ok && kind == queuecore.KindTopic && tokenEnds(head) {
		return head + anyWords
	}
	return name
}

// unspell is the inverse of spell. The error says what is wrong with a name that no spell
// has written.
func (d STOMPDialect) unspell(kind queuecore.Kind, name string) (string, error) {
	switch d {
	case ActiveMQ:
		return unspellActiveMQ(name)
	case RabbitMQ:
		if strings.Contains(name, "/") {
			return "", errors.New("a slash in a name must be written %2F")
		}
		name, err := hashToTail(kind, name)
		return unpercent(name), err
	case Artemis:
		if strings.Contains(name, "::") {
			return "", errors.New("the form ADDRESS::QUEUE is for subscriptions to topics: name the queue alone")
		}
		name, err := hashToTail(kind, name)
		return alphabet(artemisName).decodeBytes(name), err
	}
	return name, nil
}

func unspellActiveMQ(name string) (string, error) {
	switch {
	case strings.Contains(name, ","):
		return "", errors.New("several destinations in one are for SEND alone")
	case strings.Contains(name, "?"):
		return "", errors.New("options of a destination (behind ?) are are for SUBSCRIBE alone")
	}
	return alphabet(activeMQName).decodeBytes(name), nil
}

// activeMQName are the characters that are nothing special in ActiveMQ's destinations.
func activeMQName(r rune) bool { return r != ',' && r != '?' }

// artemisName are those in Artemis's addresses.
func artemisName(r rune) bool { return r != ':' && r != '#' }

// Wildcards as a whole token of a topic: the core's, and those of AMQP and Artemis.
const (
	anyToken = "*"
	anyTail  = ">" // one token or more, at the end
	anyWords = "#" // none or more
)

// tokenEnds reports whether a token begins behind head.
func tokenEnds(head string) bool { return head == "" || strings.HasSuffix(head, ".") }

// hashToTail writes the wildcard # at the end of a topic as the core does. Elsewhere
// the core has none that would do.
func hashToTail(kind queuecore.Kind, name string) (string, error) {
	if kind != queuecore.KindTopic {
		return name, nil
	}
	if head, ok := strings.CutSuffix(name, anyWords); ok && tokenEnds(head) {
		name = head + anyTail
	}
	for token := range strings.SplitSeq(name, ".") {
		if token == anyWords {
			return "", fmt.Errorf("the wildcard %s is supported at the end alone", anyWords)
		}
	}
	return name, nil
}

// checkDirect refuses a key of amq.direct that would be a pattern of topics: nothing stands for others there.
func checkDirect(key string) error {
	for token := range strings.SplitSeq(key, ".") {
		if token == anyToken || token == anyTail {
			return errors.New("amq.direct has no wildcards")
		}
	}
	return nil
}

var percentEscapes = strings.NewReplacer("%", "%25", "/", "%2F", "#", "%23")

// unpercent reads %HH; a percent sign before anything else stands for itself.
func unpercent(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if c, ok := hexByte(strings.ToUpper(s[i+1 : i+3])); ok {
				b = append(b, c)
				i += 2
				continue
			}
		}
		b = append(b, s[i])
	}
	return string(b)
}

// Patterns returns the patterns of the core that a subscription to the topic x takes.
// The brokers' wildcards for the end of a name stand for no token as well, the core's
// for one or more: so they make two.
func (d STOMP) Patterns(x queuecore.Destination) []string {
	if head, ok := strings.CutSuffix(x.Name, "."+anyTail); ok && d.Dialect != PlainSTOMP {
		return []string{x.Name, head}
	}
	return []string{x.Name}
}

// Single refuses a destination that stands for several in its dialect, where one is
// wanted: as a queue, and to send to. ActiveMQ and Artemis have wildcards in the names
// of queues too. The error is queuecore.ErrInvalid.
func (d STOMP) Single(x queuecore.Destination) error {
	if d.Dialect != ActiveMQ && d.Dialect != Artemis {
		return nil
	}
	for token := range strings.SplitSeq(x.Name, ".") {
		if token == anyToken || token == anyTail || token == anyWords && d.Dialect == Artemis {
			return fmt.Errorf("destination %q: wildcards are for subscriptions to topics: %w", shorten(d.Name(x)), queuecore.ErrInvalid)
		}
	}
	return nil
}
