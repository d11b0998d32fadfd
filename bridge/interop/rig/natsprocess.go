package rig

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// NATSServerProgram returns the path of a nats-server, which Go builds once into the cache
// directory, in a module of its own. The test is skipped in short runs, and where it may be left out.
func NATSServerProgram(t *testing.T) (path string) {
	t.Helper()
	if testing.Short() {
		t.Skip("nats-server is left out of short runs")
	}
	path, err := GoProgram(t.Context(), natsServer, natsServerVersion)
	if MayBeLeftOut(err) {
		t.Skipf("left out: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// NATSProcess is a nats-server that can be stopped and started again, with its store, its
// settings and its addresses. One goroutine uses it at a time.
type NATSProcess struct {
	bin, dir, settings string

	cmd   *exec.Cmd // nil while it is stopped
	log   *Log
	ended func() error
}

// NewNATSProcess returns a server that keeps its store in dir; settings are the rest of its
// configuration, in its own words.
func NewNATSProcess(bin, dir, settings string) *NATSProcess {
	return &NATSProcess{bin: bin, dir: dir, settings: settings, log: &Log{}}
}

// natsPatience is how long a nats-server may take to start, or to stop.
const natsPatience = time.Minute

// Start starts the server, and returns when it serves.
func (s *NATSProcess) Start() error {
	if s.cmd != nil {
		return errors.New("nats-server runs already")
	}
	file := filepath.Join(s.dir, "nats.conf")
	if err := os.WriteFile(file, []byte(s.settings), 0o644); err != nil {
		return err
	}
	store, err := natsStore(s.dir)
	if err != nil {
		return err
	}
	s.log = &Log{}
	cmd := exec.Command(s.bin, "-c", file, "-sd", store)
	cmd.Stderr, cmd.WaitDelay = s.log, natsPatience
	if err := cmd.Start(); err != nil {
		return err
	}
	s.cmd, s.ended = cmd, sync.OnceValue(cmd.Wait)
	if err := s.awaitReady(); err != nil {
		return errors.Join(err, s.Stop(), errors.New(s.log.String()))
	}
	return nil
}

// awaitReady returns when the server says that it is.
func (s *NATSProcess) awaitReady() error {
	over := make(chan error, 1)
	ended := s.ended
	// Ends with the process, which Stop ends.
	go func() { over <- ended() }()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	late := time.After(natsPatience)
	for !strings.Contains(s.log.String(), "Server is ready") {
		select {
		case err := <-over:
			return fmt.Errorf("nats-server ended: %w", err)
		case <-late:
			return errors.New("nats-server was not ready in time")
		case <-look.C:
		}
	}
	return nil
}

// Stop asks the server to end, and waits until it has. It may be called again.
func (s *NATSProcess) Stop() error {
	if s.cmd == nil {
		return nil
	}
	cmd := s.cmd
	s.cmd = nil
	kill := time.AfterFunc(natsPatience, func() { _ = cmd.Process.Kill() })
	defer kill.Stop()
	_ = cmd.Process.Signal(syscall.SIGTERM) // it may be gone already
	err := s.ended()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == 1 {
		return nil // how it ends when it is told to
	}
	return err
}

// Log returns what the server has logged since it was started.
func (s *NATSProcess) Log() string { return s.log.String() }
