//go:build race

package nats_test

// raceDetector says whether this test was built with it.
const raceDetector = true
