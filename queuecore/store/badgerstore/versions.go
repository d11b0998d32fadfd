package badgerstore

import "sync"

// versions numbers the commits, and knows which of them are being read. Badger
// would do so itself, but passes each number through two goroutines on the way.
type versions struct {
	mu      sync.Mutex // guards what follows
	last    uint64     // the last commit
	reading map[uint64]int
}

func newVersions(last uint64) *versions {
	return &versions{last: last, reading: make(map[uint64]int)}
}

// begin returns the version that a new reader sees, which is kept until end.
func (v *versions) begin() uint64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.reading[v.last]++
	return v.last
}

func (v *versions) end(version uint64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.reading[version]--; v.reading[version] == 0 {
		delete(v.reading, version)
	}
}

// advance says that the next version is readable.
func (v *versions) advance() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.last++
}

// next is the version of the commit under way. Only the writer may call it.
func (v *versions) next() uint64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.last + 1
}

// oldest returns the version that the oldest reader sees. What only readers
// before it could see is garbage.
func (v *versions) oldest() uint64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	oldest := v.last
	for r := range v.reading {
		oldest = min(oldest, r)
	}
	return oldest
}
