package powerloss

import (
	"path/filepath"

	"github.com/sluicemq/sluice/bridge/torture/lazyfs"
)

// step is a step of the store after which the power may go.
type step struct {
	op      lazyfs.Op
	pattern string // of the file
	most    int    // how many times it may happen first
}

// steps are those between which the store's files do not fit together, if
// anything was left unsynced.
func steps() []step {
	return []step{
		{lazyfs.Created, "*.mem", 1},
		{lazyfs.Truncated, "*.mem", 1},
		{lazyfs.Removed, "*.mem", 1},
		{lazyfs.Created, "*.sst", 2},
		{lazyfs.Synced, "*.sst", 2},
		{lazyfs.Removed, "*.sst", 2},
		{lazyfs.Synced, "MANIFEST*", 3},
		{lazyfs.Renamed, "*", 1},
		{lazyfs.Created, "*", 4},
		{lazyfs.DirSynced, "*", 4},
		{lazyfs.Synced, "*", 150},
	}
}

// moment chooses when the power goes: after a step, or at some time (nil).
func (r *run) moment() (string, func(lazyfs.Event) bool) {
	if r.rnd.IntN(3) == 0 {
		return "some time", nil
	}
	all := steps()
	s := all[r.rnd.IntN(len(all))]
	left := 1 + r.rnd.IntN(s.most)
	return string(s.op) + " " + s.pattern, func(e lazyfs.Event) bool {
		if ok, _ := filepath.Match(s.pattern, e.Name); !ok || e.Op != s.op {
			return false
		}
		left--
		return left == 0
	}
}
