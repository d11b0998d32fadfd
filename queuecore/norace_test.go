//go:build !race

package queuecore_test

// Walks get so many rounds of so many checks to come through everything that is to be seen.
// What is rare is seen once in a few rounds.
const (
	twinRounds = 100
	twinChecks = "34"
	twinCovers = true
)
