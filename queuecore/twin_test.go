package queuecore_test

import (
	"flag"
	"testing"

	"pgregory.net/rapid"

	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/coretest"
)

// TestTwin compares a broker with its dumb twin. It goes on until each outcome of
// each operation has occurred, which takes some rounds; with the race detector it does two.
func TestTwin(t *testing.T) {
	walkUntilCovered(t, coretest.NewCoverage())
}

// TestFairTwin does the same with walks that are about a queue with fair groups.
func TestFairTwin(t *testing.T) {
	c := coretest.NewCoverage()
	c.Fair = true
	walkUntilCovered(t, c)
}

// TestAffinityTwin does the same with walks that are about the consumers of a queue whose
// groups have owners.
func TestAffinityTwin(t *testing.T) {
	c := coretest.NewCoverage()
	c.Affine = true
	walkUntilCovered(t, c)
}

// TestRelayTwin does the same with walks that are about a relay and its members.
func TestRelayTwin(t *testing.T) {
	c := coretest.NewCoverage()
	c.Relays = true
	walkUntilCovered(t, c)
}

func walkUntilCovered(t *testing.T, c *coretest.Coverage) {
	walkAsFar(t)
	walks := coretest.Walks{Coverage: c}
	for round := range twinRounds {
		walks.Options, walks.OneOfGroups = nil, false
		if round%2 == 0 { // what waits is packed as soon as it can be
			walks.Options, walks.OneOfGroups = func(o *queuecore.Options) { o.IndexEntries = -1 }, true
		}
		rapid.Check(t, walks.Walk)
		if len(walks.Coverage.Missing()) == 0 {
			break
		}
	}
	t.Log(walks.Coverage)
	for _, what := range walks.Coverage.Missing() {
		if twinCovers {
			t.Errorf("never came through %q", what)
		}
	}
	for _, what := range walks.Coverage.Unknown() {
		t.Errorf("came through %q, which no table lists", what)
	}
}

// walkAsFar makes a round of 5,000 steps, with the race detector of fewer, unless flags say otherwise.
func walkAsFar(t *testing.T) {
	for name, value := range map[string]string{"rapid.checks": twinChecks, "rapid.steps": "150"} {
		f := flag.Lookup(name)
		if f.Value.String() != f.DefValue {
			continue
		}
		if err := f.Value.Set(value); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Value.Set(f.DefValue) }) // it was good before
	}
}
