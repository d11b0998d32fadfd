package nats_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/sluicemq/sluice/protocols/nats"
	"github.com/sluicemq/sluice/protocols/tally"
)

// Who takes nothing for as long as a write may take loses its connection, long before the bound of what may wait for
// it, and that is counted.
func TestSlowWriteIsCutOff(t *testing.T) {
	count := tally.New()
	h := open(t, newBroker(t), nats.Options{Limits: nats.Limits{WriteDeadline: 10 * time.Millisecond, Pending: 1 << 40}, Tally: count})
	slow, _ := h.raw()
	fmt.Fprint(slow, "CONNECT {\"verbose\":false}\r\nSUB flood 1\r\nPING\r\n")
	quick, body := h.dial(), make([]byte, 256<<10)
	waitFor(t, func() bool {
		quick.Publish("flood", body)
		flush(t, quick)
		return count.Counts()["nats_write_timeout"] > 0
	})
}
