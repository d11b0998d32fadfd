package stomp

import (
	"github.com/sluicemq/sluice/protocols/stomp/frame"
	"github.com/sluicemq/sluice/queuecore"
)

// selectorOf reads a selector header: STOMP 1.0 and 1.1, "SUBSCRIBE"; the language is
// that of Jakarta Messaging 3.1, 3.8. Headers are strings and have hyphens in their
// names, so strings are numbers where those are wanted, and a-b is a name. nil is
// no selector.
func selectorOf(f *frame.Frame) (*queuecore.Selector, error) {
	text, _ := f.Header("selector")
	x, err := queuecore.CompileSelector(text, queuecore.SelectorOptions{Convert: true, Hyphens: true})
	if err != nil {
		return nil, refuse("bad selector", "%s", sentence(err.Error()))
	}
	for _, name := range x.Names() {
		if err := checkSelected(name); err != nil {
			return nil, err
		}
	}
	return x, nil
}

// checkSelected refuses a name that no message has a property of, since the dictionary
// reads it as something else: such a selector would match nothing, for ever.
func checkSelected(name string) error {
	switch name {
	case "priority":
		return instead(name, "JMSPriority")
	case "type":
		return instead(name, "JMSType")
	case "correlation-id":
		return instead(name, "JMSCorrelationID")
	case "message-id":
		return instead(name, "JMSMessageID")
	case "timestamp":
		return instead(name, "JMSTimestamp")
	case "sluice-dead-queue":
		return instead(name, queuecore.DeadQueue)
	case "sluice-dead-reason":
		return instead(name, queuecore.DeadReason)
	case "sluice-dead-attempts":
		return instead(name, queuecore.DeadAttempts)
	case "destination", "reply-to", "expires", "expiration", "content-type", "content-length",
		"redelivered", "original-destination", "subscription", "ack", "JMSXDeliveryCount":
		return refuse("bad selector", "A selector cannot look at %s: it sees the headers of the sender's own, and %s.", name,
			"JMSPriority, JMSType, JMSCorrelationID, JMSMessageID, JMSTimestamp, JMSXGroupID and JMSXUserID")
	}
	return nil
}

func instead(name, field string) error {
	return refuse("bad selector", "The header %s is called %s in a selector.", name, field)
}
