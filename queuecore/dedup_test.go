package queuecore_test

import (
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/store"
)

// duplicate sends to q and reports whether the queue knew the id.
func (r *rig) duplicate(group, id string) bool {
	r.t.Helper()
	m := text("q", "x")
	m.Group, m.DedupID = group, id
	sent, err := r.Send(r.ctx, m)
	r.must(err)
	return sent.Placed[0].Duplicate
}

// Groups that remember ids for themselves do so whatever bytes their names and the
// ids have, also over a restart.
func TestDedupPerGroupTellsApart(t *testing.T) {
	r := newRig(t, nil)
	r.create("q", queuecore.QueueConfig{DedupWindow: time.Hour, DedupPerGroup: true})
	pairs := [][2]string{
		{"a", "b\x00c"}, {"a\x00b", "c"}, {"", "a\x00b\x00c"}, {"a\x00b\x00", "c"}, {"a\x00b\x00c", "\x00"},
		{"ab", "c"}, {"a", "bc"}, {"", "abc"}, {"", "\x01abc"}, {"\x01", "abc"}, {"\x01a", "bc"},
	}
	for _, p := range pairs {
		if r.duplicate(p[0], p[1]) {
			t.Errorf("id %q of group %q is taken for another", p[1], p[0])
		}
	}
	r.restart(nil)
	for _, p := range pairs {
		if !r.duplicate(p[0], p[1]) {
			t.Errorf("id %q of group %q is forgotten", p[1], p[0])
		}
	}
}

// The ids that earlier programs left, with a NUL behind the group, stand for nothing
// and are gone once their window is over.
func TestOldDedupKeysAreSwept(t *testing.T) {
	clock := newClock()
	o := &queuecore.Options{Now: clock.Now}
	r := newRig(t, o)
	r.create("q", queuecore.QueueConfig{DedupWindow: time.Minute, DedupPerGroup: true})
	r.must(r.Close())
	r.disk = r.disk.Reopen()
	var b store.Batch
	for i := range 100 {
		value := binary.BigEndian.AppendUint64(nil, uint64(clock.Now().Add(time.Minute).UnixNano()))
		key := append([]byte{'d', 0, 0, 0, 1}, fmt.Sprint("group\x00", i)...)
		b.Put(key, append(value, make([]byte, 24)...))
	}
	r.must(r.disk.Write(&b))
	r.open(o)
	if r.duplicate("group", "1") {
		t.Error("matched")
	}
	if n := records(t, r.disk)['d']; n != 101 {
		t.Errorf("%d ids are on disk, want 101", n)
	}
	clock.add(2 * time.Minute)
	r.duplicate("group", "2")
	r.restart(o)
	if n := records(t, r.disk)['d']; n != 1 {
		t.Errorf("%d ids are on disk, want the last one", n)
	}
}
