package users

import (
	"testing"

	"github.com/sluicemq/sluice/bridge/config"
)

// A secret that changes while users are read is the old one for all of them, and is seen to be
// another one now.
func TestSecretThatChangesWhileItIsRead(t *testing.T) {
	const shared, later = config.SecretRef("env:SHARED"), config.SecretRef("env:LATER")
	t.Setenv("SHARED", "old")
	t.Setenv("LATER", "new")
	v := newVault(nil, nil)
	for range 2 {
		if text, there, err := v.text(shared); text != "old" || !there || err != nil {
			t.Errorf("%q, %t, %v", text, there, err)
		}
		now, err := v.secret(later)
		if err != nil {
			t.Fatal(err)
		}
		v.open[shared] = now
	}
	if !v.differs() {
		t.Error("nobody sees that it has changed")
	}
}
