package mapping

import (
	"fmt"
	"strings"

	"github.com/sluicemq/sluice/queuecore"
)

// STOMPNack is what a NACK means at a listener, whatever its dialect says. The zero value
// leaves it to the dialect. The headers requeue and retry-delay of a NACK still say
// otherwise.
type STOMPNack string

// What a NACK may mean.
const (
	NackAsDialect    STOMPNack = ""
	NackRequeues     STOMPNack = "requeue"     // again at once
	NackRests        STOMPNack = "backoff"     // again, by the queue's back-off
	NackDeadLettered STOMPNack = "dead-letter" // a dead letter at once
)

// STOMPNackNamed returns what a configuration calls so. The error is
// queuecore.ErrInvalid and lists the names.
func STOMPNackNamed(name string) (STOMPNack, error) {
	switch n := STOMPNack(name); n {
	case NackAsDialect, NackRequeues, NackRests, NackDeadLettered:
		return n, nil
	}
	names := []string{string(NackRequeues), string(NackRests), string(NackDeadLettered)}
	return "", fmt.Errorf("NACK policy %q: must be one of %s, or empty: %w", name, strings.Join(names, ", "), queuecore.ErrInvalid)
}

// With returns the habits with another meaning of NACK.
func (h STOMPHabits) With(n STOMPNack) STOMPHabits {
	switch n {
	case NackRequeues:
		h.Nack = 0
	case NackRests:
		h.Nack = queuecore.Backoff
	case NackDeadLettered:
		h.Nack = queuecore.GiveUp
	}
	return h
}
