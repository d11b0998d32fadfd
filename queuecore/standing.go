package queuecore

import "github.com/sluicemq/sluice/queuecore/selector"

// The names under which selectors see what a dead letter adds to its message: the queue
// that gave it up, why, and after how many attempts. Jakarta Messaging 3.1, 3.5.8: names that
// begin with JMS_ and a vendor's name are the provider's. They are null of other messages, and
// hide properties with such names. A binding's selector, which sees what is sent, knows none.
const (
	DeadQueue    = "JMS_Sluice_DeadQueue"
	DeadReason   = "JMS_Sluice_DeadReason"
	DeadAttempts = "JMS_Sluice_DeadAttempts"
)

// standing is a message where it stands in a queue.
type standing struct {
	*Message
	dead *DeadLetter // nil: it is none
}

var _ selector.Fields = standing{}

// Field is selector.Fields.
func (s standing) Field(name string) selector.Value {
	switch name {
	case DeadQueue, DeadReason, DeadAttempts:
	default:
		return s.Message.Field(name)
	}
	if s.dead == nil {
		return selector.Value{}
	}
	switch name {
	case DeadQueue:
		return textOrNull(s.dead.Queue)
	case DeadReason:
		return textOrNull(s.dead.Reason)
	}
	return selector.Int(int64(s.dead.Attempts))
}
