//go:build !race

package conformance_test

// raceDetector says whether this test was built with it.
const raceDetector = false
