package mapping

import "github.com/sluicemq/sluice/queuecore"

// strayedFrom returns where a dead letter was sent to, in STOMP's plain spelling, if that
// is not the queue that gave it up: a topic, or a queue from which it was moved on. "": it is.
func strayedFrom(x *queuecore.Delivery) string {
	if x.Dead == nil || x.Destination.IsZero() || x.Destination == queuecore.QueueNamed(x.Dead.Queue) {
		return ""
	}
	return STOMP{}.Name(x.Destination)
}
