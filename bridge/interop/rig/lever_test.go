package rig

import "testing"

// An address that a test has is no other's, whether somebody listens there or not.
func TestFreeAddrsAreTaken(t *testing.T) {
	addr := FreeAddrs(t, 1)[0]
	if take(t, addr) {
		t.Errorf("%s can be had twice", addr)
	}
	t.Run("once", func(t *testing.T) { addr = FreeAddrs(t, 1)[0] })
	if !take(t, addr) {
		t.Errorf("%s is not given back", addr)
	}
}
