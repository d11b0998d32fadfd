package ledger

import (
	"maps"
	"slices"
)

// Counts say how much a ledger has seen.
type Counts struct {
	Sent      int `json:"sent"`      // confirmed
	Acked     int `json:"acked"`     // confirmed
	Purged    int `json:"purged"`    // of these, by a purge
	LateAcks  int `json:"late_acks"` // answered when the lease was over or the message had been delivered again
	Delivered int `json:"delivered"`
	Units     int `json:"units"`      // transactions and sends to topics, confirmed
	OpenUnits int `json:"open_units"` // of which no answer came
	Retried   int `json:"retried"`    // sends under the dedup id of one whose answer was lost

	// WereThere are those of them that the server said it had already; only NATS says it.
	WereThere int `json:"were_there"`

	Again Reasons `json:"again"` // messages delivered more than once, by the reason
}

// Reasons count deliveries after the first one of a message.
type Reasons struct {
	Nacked      int `json:"nacked"`
	AckOpen     int `json:"ack_not_confirmed"`
	LeaseEnded  int `json:"lease_ended"`
	Disconnect  int `json:"connection_lost"`
	LeaseLost   int `json:"lease_lost"`
	Unexplained int `json:"unexplained"`
}

// Sum returns all of them.
func (r Reasons) Sum() int {
	return r.Nacked + r.AckOpen + r.LeaseEnded + r.Disconnect + r.LeaseLost + r.Unexplained
}

// Counts returns the counts so far.
func (l *Ledger) Counts() Counts {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.counts
}

// Broken returns how often each promise was broken, and the first of these
// faults in words.
func (l *Ledger) Broken() (map[Promise]int, []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.faults.byPromise), slices.Clone(l.faults.texts)
}
