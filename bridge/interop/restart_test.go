package interop_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/sluicemq/sluice/bridge/interop/driver"
	"github.com/sluicemq/sluice/bridge/interop/rig"
)

// testRestart stops and kills the real program while clients of every dialect hold
// messages. What SQS and NATS clients hold they can still settle afterwards; what
// a STOMP connection held is delivered again.
func (s *suite) testRestart(t *testing.T) {
	if testing.Short() {
		t.Skip("there is no program in short runs")
	}
	for i, end := range []struct {
		name string
		end  func(*rig.Server) error
	}{
		{"stop", (*rig.Server).Stop},
		{"kill", func(s *rig.Server) error { s.Kill(); return nil }},
	} {
		t.Run(end.name, func(t *testing.T) {
			dir := t.TempDir()
			before := startServer(t, dir)
			sqs, nats := s.hold(t, before, i)
			if err := end.end(before); err != nil {
				t.Fatal(err)
			}
			s.settleAfter(t, startServer(t, dir), sqs, nats, i)
		})
	}
}

func startServer(t *testing.T, dir string) *rig.Server {
	t.Helper()
	server, err := rig.Start(context.WithoutCancel(t.Context()), program, dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		server.Kill()
		if t.Failed() {
			t.Logf("the server said:\n%s", server.Log())
		}
	})
	return server
}

func addrsOf(s *rig.Server) map[string]string {
	return map[string]string{driver.STOMP: s.STOMP, driver.NATS: s.NATS, driver.SQS: s.SQS}
}

// hold receives one message in each dialect, and returns the handles of SQS and NATS.
func (s *suite) hold(t *testing.T, server *rig.Server, i int) (sqs, nats string) {
	t.Helper()
	ctx, addrs := t.Context(), addrsOf(server)
	handles := make(map[string]string)
	// A lease of the default length may end before the next server is asked.
	(&suite{addrs: addrs}).createQueue(t, "held-"+driver.SQS, map[string]string{"VisibilityTimeout": "3600"})
	for k, dialect := range []string{driver.STOMP, driver.NATS, driver.SQS} {
		l, queue := s.turn(i+k), "held-"+dialect
		if err := l.produce(ctx, addrs, dialect, queue, once(dialect)); err != nil {
			t.Fatal(err)
		}
		got, err := l.consume(ctx, addrs, dialect, queue, 1, driver.Hold)
		if err != nil {
			t.Fatal(err)
		}
		handles[dialect] = got[0].Handle
	}
	// Deliveries are written with the next send that is confirmed, at the latest:
	// after this one they are on disk.
	if err := s.turn(i).produce(ctx, addrs, driver.SQS, "bystander", once(driver.SQS)); err != nil {
		t.Fatal(err)
	}
	return handles[driver.SQS], handles[driver.NATS]
}

func (s *suite) settleAfter(t *testing.T, server *rig.Server, sqs, nats string, i int) {
	t.Helper()
	ctx, after := t.Context(), suite{addrs: addrsOf(server), languages: s.languages}
	for _, held := range []struct{ dialect, handle string }{{driver.SQS, sqs}, {driver.NATS, nats}} {
		l, queue := s.turn(i), "held-"+held.dialect
		if err := checkLeased(ctx, l, after.addrs, queue); err != nil {
			t.Error(err)
		}
		if err := l.settle(ctx, after.addrs, held.dialect, queue, driver.Ack, held.handle); err != nil {
			t.Error(err)
		}
		if err := after.checkEmpty(ctx, queue, l); err != nil {
			t.Error(err)
		}
	}
	if _, err := after.consumeOnce(ctx, s.turn(i+1), driver.NATS, "held-"+driver.STOMP, 2, driver.Ack); err != nil {
		t.Error(err)
	}
	if _, err := after.consumeOnce(ctx, s.turn(i+1), driver.STOMP, "bystander", 1, driver.Ack); err != nil {
		t.Error(err)
	}
}

func checkLeased(ctx context.Context, l *language, addrs map[string]string, queue string) error {
	n, err := l.count(ctx, addrs, driver.SQS, queue)
	if err == nil && n != (driver.Counts{Leased: 1}) {
		err = fmt.Errorf("%s: %+v after the restart, want one leased", queue, n)
	}
	return err
}
