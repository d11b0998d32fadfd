package main_test

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
)

// sendSTOMP sends messages to a queue, each with a header color and its color as the body.
func (s *server) sendSTOMP(queue string, colors ...string) {
	s.t.Helper()
	conn, err := net.Dial("tcp", s.STOMP)
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close()
	var frames strings.Builder
	frames.WriteString("CONNECT\naccept-version:1.2\nhost:x\n\n\x00")
	for _, color := range colors {
		fmt.Fprintf(&frames, "SEND\ndestination:/queue/%s\ncolor:%s\n\n%s\x00", queue, color, color)
	}
	frames.WriteString("DISCONNECT\nreceipt:done\n\n\x00")
	if _, err := io.WriteString(conn, frames.String()); err != nil {
		s.t.Fatal(err)
	}
	answer, err := io.ReadAll(conn)
	if err != nil || !strings.Contains(string(answer), "receipt-id:done") {
		s.t.Fatalf("%q, %v", answer, err)
	}
}

// queue runs a verb of sluice queue and returns what it prints.
func (s *server) queue(args ...string) string {
	s.t.Helper()
	stdout, stderr, code := run(s.t, nil, append([]string{"queue", "--admin", s.Admin}, args...)...)
	if code != 0 || stderr != "" {
		s.t.Fatalf("%q: %d, %s", args, code, stderr)
	}
	return stdout
}

// The verbs move what a selector matches and show what is left.
func TestQueueVerbs(t *testing.T) {
	s := serve(t, nil, freePorts()...)
	s.sendSTOMP("from", "red", "blue", "red")
	s.sendSTOMP("to", "green")
	line := s.queue("move", "--from", "from", "--to", "to", "--selector", "color = 'red'")
	id, rest, _ := strings.Cut(line, " ")
	if !strings.HasPrefix(rest, "running: 0 of an unknown number moved from from to to by") {
		t.Errorf("%q", line)
	}
	for line = s.queue("moves", "from"); strings.Contains(line, " running"); line = s.queue("moves", "from") {
	}
	if !strings.HasPrefix(line, id+" done: 2 of") {
		t.Errorf("%q", line)
	}
	if left := s.queue("browse", "from"); strings.Count(left, "\n") != 1 || !strings.Contains(left, ` "blue"`) {
		t.Errorf("left are\n%s", left)
	}
	if there := s.queue("browse", "to", "--selector", "color <> 'green'", "--json"); strings.Count(there, `"body":"red"`) != 2 || strings.Contains(there, "green") {
		t.Errorf("moved are\n%s", there)
	}
	if one := s.queue("browse", "to", "--limit", "1"); strings.Count(one, "\n") != 1 {
		t.Errorf("with a limit\n%s", one)
	}
	wantFailure(t, "at offset 8", []string{"SLUICE_ADMIN_ADDR=" + s.Admin}, "queue", "browse", "to", "--selector", "color = ")
	wantFailure(t, "not found", nil, "queue", "--admin", s.Admin, "cancel", "from", id)
	wantFailure(t, `required flag(s) "from" not set`, nil, "queue", "--admin", s.Admin, "move", "--to", "to")
	wantFailure(t, "--limit is 0", nil, "queue", "--admin", s.Admin, "browse", "to", "--limit", "0")
	wantFailure(t, "set admin_addr", []string{"SLUICE_ADMIN_ADDR="}, "queue", "moves", "to")
	s.stop()
	wantFailure(t, "no answer from "+s.Admin+", which should be the admin_addr of a server: ", nil, "queue", "--admin", s.Admin, "browse", "to")
}
