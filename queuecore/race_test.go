//go:build race

package queuecore_test

// The race detector makes walks ten times as long. It looks at how the broker's goroutines
// work together, which all walks are alike in: they need not come through everything.
const (
	twinRounds = 2
	twinChecks = "17"
	twinCovers = false
)
