package sqs_test

import (
	"testing"

	"github.com/sluicemq/sluice/bridge/interop/rig"
)

// operations that every version of an SDK knows, and moves, which came in 2023.
func operations() []string {
	return []string{
		"AddPermission", "ChangeMessageVisibility", "ChangeMessageVisibilityBatch", "CreateQueue", "DeleteMessage",
		"DeleteMessageBatch", "DeleteQueue", "GetQueueAttributes", "GetQueueUrl", "ListDeadLetterSourceQueues",
		"ListQueueTags", "ListQueues", "PurgeQueue", "ReceiveMessage", "RemovePermission", "SendMessage",
		"SendMessageBatch", "SetQueueAttributes", "TagQueue", "UntagQueue",
	}
}

func moves() []string {
	return []string{"CancelMessageMoveTask", "ListMessageMoveTasks", "StartMessageMoveTask"}
}

// The boto3 of today speaks AWS JSON.
func TestBoto3(t *testing.T) {
	p := python(t, "requirements.txt")
	t.Parallel()
	s := openSite(t)
	rig.Judge(t, p.command(t, s, "boto3_judge.py"))
	s.wants(t, jsonForm, append(operations(), moves()...)...)
}

// The boto3 that Debian 12 ships speaks Query, and is held to the same.
func TestBoto3Query(t *testing.T) {
	p := oldPython(t)
	t.Parallel()
	s := openSite(t)
	rig.Judge(t, p.command(t, s, "boto3_judge.py"))
	s.wants(t, queryForm, operations()...)
	s.refuses(t, jsonForm)
}
