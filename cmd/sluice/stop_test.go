package main_test

import (
	"bufio"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"

	"github.com/go-stomp/stomp/v3"
)

// connect returns a STOMP client of the server.
func (s *server) connect() *stomp.Conn {
	s.t.Helper()
	c, err := stomp.Dial("tcp", s.STOMP, stomp.ConnOpt.Host("/"), stomp.ConnOpt.HeartBeat(0, 0), stomp.ConnOpt.MsgSendTimeout(patience),
		stomp.ConnOpt.RcvReceiptTimeout(patience), stomp.ConnOpt.DisconnectReceiptTimeout(patience))
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

func (s *server) send(body string) {
	s.t.Helper()
	if err := s.connect().Send("/queue/demo", "text/plain", []byte(body), stomp.SendOpt.Receipt); err != nil {
		s.t.Fatal(err)
	}
}

// receive takes one message and acknowledges it.
func (s *server) receive() string {
	s.t.Helper()
	c := s.connect()
	sub, err := c.Subscribe("/queue/demo", stomp.AckClientIndividual)
	if err != nil {
		s.t.Fatal(err)
	}
	m := <-sub.C
	if m.Err != nil {
		s.t.Fatal(m.Err)
	}
	if err := c.Ack(m); err != nil {
		s.t.Fatal(err)
	}
	if err := c.Disconnect(); err != nil {
		s.t.Fatal(err)
	}
	return string(m.Body)
}

// However it ends, what was confirmed is there when it starts again.
func TestMessagesStay(t *testing.T) {
	dir := t.TempDir()
	args := append(freePorts(), "--data-dir="+dir)
	for _, tt := range []struct {
		sig  syscall.Signal
		code int
	}{{syscall.SIGTERM, 0}, {syscall.SIGINT, 0}, {syscall.SIGKILL, -1}} {
		t.Run(tt.sig.String(), func(t *testing.T) {
			s := serve(t, nil, args...)
			s.send("before " + tt.sig.String())
			s.signal(tt.sig)
			if code := s.wait(); code != tt.code {
				t.Errorf("exit code %d, want %d\n%s", code, tt.code, s.log)
			}
			s = serve(t, nil, args...)
			if got := s.receive(); got != "before "+tt.sig.String() {
				t.Errorf("got %q", got)
			}
			s.stop()
		})
	}
}

// stall opens a request that never ends, which keeps the server from draining.
func (s *server) stall() {
	s.t.Helper()
	conn, err := net.Dial("tcp", s.SQS)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { conn.Close() })
	const request = "POST / HTTP/1.1\r\nHost: sqs\r\nExpect: 100-continue\r\n" +
		"Content-Type: application/x-amz-json-1.0\r\nX-Amz-Target: AmazonSQS.ListQueues\r\nContent-Length: 10\r\n\r\n"
	if _, err := io.WriteString(conn, request); err != nil {
		s.t.Fatal(err)
	}
	answer := make([]byte, len("HTTP/1.1 100"))
	if _, err := io.ReadFull(conn, answer); err != nil || string(answer) != "HTTP/1.1 100" {
		s.t.Fatalf("%q, %v", answer, err) // the handler reads the body
	}
}

func TestDrainIsBounded(t *testing.T) {
	s := serve(t, nil, append(freePorts(), "--drain-timeout=50ms")...)
	s.stall()
	s.stop()
	if !strings.Contains(s.log.String(), "clients cut off") {
		t.Errorf("the log does not say that clients were cut off\n%s", s.log)
	}
}

func TestSecondSignal(t *testing.T) {
	s := serve(t, nil, append(freePorts(), "--drain-timeout=1h")...)
	s.stall()
	s.signal(syscall.SIGTERM)
	s.log.await(t, "draining")
	s.signal(syscall.SIGINT)
	if code := s.wait(); code != 1 {
		t.Errorf("exit code %d\n%s", code, s.log)
	}
}

// A server outlives whoever reads its output.
func TestOutputCanBreak(t *testing.T) {
	cmd := command(t, nil, append([]string{"serve", "--ready-json"}, freePorts()...)...)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(stdout).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	stdout.Close()
	stderr.Close()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil { // it logs that
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}
