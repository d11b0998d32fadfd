package queuecore_test

import (
	"flag"
	"testing"

	"pgregory.net/rapid"

	"github.com/sluicemq/sluice/queuecore/coretest"
)

// TestTwin compares a broker with its dumb twin. It goes on until each outcome of
// each operation has occurred, which is seldom more than one round.
func TestTwin(t *testing.T) {
	walkAsFar(t)
	walks := coretest.Walks{Coverage: coretest.NewCoverage()}
	for range 5 {
		rapid.Check(t, walks.Walk)
		if len(walks.Coverage.Missing()) == 0 {
			break
		}
	}
	t.Log(walks.Coverage)
	for _, what := range walks.Coverage.Missing() {
		t.Errorf("never came through %q", what)
	}
	for _, what := range walks.Coverage.Unknown() {
		t.Errorf("came through %q, which no table lists", what)
	}
}

// walkAsFar makes walks 50 steps long, unless a flag says otherwise.
func walkAsFar(t *testing.T) {
	steps := flag.Lookup("rapid.steps")
	if steps.Value.String() != steps.DefValue {
		return
	}
	if err := steps.Value.Set("50"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = steps.Value.Set(steps.DefValue) }) // it was good before
}
