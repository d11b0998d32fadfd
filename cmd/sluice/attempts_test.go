package main_test

import (
	"strconv"
	"syscall"
	"testing"

	"github.com/go-stomp/stomp/v3"
)

// subscribe returns a client that is subscribed to the queue that send sends to.
func (s *server) subscribe() (*stomp.Conn, *stomp.Subscription) {
	s.t.Helper()
	c := s.connect()
	sub, err := c.Subscribe("/queue/demo", stomp.AckClientIndividual)
	if err != nil {
		s.t.Fatal(err)
	}
	return c, sub
}

// take receives the message of the queue and says that it is handed out for the nth time.
func take(t *testing.T, sub *stomp.Subscription, n int) *stomp.Message {
	t.Helper()
	m := <-sub.C
	if m.Err != nil {
		t.Fatal(m.Err)
	}
	if count, again := m.Header.Get("JMSXDeliveryCount"), m.Header.Get("redelivered"); count != strconv.Itoa(n) || again != strconv.FormatBool(n > 1) {
		t.Fatalf("JMSXDeliveryCount is %q and redelivered %q, want attempt %d", count, again, n)
	}
	return m
}

// Every MESSAGE says how often it has been handed out, in every dialect, the first time
// too; and the count goes on over a stop and over a death of the server.
func TestAttemptsSurvive(t *testing.T) {
	for _, dialect := range []string{"plain", "activemq", "artemis", "rabbitmq"} {
		for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
			t.Run(dialect+" "+sig.String(), func(t *testing.T) {
				args := append(freePorts(), "--data-dir="+t.TempDir(), "--stomp-dialect="+dialect, "--stomp-nack=requeue")
				s := serve(t, nil, args...)
				s.send("x")
				c, sub := s.subscribe()
				if err := c.Nack(take(t, sub, 1)); err != nil {
					t.Fatal(err)
				}
				take(t, sub, 2)
				s.signal(sig)
				s.wait()

				s = serve(t, nil, args...)
				c, sub = s.subscribe()
				if err := c.Ack(take(t, sub, 3)); err != nil {
					t.Fatal(err)
				}
				s.stop()
			})
		}
	}
}
