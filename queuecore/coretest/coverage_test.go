package coretest

import (
	"slices"
	"testing"
)

func TestCoverage(t *testing.T) {
	c := NewCoverage()
	if len(c.Missing()) != len(c.wanted()) {
		t.Error("something was come through before the first step")
	}
	c.saw("send: done")
	c.saw("send: eaten")
	if slices.Contains(c.Missing(), "send: done") || !slices.Contains(c.Missing(), "send: full") {
		t.Errorf("missing: %q", c.Missing())
	}
	if got := c.Unknown(); !slices.Equal(got, []string{"send: eaten"}) {
		t.Errorf("unknown: %q", got)
	}
}
