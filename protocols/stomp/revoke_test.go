package stomp_test

import (
	"testing"

	"github.com/sluicemq/sluice/bridge/auth"
)

// A client whose login is revoked hears of it and is closed, and what it held goes back;
// others stay.
func TestRevokedClient(t *testing.T) {
	const hash = "$argon2id$v=19$m=7168,t=5,p=1$c2FsdHNhbHRzYWx0$GyVqys0tjRWwobui/tW9Zgpel3avpAuo0ksvMh4twsE"
	p, err := auth.ParsePassword(hash)
	if err != nil {
		t.Fatal(err)
	}
	anna, ben := auth.Login{User: "anna", Password: p}, auth.Login{User: "ben", Password: p}
	known := auth.Of(auth.Set{Logins: []auth.Login{anna, ben}})
	inBubble(t, func(t *testing.T, h *house) {
		goes, stays := h.connect("1.2", "login:anna", "passcode:correct"), h.connect("1.2", "login:ben", "passcode:correct")
		goes.subscribe("s", "/queue/a", "ack:client")
		goes.put("/queue/a", "one")
		goes.expect("MESSAGE", "body", "one")
		known.Replace(auth.Set{Logins: []auth.Login{ben}})
		goes.expectError("access refused", "not good any more")
		stays.subscribe("s", "/queue/a")
		stays.expect("MESSAGE", "body", "one", "redelivered", "true")
		again := h.dial()
		again.send("CONNECT\naccept-version:1.2\nhost:x\nlogin:anna\npasscode:correct\n\n^@")
		again.expectError("access refused")
	}, withAuth(known))
}
