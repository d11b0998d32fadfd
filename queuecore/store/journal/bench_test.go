package journal

import (
	"fmt"
	"testing"

	"github.com/sluicemq/sluice/queuecore/store"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
)

// nowhere is a store that takes everything and keeps nothing.
type nowhere struct{ store.Store }

func (nowhere) Write(*store.Batch) error { return nil }
func (nowhere) Sync() error              { return nil }

// BenchmarkWrite puts 1,000 fresh values of 200 bytes and removes the 1,000 of an earlier
// batch, so near that they go while they wait, or so far that the store below has them.
func BenchmarkWrite(b *testing.B) {
	for _, sync := range []bool{false, true} {
		for name, standing := range map[string]int{"near": 2, "far": 200} {
			b.Run(fmt.Sprintf("sync=%v/%s", sync, name), func(b *testing.B) { benchmarkWrite(b, sync, standing) })
		}
	}
}

func benchmarkWrite(b *testing.B, sync bool, standing int) {
	o := Options{Log: small().Log}
	s := openWith(b, b.TempDir(), nowhere{memstore.New()}, o)
	defer s.Close()
	value := make([]byte, 200)
	var batch store.Batch
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		b.StopTimer()
		batch.Reset()
		for j := range 1000 {
			batch.PutFresh(fmt.Appendf(nil, "q/%016x", i*1000+j), value)
			if i >= standing {
				batch.Delete(fmt.Appendf(nil, "q/%016x", (i-standing)*1000+j))
			}
		}
		b.SetBytes(int64(batch.Size()))
		b.StartTimer()
		must(b, s.Write(&batch))
		if sync {
			must(b, s.Sync())
		}
	}
}

// BenchmarkGet reads keys that are in the journal.
func BenchmarkGet(b *testing.B) {
	s := openWith(b, b.TempDir(), nowhere{memstore.New()}, Options{Log: small().Log})
	defer s.Close()
	var keys [][]byte
	for i := range 1000 {
		keys = append(keys, fmt.Appendf(nil, "q/%016x", i))
		write(b, s, string(keys[i])+"=value")
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		_, err := s.Get(keys[i%1000])
		must(b, err)
	}
}
