package sqs

import (
	"strings"

	"github.com/sluicemq/sluice/protocols/sqs/wire"
	"github.com/sluicemq/sluice/queuecore"
)

// selectorPrefix begins the entry of MessageAttributeNames that is a selector: an
// extension of ours, which every client of SQS can send. '=' can be in no name.
const selectorPrefix = "Sluice.Selector="

// takeSelector reads the selector of a receive and takes it out of the names of attributes,
// so that it does not change which ones are shown. The language is that of Jakarta Messaging
// 3.1, 3.8. As in STOMP's, strings are numbers where those are wanted, and '-' and '.' are
// part of names. nil is no selector.
func takeSelector(r *wire.ReceiveMessage) (*queuecore.Selector, error) {
	text, found := "", false
	names := r.AttributeNames[:0:0]
	for _, name := range r.AttributeNames {
		t, is := strings.CutPrefix(name, selectorPrefix)
		switch {
		case is && found:
			return nil, badSelector("there may be one, in one entry that begins with %s", selectorPrefix)
		case is:
			text, found = t, true
		default:
			names = append(names, name)
		}
	}
	r.AttributeNames = names
	x, err := queuecore.CompileSelector(text, queuecore.SelectorOptions{Convert: true, Hyphens: true})
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

func badSelector(format string, args ...any) *wire.Error {
	return invalid("The selector in MessageAttributeNames is not served: "+format+".", args...)
}

// checkSelected refuses a name that no message has a property of, since the dictionary, or
// SQS itself, has it elsewhere: such a selector would match nothing, for ever.
func checkSelected(name string) error {
	switch name {
	case "JMS_SQSCorrelationID":
		return instead(name, "JMSCorrelationID")
	case "MessageGroupId":
		return instead(name, "JMSXGroupID")
	case "SenderId":
		return instead(name, "JMSXUserID")
	case "SentTimestamp":
		return instead(name, "JMSTimestamp")
	case "MessageId":
		return instead(name, "JMSMessageID")
	case "DeadLetterQueueSourceArn", "Sluice.DeadQueue":
		return instead(name, queuecore.DeadQueue)
	case "Sluice.DeadReason":
		return instead(name, queuecore.DeadReason)
	case "Sluice.DeadAttempts":
		return instead(name, queuecore.DeadAttempts)
	case "JMS_SQSReplyToQueueName", "JMS_SQSReplyToQueueURL", "JMS_SQSMessageType", "JMS_SQS_SequenceNumber", "contentType",
		"ApproximateReceiveCount", "ApproximateFirstReceiveTimestamp", "SequenceNumber", "MessageDeduplicationId", traceHeader, "JMSXDeliveryCount":
		return badSelector("it cannot look at %s, but at the message's own attributes, and at %s", name,
			"JMSPriority, JMSType, JMSCorrelationID, JMSMessageID, JMSTimestamp, JMSXGroupID and JMSXUserID")
	}
	return nil
}

func instead(name, field string) error {
	return badSelector("%s is called %s in a selector", name, field)
}
