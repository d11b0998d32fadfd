//go:build race

package machine

// raceDetector says whether this test was built with it. What one goroutine does alone, as here,
// it has nothing to say of, and makes ten times as long: less of the same is done with it.
const raceDetector = true
