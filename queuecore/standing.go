package queuecore

import "github.com/sluicemq/sluice/queuecore/selector"

// The names under which selectors see what a dead letter adds to its message: the queue
// that gave it up, why, and after how many attempts. Jakarta Messaging 3.1, 3.8: a name that
// begins with JMS_ is the provider's. They are null of other messages, and
// hide properties with such names. A binding's selector, which sees what is sent, knows none.
const (
	DeadQueue    = "JMS_Sluice_DeadQueue"
	DeadReason   = "JMS_Sluice_DeadReason"
	DeadAttempts = "JMS_Sluice_DeadAttempts"
)

var _ selector.Fields = (*Browsed)(nil)

// Field returns what selectors see under a name of a message that stands in a queue: what
// Message.Field returns, and what a dead letter adds.
func (x *Browsed) Field(name string) selector.Value {
	switch name {
	case DeadQueue, DeadReason, DeadAttempts:
		return x.Dead.field(name)
	}
	return x.Message.Field(name)
}

// field is Field for the names of dead letters; d may be nil.
func (d *DeadLetter) field(name string) selector.Value {
	switch {
	case d == nil:
		return selector.Value{}
	case name == DeadQueue:
		return textOrNull(d.Queue)
	case name == DeadReason:
		return textOrNull(d.Reason)
	}
	return selector.Int(int64(d.Attempts))
}
