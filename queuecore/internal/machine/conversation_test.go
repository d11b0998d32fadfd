package machine_test

import (
	"flag"
	"testing"

	"github.com/sluicemq/sluice/queuecore/coretest"
)

var rewrite = flag.Bool("rewrite", false, "write the conversations anew with what the machine answers")

func TestConversations(t *testing.T) { coretest.Conversations(t, "testdata", *rewrite) }
