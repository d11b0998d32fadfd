package policy_test

import (
	"strings"
	"testing"

	"github.com/sluicemq/sluice/protocols/sqs/policy"
	"github.com/sluicemq/sluice/queuecore/coretest/alloc"
)

// To read a policy takes a megabyte at most, a hundred times its text, whatever it is made of.
func TestPoliciesAreBounded(t *testing.T) {
	fill := func(begin, unit, end string) string {
		return begin + strings.Repeat(unit, (policy.MaxBytes-len(begin)-len(end))/len(unit)) + end
	}
	for name, text := range map[string]string{
		"actions":    fill(`{"Statement":{"Effect":"Allow","Principal":"*","Resource":"*","Action":["sqs:*"`, `,"sqs:*"`, "]}}"),
		"conditions": fill(`{"Statement":{"Effect":"Allow","Principal":"*","Resource":"*","Action":"*","Condition":{"StringLike":{"aws:username":[""`, `,""`, `]}}}}`),
		"statements": fill(`{"Statement":[{}`, `,{}`, `]}`),
		"nesting":    fill(`{"Statement":`, `[`, ``),
		"members":    fill(`{"a":1`, `,"a":1`, `}`),
		"escapes":    fill(`{"Id":"`, `\u0041`, `"}`),
		"too long":   strings.Repeat("[", 1<<20),
	} {
		if n := alloc.Bytes(func() { _, _ = policy.Parse(text) }); n > 160*policy.MaxBytes {
			t.Errorf("%s: %d KiB", name, n>>10)
		}
	}
}
