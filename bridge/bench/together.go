package bench

import (
	"golang.org/x/sync/errgroup"
)

// together runs fn n times at once and returns the first error.
func together(n int, fn func() error) error {
	var g errgroup.Group
	for range n {
		// Ends by itself; Wait waits for it.
		g.Go(fn)
	}
	return g.Wait()
}
