package machine

import (
	"fmt"
	"testing"

	"github.com/sluicemq/sluice/queuecore/store"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
)

// A transaction is written in one piece, so what it may ask for is bounded; the
// pages that it brings about do not count, and are written after it.
func TestPagesAreNotPartOfATransaction(t *testing.T) {
	const n = 500
	m, out := New(Limits{}), &Output{}
	for i := range n {
		name := fmt.Sprint("q", i)
		m.Step(&CreateQueue{Name: name, Config: Config{GroupOrder: true}}, 1, out)
		m.Step(&Bind{Queue: name, Pattern: "t"}, 1, out)
	}
	for i := range 3 * chunkSize {
		out.Reset()
		m.Step(&Tx{Sends: []Send{grouped(fmt.Sprintf("%0256d", i))}}, 2, out)
		if piece := largestPiece(out); piece > maxTxWrite {
			t.Fatalf("send %d of one message is %d bytes in one piece, the limit is %d", i, piece, maxTxWrite)
		}
		m.Flush(2, out)
	}
	if m.tally.pages == 0 {
		t.Error("nothing is packed")
	}
}

func grouped(group string) Send {
	h := Head{Sent: 1, Group: group, Size: 10}
	return Send{Name: "t", Topic: true, Head: h, Record: AppendHead(nil, &h)}
}

// largestPiece returns the bytes of the largest piece that out must be written in.
func largestPiece(out *Output) (most int) {
	start := 0
	for _, cut := range append(out.Cuts, out.Batch.Len()) {
		n := 0
		for _, op := range out.Batch.Ops[start:cut] {
			n += len(op.Key) + len(op.Value)
		}
		most, start = max(most, n), cut
	}
	return most
}

// What one Flush does of what is due is bounded, also where whole chunks expire.
func TestExpiryOfPackedIsBounded(t *testing.T) {
	const n = 4 * timersPerFlush
	m, out := New(Limits{}), &Output{}
	m.Step(&CreateQueue{Name: "q", Config: Config{Retention: 10}}, 1, out)
	m.Step(sends("q", n), 1, out)
	m.Flush(1, out)
	for want := n; want > 0; want -= timersPerFlush {
		out.Reset()
		m.Flush(100, out)
		left := m.queues["q"].len()
		if left < want-timersPerFlush-chunkSize || left >= want {
			t.Fatalf("one Flush dropped %d messages and left %d", want-left, left)
		}
	}
}

// However many pages say nothing any more, removing them fits into writes of the store.
func TestStrayPagesGoInPieces(t *testing.T) {
	const n = 10_000
	disk := memstore.New()
	var b store.Batch
	for i := range uint64(n) {
		b.Put(appendEntryKey(nil, FamilyPage, 1, i), []byte("no page"))
	}
	if err := disk.Write(&b); err != nil {
		t.Fatal(err)
	}
	m, out := New(Limits{}), &Output{}
	if err := m.Load(disk.Load, 1); err != nil {
		t.Fatal(err)
	}
	m.Flush(1, out)
	if piece := largestPiece(out); out.Batch.Len() < n || piece > 1000 {
		t.Errorf("%d removals, up to %d bytes in one piece", out.Batch.Len(), piece)
	}
}

// What a transaction writes is bounded with all that it takes: the group's name stands
// in each entry, and again in each dedup id of a queue whose groups remember for themselves.
func TestTransactionFitsWithLongGroups(t *testing.T) {
	for _, sends := range []int{5000, 6000, 7000, 10_000} {
		m, out := New(Limits{}), &Output{}
		for _, name := range []string{"a", "b"} {
			m.Step(&CreateQueue{Name: name, Config: Config{DedupWindow: 1000, DedupPerGroup: true}}, 1, out)
			m.Step(&Bind{Queue: name, Pattern: "t"}, 1, out)
		}
		tx := &Tx{}
		for i := range sends {
			s := grouped(fmt.Sprintf("%0256d", i))
			s.DedupID = "x"
			tx.Sends = append(tx.Sends, s)
		}
		if m.Step(tx, 2, out); tx.Err != nil {
			continue
		}
		if piece := largestPiece(out); piece > maxTxWrite {
			t.Errorf("%d sends are %d bytes in one piece, the limit is %d", sends, piece, maxTxWrite)
		}
	}
}
