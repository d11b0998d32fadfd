package journal

import (
	"log/slog"
	"testing"

	"github.com/sluicemq/sluice/queuecore/coretest/leak"
	"github.com/sluicemq/sluice/queuecore/store"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
	"github.com/sluicemq/sluice/queuecore/store/storetest"
)

func TestMain(m *testing.M) { leak.Main(m) }

// TestStore holds a journal before a memstore to the promise of a store.
func TestStore(t *testing.T) {
	storetest.Run(t, func(tb testing.TB) storetest.Opener {
		dir, disk := tb.TempDir(), memstore.New()
		return func(tb testing.TB) store.Store {
			disk = disk.Reopen()
			s, err := Open(dir, disk, Options{Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				tb.Fatal(err)
			}
			return s
		}
	})
}
