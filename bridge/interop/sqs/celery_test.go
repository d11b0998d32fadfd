package sqs_test

import (
	"syscall"
	"testing"
	"time"

	"github.com/sluicemq/sluice/bridge/interop/rig"
)

// Celery workers do tasks, also those of a worker that was killed.
func TestCelery(t *testing.T) { testCelery(t, python(t, "requirements.txt"), jsonForm) }

// Debian 12 ships a Celery that speaks Query, and signs its receives by itself.
func TestCeleryQuery(t *testing.T) { testCelery(t, oldPython(t), queryForm) }

func testCelery(t *testing.T, p *programs, form string) {
	t.Helper()
	t.Parallel()
	s := openSite(t)
	cmd := p.command(t, s, "celery_judge.py")
	// The judge stops its workers when it is asked to end.
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = time.Minute
	rig.Judge(t, cmd)
	s.wants(t, form, "ListQueues", "CreateQueue", "SendMessage", "ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "PurgeQueue")
}
