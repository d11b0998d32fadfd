package workload

import (
	"hash/fnv"
	"time"

	"github.com/sluicemq/sluice/bridge/torture/ledger"
)

// The dialects, as the ledger calls them.
const (
	bySQS   = "SQS"
	byNATS  = "NATS"
	bySTOMP = "STOMP"
)

// identity hashes the server's own name of a message.
func identity(name string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // never fails
	return h.Sum64()
}

// arrival is a message as it came.
type arrival struct {
	queue, by, name string
	body            []byte
	batch           uint64
	asked           time.Time
	lease           time.Duration
}

// delivered enters an arrival in the ledger; false if it cannot be settled.
func (r *run) delivered(a *arrival) (ledger.Held, bool) {
	id, ok := idOf(a.body, a.queue)
	if !ok {
		r.ledger.Damaged(a.queue, a.body)
		return ledger.Held{}, false
	}
	return r.ledger.Delivered(ledger.Delivery{
		ID: id, Queue: a.queue, By: a.by, Identity: identity(a.name), Batch: a.batch, Asked: a.asked, Lease: a.lease,
	})
}
