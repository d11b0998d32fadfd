//go:build !race

package badgerstore

// rotTrialsByDefault is how often TestRot damages a store when no flag says so.
const rotTrialsByDefault = 50

// suiteChecks is how many times the store suite's random test is done when no flag says so.
const suiteChecks = "100"
