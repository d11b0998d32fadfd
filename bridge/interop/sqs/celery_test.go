package sqs_test

import (
	"syscall"
	"testing"
	"time"
)

// Celery workers do tasks, also those of a worker that was killed.
func TestCelery(t *testing.T) {
	t.Parallel()
	p, s := python(t, "requirements.txt"), openSite(t)
	cmd := p.command(t, s, "celery_judge.py")
	// The judge stops its workers when it is asked to end.
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	judge(t, cmd)
	s.wants(t, jsonForm, "ListQueues", "CreateQueue", "SendMessage", "ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "PurgeQueue")
}
