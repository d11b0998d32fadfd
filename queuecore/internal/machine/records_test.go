package machine

import (
	"bytes"
	"testing"
)

// FuzzHead: an entry's record reads or is refused; what reads is written the
// same again, and takes another head.
func FuzzHead(f *testing.F) {
	f.Add(append(AppendHead(nil, &Head{Sent: 1, Priority: 4, Group: "g"}), "message"...))
	f.Add(AppendHead(nil, &Head{Visible: 1, Expires: 2, Shared: 3, Size: 4}))
	f.Fuzz(func(t *testing.T, v []byte) {
		h, message, err := ParseHead(v)
		if err != nil {
			return
		}
		if again := append(AppendHead(nil, &h), message...); !bytes.Equal(again, v) {
			t.Fatalf("%x became %x", v, again)
		}
		other := AppendHead(nil, &Head{Group: "other"})
		moved, err := ReplaceHead(v, other)
		if err != nil || !bytes.Equal(moved, append(other, message...)) {
			t.Fatalf("%x moved to %x: %v", v, moved, err)
		}
	})
}

// FuzzState: the same for the record of an entry's state.
func FuzzState(f *testing.F) {
	f.Add(appendState(nil, &stateRecord{state: Leased, attempt: 3, visible: 5, first: 4}))
	f.Add(appendState(nil, &stateRecord{state: Ready, dead: &DeadLetter{Queue: "q", Reason: "attempts", Attempts: 2}}))
	f.Fuzz(func(t *testing.T, v []byte) {
		s, err := parseState(v)
		if err != nil {
			return
		}
		again, err := parseState(appendState(nil, &s))
		if err != nil {
			t.Fatal(err)
		}
		if a, b := s.dead, again.dead; (a == nil) != (b == nil) || a != nil && *a != *b {
			t.Fatalf("%+v became %+v", a, b)
		}
		s.dead, again.dead = nil, nil
		if s != again {
			t.Fatalf("%+v became %+v", s, again)
		}
	})
}
