package machine

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"regexp"
	"slices"
	"testing"
)

// FuzzHead: an entry's record reads or is refused; what reads is written the
// same again, and takes another head.
func FuzzHead(f *testing.F) {
	f.Add(append(AppendHead(nil, &Head{Sent: 1, Priority: 4, Group: "g"}), "message"...))
	f.Add(AppendHead(nil, &Head{Visible: 1, Expires: 2, Shared: 3, Size: 4}))
	f.Add(append(AppendHead(nil, &Head{Group: "g", GroupEnd: true}), "message"...))
	f.Add(AppendHead(nil, &Head{Group: "g", GroupEnd: true, Shared: 3}))
	f.Fuzz(func(t *testing.T, v []byte) {
		h, message, err := ParseHead(v)
		if err != nil {
			return
		}
		again := append(AppendHead(nil, &h), message...)
		if h.Shared == 0 && !bytes.Equal(again, v) {
			t.Fatalf("%x became %x", v, again)
		}
		if h2, _, err := ParseHead(again); err != nil || h2 != h {
			t.Fatalf("%+v became %+v: %v", h, h2, err)
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
	f.Add(appendState(nil, &stateRecord{state: Ready, dead: &DeadLetter{Attempts: 2}}))
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

// FuzzPage: a page reads or is refused; what reads is listed the same when it is
// written again.
func FuzzPage(f *testing.F) {
	p := newPager(1<<3|1<<63, nil)
	p.add(&entry{state: Ready, sent: 5, size: 100, priority: 4}, "g")
	p.add(&entry{
		state: Delayed, sent: 9, visible: 50, expires: 70, size: 2, priority: 9, shared: 3, stated: true, attempt: 2, first: 8,
		dead: &DeadLetter{Queue: "q", Reason: "g", Attempts: 2},
	}, "g")
	f.Add(p.b)
	f.Fuzz(func(t *testing.T, page []byte) {
		list := func(page []byte) (all []string, again []byte, err error) {
			var slots uint64
			if len(page) >= 9 {
				slots = binary.BigEndian.Uint64(page[1:])
			}
			p := newPager(slots, nil)
			err = parsePage(page, 640, func(e *entry, group string) bool {
				all = append(all, fmt.Sprintf("%+v %+v %q", *e, e.dead, group))
				p.add(e, group)
				return true
			})
			return all, p.b, err
		}
		first, again, err := list(page)
		if err != nil {
			return
		}
		for i := range first { // where the pointer to the dead letter is does not count
			first[i] = pointer.ReplaceAllString(first[i], "")
		}
		second, _, err := list(again)
		for i := range second {
			second[i] = pointer.ReplaceAllString(second[i], "")
		}
		if err != nil || !slices.Equal(first, second) {
			t.Fatalf("%q became %q: %v", first, second, err)
		}
	})
}

var pointer = regexp.MustCompile("dead:0x[0-9a-f]+")
