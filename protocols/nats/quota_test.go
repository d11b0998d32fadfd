package nats_test

import (
	"bytes"
	"fmt"
	"testing"

	client "github.com/nats-io/nats.go"

	"github.com/sluicemq/sluice/bridge/auth"
	"github.com/sluicemq/sluice/protocols/door"
	"github.com/sluicemq/sluice/protocols/nats"
	"github.com/sluicemq/sluice/protocols/quota"
)

// A client that is cut off while it is slowed is gone at once, and not when it might send again.
func TestSlowedClientIsCutOff(t *testing.T) {
	gate := door.New(door.Limits{All: 9})
	h := open(t, newBroker(t), nats.Options{
		Auth: auth.Of(tokens("ann", "ben")), Door: gate, Limits: nats.Limits{Pending: 1 << 20},
		Quotas: quota.New(quota.Limits{Bytes: 1000}, quota.Options{}),
	})
	ben := h.dial(client.Token("ben"))
	slowed := subscribe(t, ben, "slowed", "")
	flush(t, ben)
	ann, _ := h.raw()
	fmt.Fprint(ann, "CONNECT {\"verbose\":false,\"auth_token\":\"ann\"}\r\n")
	for sid := range 40 {
		fmt.Fprintf(ann, "SUB flood %d\r\n", sid)
	}
	fmt.Fprintf(ann, "PUB slowed 900000\r\n%s\r\n", bytes.Repeat([]byte("x"), 900_000))
	receive(t, slowed)
	if err := ben.Publish("flood", make([]byte, 1<<20)); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { return gate.Counts().Open == 1 })
}
