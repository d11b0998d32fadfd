package badgerstore

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/dgraph-io/badger/v4"

	"github.com/sluicemq/sluice/queuecore/store"
)

// turnOf fills b with what one turn of the core may write: 100 records of 200
// bytes, and the removal of the 100 of an earlier turn.
func turnOf(b *store.Batch, n int, value []byte) {
	b.Reset()
	for i := n * 100; i < n*100+100; i++ {
		b.Put(fmt.Appendf(nil, "q/%016x", i), value)
		b.Delete(fmt.Appendf(nil, "q/%016x", i-1000))
	}
}

// BenchmarkWrite measures a turn of 100 puts and 100 deletes: through the Store,
// and through badger's own ways of writing, each with and without a sync.
func BenchmarkWrite(b *testing.B) {
	for _, readers := range []int{0, 3} {
		for _, sync := range []bool{false, true} {
			for _, way := range []string{"store", "txn", "writebatch", "managed"} {
				b.Run(fmt.Sprintf("%s/sync=%v/readers=%d", way, sync, readers), func(b *testing.B) {
					benchmarkWrite(b, writers[way], sync, readers)
				})
			}
		}
	}
}

// writer is one way to write to badger.
type writer struct {
	managed bool
	write   func(s *base, b *store.Batch, n int) error
	sync    func(s *base) error
}

var writers = map[string]writer{
	"store": {true, func(s *base, b *store.Batch, _ int) error { return s.Write(b) }, (*base).Sync},
	"managed": {true, func(s *base, b *store.Batch, n int) error {
		txn := s.db.NewTransactionAt(uint64(n+1), true)
		defer txn.Discard()
		if err := apply(b, txn.Set, txn.Delete); err != nil {
			return err
		}
		return txn.CommitAt(uint64(n+2), nil)
	}, badgerSync},
	"txn": {false, func(s *base, b *store.Batch, _ int) error {
		return s.db.Update(func(txn *badger.Txn) error { return apply(b, txn.Set, txn.Delete) })
	}, badgerSync},
	"writebatch": {false, func(s *base, b *store.Batch, _ int) error {
		w := s.db.NewWriteBatch()
		defer w.Cancel()
		if err := apply(b, w.Set, w.Delete); err != nil {
			return err
		}
		return w.Flush()
	}, badgerSync},
}

func badgerSync(s *base) error { return s.db.Sync() }

func apply(b *store.Batch, set func(k, v []byte) error, del func(k []byte) error) error {
	for _, op := range b.Ops {
		var err error
		if op.Delete {
			err = del(op.Key)
		} else {
			err = set(op.Key, op.Value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func benchmarkWrite(b *testing.B, w writer, sync bool, readers int) {
	s, err := openKept(b.TempDir(), Options{Log: slog.New(slog.DiscardHandler), KeepEvery: -1})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	if !w.managed {
		plain, err := badger.Open(Options{Log: s.log}.badger(b.TempDir()))
		if err != nil {
			b.Fatal(err)
		}
		defer plain.Close()
		s.db, plain = plain, s.db
		defer func() { s.db = plain }()
	}
	defer startReaders(s, w.managed, readers)()
	value := make([]byte, 200)
	batches := make([]store.Batch, 16)
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		if n%len(batches) == 0 {
			b.StopTimer()
			for i := range batches {
				turnOf(&batches[i], n+i, value)
			}
			b.StartTimer()
		}
		if err := w.write(s, &batches[n%len(batches)], n); err != nil {
			b.Fatal(err)
		}
		if !sync {
			continue
		}
		if err := w.sync(s); err != nil {
			b.Fatal(err)
		}
	}
}

// startReaders starts goroutines that scan a few records without a pause, and
// returns what ends them.
func startReaders(s *base, managed bool, n int) (stop func()) {
	quit := make(chan struct{})
	var all sync.WaitGroup
	for range n {
		// Ends when quit is closed, by stop.
		all.Go(func() {
			for {
				select {
				case <-quit:
					return
				default:
					scanFew(s, managed)
				}
			}
		})
	}
	return func() {
		close(quit)
		all.Wait()
	}
}

func scanFew(s *base, managed bool) {
	few := []byte("q/000000000000001") // 16 records at the most
	if managed {
		_ = s.Load(few, func(_, _ []byte) error { return nil })
		return
	}
	_ = s.db.View(func(txn *badger.Txn) error {
		it := txn.NewIterator(badger.IteratorOptions{Prefix: few})
		defer it.Close()
		for it.Rewind(); it.Valid(); it.Next() {
			_ = it.Item().Value(func([]byte) error { return nil })
		}
		return nil
	})
}

// BenchmarkGet reads one of 10,000 records of 200 bytes.
func BenchmarkGet(b *testing.B) {
	s, err := openKept(b.TempDir(), Options{Log: slog.New(slog.DiscardHandler), KeepEvery: -1})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	var batch store.Batch
	value := make([]byte, 200)
	for n := range 100 {
		batch.Reset()
		for i := n * 100; i < n*100+100; i++ {
			batch.Put(fmt.Appendf(nil, "q/%016x", i), value)
		}
		if err := s.Write(&batch); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := s.Get(fmt.Appendf(nil, "q/%016x", i%10_000)); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLoad reads a store of 100,000 records of 200 bytes, in memory and
// sorted tables.
func BenchmarkLoad(b *testing.B) {
	s, err := openKept(b.TempDir(), Options{Log: slog.New(slog.DiscardHandler), KeepEvery: -1})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	value := make([]byte, 200)
	const records = 100_000
	for n := range records / 100 {
		var batch store.Batch
		for i := n * 100; i < n*100+100; i++ {
			batch.Put(fmt.Appendf(nil, "q/%016x", i), value)
		}
		if err := s.Write(&batch); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		n := 0
		if err := s.Load([]byte("q/"), func(_, _ []byte) error { n++; return nil }); err != nil || n != records {
			b.Fatal(n, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/records, "ns/record")
}

// BenchmarkInspect measures the reading of all tables before badger opens them.
func BenchmarkInspect(b *testing.B) {
	dir := b.TempDir()
	s, err := openKept(dir, Options{Log: slog.New(slog.DiscardHandler), MinFree: -1, KeepEvery: -1})
	if err != nil {
		b.Fatal(err)
	}
	value := make([]byte, 1000)
	for i := range 2000 {
		var batch store.Batch
		turnOf(&batch, i, value)
		if err := s.Write(&batch); err != nil {
			b.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	size, _ := diskUse(b, dir)
	b.SetBytes(size)
	for b.Loop() {
		if _, err := inspect(dir, time.Time{}, s.log); err != nil {
			b.Fatal(err)
		}
	}
}

// diskUse returns the bytes of a directory's tables, and how many there are.
func diskUse(b *testing.B, dir string) (size int64, n int) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.sst"))
	if err != nil {
		b.Fatal(err)
	}
	for _, p := range paths {
		info, err := os.Stat(p)
		if err != nil {
			b.Fatal(err)
		}
		size += info.Size()
	}
	return size, len(paths)
}
