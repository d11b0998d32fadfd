package auth_test

import (
	"errors"
	"testing"

	"github.com/sluicemq/sluice/bridge/auth"
	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/queuecore"
)

func TestPublicKeys(t *testing.T) {
	known := auth.NewPublicKeys([]auth.PublicKey{
		{Key: "UANN", User: "ann", Grant: auth.Grant{Actions: []protocols.Action{protocols.Send}, Queues: []string{"orders"}}},
		{User: "nobody"},
	})
	p, err := known.Authenticate(t.Context(), protocols.Credentials{PublicKey: "UANN"})
	if err != nil || p.Name() != "ann" {
		t.Fatalf("%v, %v", p, err)
	}
	if !p.May(protocols.Send, queuecore.QueueNamed("orders")) || p.May(protocols.Receive, queuecore.QueueNamed("orders")) || p.May(protocols.Send, queuecore.QueueNamed("other")) {
		t.Error("not what was granted")
	}
	for _, c := range []protocols.Credentials{{}, {PublicKey: "UBOB"}, {User: "UANN"}, {AccessKey: "UANN"}, {Token: "UANN"}} {
		if p, err := known.Authenticate(t.Context(), c); !errors.Is(err, protocols.ErrDenied) {
			t.Errorf("%v: %v, %v", c, p, err)
		}
	}
}
