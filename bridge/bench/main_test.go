package bench_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/sluicemq/sluice/bridge/bench"
)

// TestMain is a server for a benchmark when a benchmark has started this program.
func TestMain(m *testing.M) {
	if len(os.Args) < 2 || os.Args[1] != bench.ChildVerb {
		os.Exit(m.Run())
	}
	if err := bench.RunChild(context.Background(), os.Args[2:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
