package hostile_test

import (
	"testing"

	"github.com/sluicemq/sluice/queuecore/coretest/leak"
)

func TestMain(m *testing.M) { leak.Main(m) }
