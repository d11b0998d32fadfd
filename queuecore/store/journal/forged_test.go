package journal

import (
	"bytes"
	"hash/crc32"
	"os"
	"testing"

	"github.com/sluicemq/sluice/queuecore/store"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
)

// forged returns a record as a client would send it in a body, who knows all but the salt.
func forged(k salt, segment, number uint64, op store.Op) []byte {
	seed := k.seed(number)
	ops, _ := appendOp(nil, &op, seed)
	h := head{segment: segment, number: number, synced: number - 1, length: len(ops), sum: crc32.Update(seed, castagnoli, ops)}
	b := make([]byte, recordSize(len(ops)))
	h.encode(b, k)
	copy(b[headBytes:], ops)
	return b
}

// TestForgedRecord: a body that looks like a record is never taken for one, whatever is
// damaged before it. With the salt in hand it would be.
func TestForgedRecord(t *testing.T) {
	for _, known := range []bool{false, true} {
		dir := t.TempDir()
		s := open(t, dir, memstore.New())
		write(t, s, "money=here")
		at := s.segment.end
		k := salt(0)
		if known {
			k = s.salt
		}
		// Wherever the body begins, one of these begins at a multiple of 8.
		var body []byte
		for range align {
			body = append(body, forged(k, 1, 3, store.Op{Key: []byte("money"), Delete: true})...)
			body = append(body, 0)
		}
		var b store.Batch
		b.Put([]byte("body"), body)
		must(t, s.Write(&b), s.Sync())
		copied := image(t, dir)
		path := s.path(copied)
		must(t, s.Close())
		text, err := os.ReadFile(path)
		must(t, err)
		copy(text[at:], bytes.Repeat([]byte{0xff}, headBytes+8)) // the head, and the lengths of the body
		must(t, os.WriteFile(path, text, 0o600))
		ops, _ := readAll(t, copied)
		removed := false
		for _, op := range ops {
			removed = removed || op.Delete
		}
		if removed != known {
			t.Errorf("the salt is known: %v; a removal was made of a body: %v", known, removed)
		}
	}
}
