//go:build !race

package journal

// How many models are walked when no flag says so, and how many times TestDamage damages a journal.
const (
	modelChecks  = "100"
	damageTrials = 1000
)
