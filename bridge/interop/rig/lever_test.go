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
	for _, a := range addrs { // one of them a test of another process may have got meanwhile
		if c, ok := hold(a); ok {
			_ = c.Close() // nothing was sent
			return
		}
	}
	t.Errorf("%v are not given back", addrs)
}
