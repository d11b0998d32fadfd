package auth

import (
	"context"
	"fmt"
	"hash/maphash"
	"runtime"

	"golang.org/x/sync/semaphore"
)

// Half of the processors check passwords at a time, within these bounds. Each check may take
// a quarter of a GiB; strangers can make as many wait as there may be connections.
const (
	minChecks = 2
	maxChecks = 4
)

// checker checks passwords, a few at a time and the others in the order in which they came.
type checker struct {
	slots *semaphore.Weighted
	seed  maphash.Seed
}

func newChecker() *checker {
	n := min(max(runtime.GOMAXPROCS(0)/2, minChecks), maxChecks)
	return &checker{semaphore.NewWeighted(int64(n)), maphash.MakeSeed()}
}

// matches waits for its turn, until ctx ends, and reports whether a password is right.
func (c *checker) matches(ctx context.Context, p *Password, shown string) (bool, error) {
	if err := c.slots.Acquire(ctx, 1); err != nil {
		return false, fmt.Errorf("a password waited for others to be checked: %w", err)
	}
	defer c.slots.Release(1)
	return p.hash.matches(shown), nil
}

// decoy returns what the password of a user is checked against who is not there or has none:
// it costs what a known user's does, so that the time of an answer does not say who is there.
// Where users' hashes cost differently, a name always gets that of the same one.
func (c *checker) decoy(name string, all []*Password) *Password {
	if len(all) == 0 {
		return &Password{&argon{memory: 19 << 10, passes: 2, lanes: 1, salt: make([]byte, 16), sum: make([]byte, 32)}}
	}
	return all[maphash.String(c.seed, name)%uint64(len(all))]
}
