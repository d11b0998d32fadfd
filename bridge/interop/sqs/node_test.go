package sqs_test

import (
	"testing"

	"github.com/sluicemq/sluice/bridge/interop/rig"
)

// The SDK for JavaScript, sqs-consumer and sqs-producer.
func TestNode(t *testing.T) {
	p := node(t)
	t.Parallel()
	s := openSite(t)
	rig.Judge(t, p.command(t, s, "judge.mjs"))
	s.wants(t, jsonForm, append(operations(), moves()...)...)
}
