package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-stomp/stomp/v3"
)

// blockNextLog puts a directory where the store will want to make its next log,
// which is a disk error that takes no special rights.
func blockNextLog(t *testing.T, dir string) (path string) {
	t.Helper()
	logs, err := filepath.Glob(filepath.Join(dir, "*.mem"))
	if err != nil || len(logs) != 1 {
		t.Fatalf("logs %v, %v", logs, err)
	}
	var n int
	if _, err := fmt.Sscanf(filepath.Base(logs[0]), "%d.mem", &n); err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(dir, fmt.Sprintf("%05d.mem", n+1))
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

// sendUntilFailure sends until the server refuses, and returns how many messages
// were confirmed and the refusal.
func (s *server) sendUntilFailure() (confirmed int, err error) {
	s.t.Helper()
	c := s.connect()
	body := make([]byte, 1<<20)
	for confirmed < 500 {
		if err := c.Send("/queue/demo", "", body, stomp.SendOpt.Receipt); err != nil {
			return confirmed, err
		}
		confirmed++
	}
	s.t.Fatal("the store never failed")
	return confirmed, nil
}

// A store that fails ends the process with exit code 1 once everybody has been
// told; started again, it has what was confirmed.
func TestFailedStoreEndsTheProcess(t *testing.T) {
	dir := t.TempDir()
	args := append(freePorts(), "--data-dir="+dir)
	s := serve(t, nil, args...)
	s.send("first")
	blocked := blockNextLog(t, dir)
	confirmed, err := s.sendUntilFailure()
	if !strings.Contains(err.Error(), "store is unavailable") {
		t.Errorf("the client was told %v", err)
	}
	if code := s.wait(); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	for _, part := range []string{"the store failed; nothing is confirmed", "sluice: data_dir " + dir + ": store is unavailable"} {
		if !strings.Contains(s.log.String(), part) {
			t.Errorf("the log does not say %q:\n%s", part, s.log)
		}
	}
	if err := os.Remove(blocked); err != nil {
		t.Fatal(err)
	}
	s = serve(t, nil, args...)
	sub, err := s.connect().Subscribe("/queue/demo", stomp.AckAuto)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 1 + confirmed {
		if m := <-sub.C; m.Err != nil || (i == 0) != (string(m.Body) == "first") {
			t.Fatalf("message %d of %d: %.20q, %v; the server says:\n%s", i, 1+confirmed, m.Body, m.Err, s.log)
		}
	}
	s.stop()
}

// With --on-store-failure stay it goes on refusing until it is told to stop.
func TestFailedStoreStays(t *testing.T) {
	dir := t.TempDir()
	s := serve(t, nil, append(freePorts(), "--data-dir="+dir, "--on-store-failure=stay")...)
	blockNextLog(t, dir)
	if _, err := s.sendUntilFailure(); err == nil {
		t.Fatal("nothing was refused")
	}
	err := s.connect().Send("/queue/demo", "", []byte("x"), stomp.SendOpt.Receipt)
	if err == nil || !strings.Contains(err.Error(), "store is unavailable") {
		t.Errorf("a second client was told %v", err)
	}
	s.stop()
}
