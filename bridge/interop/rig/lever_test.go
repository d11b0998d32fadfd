package rig

import "testing"

// What one test has nobody else gets, until it gives it back.
func TestFreeAddrsAreHeld(t *testing.T) {
	addrs, release, err := freeAddrs(3)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addrs {
		if _, ok := hold(a); ok {
			t.Errorf("%s was given twice", a)
		}
	}
	release()
	c, ok := hold(addrs[0])
	if !ok {
		t.Fatalf("%s is not given back", addrs[0])
	}
	_ = c.Close() // nothing was sent
}
