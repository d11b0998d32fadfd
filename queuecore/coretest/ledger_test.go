package coretest_test

import (
	"strings"
	"testing"

	"github.com/sluicemq/sluice/queuecore/coretest"
)

// The ledger must find each fault that it is there for.
func TestLedgerFindsFaults(t *testing.T) {
	for _, x := range []struct {
		fault   string
		history func(l *coretest.Ledger)
		present map[string]int
	}{
		{"", func(l *coretest.Ledger) { l.Sending("a"); l.Sent("a") }, map[string]int{"a": 1}},
		{"", func(l *coretest.Ledger) { l.Sending("a") }, nil},
		{"", func(l *coretest.Ledger) { l.Sending("a") }, map[string]int{"a": 1}},
		{"", func(l *coretest.Ledger) { l.Sending("a"); l.Sent("a"); l.Delivered("a"); l.Acking("a") }, nil},
		{"", func(l *coretest.Ledger) { l.Sending("a", "b"); l.Delivered("a"); l.Acking("a") }, map[string]int{"b": 1}},
		{"lost", func(l *coretest.Ledger) { l.Sending("a"); l.Sent("a") }, nil},
		{"lost", func(l *coretest.Ledger) { l.Sending("a"); l.Sent("a"); l.Delivered("a") }, nil},
		{"is back", func(l *coretest.Ledger) { l.Sending("a"); l.Acking("a"); l.Acked("a") }, map[string]int{"a": 1}},
		{"2 times", func(l *coretest.Ledger) { l.Sending("a") }, map[string]int{"a": 2}},
		{"never sent", func(l *coretest.Ledger) {}, map[string]int{"a": 1}},
		{"never sent", func(l *coretest.Ledger) { l.Delivered("a") }, nil},
		{"after its ack", func(l *coretest.Ledger) { l.Sending("a"); l.Acking("a"); l.Acked("a"); l.Delivered("a") }, nil},
		{"same transaction", func(l *coretest.Ledger) { l.Sending("a", "b") }, map[string]int{"a": 1}},
	} {
		l := coretest.NewLedger()
		x.history(l)
		wrong, _ := l.Check(x.present)
		if x.fault == "" && len(wrong) > 0 || x.fault != "" && !strings.Contains(strings.Join(wrong, "\n"), x.fault) {
			t.Errorf("want %q, got %q", x.fault, wrong)
		}
	}
}
