// Package leak finds goroutines that tests leave behind. Only tests import it.
package leak

import (
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// patience is how long goroutines may take to end once the tests have.
const patience = time.Minute

// Main is a package's TestMain: it runs the tests, and fails when goroutines are left that do not end. goleak's
// own VerifyTestMain gives them half a second, which a busy machine may take to let one run at all.
func Main(m *testing.M, ignored ...goleak.Option) {
	code := m.Run()
	if code == 0 {
		code = check(ignored)
	}
	os.Exit(code)
}

func check(ignored []goleak.Option) int {
	for end := time.Now().Add(patience); ; {
		err := goleak.Find(ignored...)
		if err == nil {
			return 0
		}
		if time.Now().After(end) {
			fmt.Fprintln(os.Stderr, "goroutines are left:", err)
			return 1
		}
	}
}
