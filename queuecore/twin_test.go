package queuecore_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/sluicemq/sluice/queuecore/coretest"
)

// TestTwin compares a broker with its dumb twin.
func TestTwin(t *testing.T) { rapid.Check(t, coretest.Walk) }
