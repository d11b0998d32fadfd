//go:build race

package journal

// How many models are walked when no flag says so, and how many times TestDamage damages a journal:
// the race detector makes each take ten times as long.
const (
	modelChecks  = "25"
	damageTrials = 100
)
