//go:build !race

package badgerstore

// rotTrialsByDefault is how often TestRot damages a store when no flag says so.
const rotTrialsByDefault = 50
