package payload

import (
	"context"
	"errors"
	"time"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/queuecore"
)

// Opened is a delivery as a consumer is to see it.
type Opened struct {
	*queuecore.Delivery
	// Why says why the body is a pointer all the same; "" when it is none.
	Why string
	// Object is what to remove once the delivery is acked; nil: nothing.
	Object *mapping.Pointer
}

// Sealed reports whether m must go through Open: whether it is a pointer, and there is
// somewhere to look. For any other message it costs next to nothing.
func Sealed(p protocols.Payloads, m *queuecore.Message) bool {
	if p == nil {
		return false
	}
	_, ok := mapping.PointerOf(m)
	return ok
}

// Open puts the payload of a sealed message into the place of its pointer. d stays as it
// is. It takes as long as Fetch of p. An error means that the payload could not be had
// now: the delivery has failed, and is to be nacked with Rest.
func Open(ctx context.Context, p protocols.Payloads, d *queuecore.Delivery) (Opened, error) {
	at, _ := mapping.PointerOf(d.Message)
	content, err := p.Fetch(ctx, at.Bucket, at.Key)
	var no protocols.NotServed
	if errors.As(err, &no) {
		return Opened{Delivery: d, Why: string(no)}, nil
	}
	if err != nil {
		return Opened{}, err
	}
	x := *d
	x.Message = mapping.Resolved(d.Message, content)
	o := Opened{Delivery: &x}
	if p.RemovesFetched() && alone(d) {
		o.Object = &at
	}
	return o, nil
}

// alone reports whether no other queue holds d's message: what was sent to a topic, or to a
// relay, may be in others too, and be pointed to from there.
func alone(d *queuecore.Delivery) bool {
	own := d.Queue == d.Destination.Name || d.Dead != nil && d.Dead.Queue == d.Destination.Name
	return d.Destination.Kind == queuecore.KindQueue && own
}

// The rest of a message whose payload could not be had.
const (
	firstRest = time.Second
	maxRest   = 5 * time.Minute
)

// Rest is how long a message rests whose payload could not be had in its nth attempt.
func Rest(attempt int) time.Duration {
	rest := firstRest
	for ; attempt > 1 && rest < maxRest; attempt-- {
		rest *= 2
	}
	return min(rest, maxRest)
}
