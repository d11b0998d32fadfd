package jetstream

import (
	"strings"

	"github.com/sluicemq/sluice/queuecore"
)

// selectorKey is the entry of a consumer's metadata that says which messages it wants: an
// extension of ours, which every client library can send.
const selectorKey = "sluice.selector"

// selector reads the consumer's selector. The language is that of Jakarta Messaging 3.1,
// 3.8. Header values are strings and have hyphens in their names, so strings are numbers
// where those are wanted, and a-b is a name. nil is no selector.
func (c *ConsumerConfig) selector() (*queuecore.Selector, *Error) {
	x, err := queuecore.CompileSelector(c.Metadata[selectorKey], queuecore.SelectorOptions{Convert: true, Hyphens: true})
	if err != nil {
		return nil, badSelector("%s", strings.TrimPrefix(err.Error(), queuecore.ErrInvalid.Error()+": "))
	}
	for _, name := range x.Names() {
		if err := checkSelected(name); err != nil {
			return nil, err
		}
	}
	return x, nil
}

func (c *ConsumerConfig) checkSelector(s *StreamConfig) *Error {
	if s.Retention == interest && c.Metadata[selectorKey] != "" {
		return badSelector("what it does not match would stay for ever in an interest stream: use filter_subjects")
	}
	_, err := c.selector()
	return err
}

func badSelector(format string, args ...any) *Error {
	return errConsumerCreate.with("the metadata "+selectorKey+" is not served: "+format, args...)
}

// checkSelected refuses a name that no message has a property of, since the dictionary
// reads such a header as something else: such a selector would match nothing, for ever.
func checkSelected(name string) *Error {
	switch name {
	case "Correlation-Id":
		return instead(name, "JMSCorrelationID")
	case "Sluice-Dead-Queue":
		return instead(name, queuecore.DeadQueue)
	case "Sluice-Dead-Reason":
		return instead(name, queuecore.DeadReason)
	case "Sluice-Dead-Attempts":
		return instead(name, queuecore.DeadAttempts)
	case "Content-Type", "JMS-Msg-Type", "JMSXDeliveryCount":
	default:
		if !strings.HasPrefix(name, "Nats-") && !strings.HasPrefix(name, "Sluice-") {
			return nil
		}
	}
	return badSelector("it cannot look at %s, but at the publisher's own headers, and at %s", name,
		"JMSPriority, JMSType, JMSCorrelationID, JMSMessageID, JMSTimestamp, JMSXGroupID and JMSXUserID")
}

func instead(name, field string) *Error {
	return badSelector("%s is called %s in a selector", name, field)
}
