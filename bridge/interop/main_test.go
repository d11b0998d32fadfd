package interop_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/sluicemq/sluice/bridge/interop/rig"
)

// program is the server under test, built once: linking it takes minutes on a busy machine. Short runs have none.
var program string

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(buildAndRun(m))
}

func buildAndRun(m *testing.M) int {
	if testing.Short() {
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "sluice")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	if program, err = rig.Build(context.Background(), dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}
