package rig

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
)

// Build compiles the server into dir and returns the path of the program. It
// needs the go command, which runs the test itself.
func Build(ctx context.Context, dir string) (string, error) {
	bin := filepath.Join(dir, "sluice")
	out, err := exec.CommandContext(ctx, "go", "build", "-o", bin, "github.com/sluicemq/sluice/cmd/sluice").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("building the server: %w: %s", err, out)
	}
	return bin, nil
}

// Server is a running server. Its methods may be called from any goroutine.
type Server struct {
	Addrs
	cmd   *exec.Cmd
	log   *Log
	ended func() error // waits for the process; again: what it returned first
}

// Addrs are where a server listens, as its ready line says.
type Addrs struct {
	STOMP string `json:"stomp"`
	NATS  string `json:"nats"`
	SQS   string `json:"sqs"`
	Admin string `json:"admin"`
}

// Start starts the program on free ports, with its store in dataDir, [ClientTime] for its clients and further
// flags, and returns when it says that it is ready. The server is killed when ctx ends.
func Start(ctx context.Context, bin, dataDir string, flags ...string) (*Server, error) {
	s := &Server{log: &Log{}}
	s.cmd = exec.CommandContext(ctx, bin, slices.Concat([]string{"serve", "--ready-json", "--data-dir", dataDir,
		"--stomp-addr", "127.0.0.1:0", "--nats-addr", "127.0.0.1:0",
		"--sqs-addr", "127.0.0.1:0", "--admin-addr", "127.0.0.1:0"}, patient(), flags)...)
	s.cmd.Stderr = s.log
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	if err := s.awaitReady(out); err != nil {
		_ = s.cmd.Process.Kill() // it may be gone already
		return nil, errors.Join(err, s.cmd.Wait(), errors.New(s.log.String()))
	}
	s.ended = sync.OnceValue(s.cmd.Wait)
	return s, nil
}

func (s *Server) awaitReady(out io.Reader) error {
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("no ready line: %w", err)
	}
	if err := json.Unmarshal(line, &s.Addrs); err != nil {
		return fmt.Errorf("ready line %q: %w", line, err)
	}
	return nil
}

// Stop asks the server to end, as an operator does, and waits until it has. It
// may be called after Kill.
func (s *Server) Stop() error {
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	if err := s.ended(); err != nil {
		return fmt.Errorf("%w: %s", err, s.log)
	}
	return nil
}

// Kill ends the server without a chance to put anything in order.
func (s *Server) Kill() {
	_ = s.cmd.Process.Kill() // it may be gone already
	_ = s.ended()            // says that it was killed
}

// Wait returns when the server has ended by itself, with how it ended.
func (s *Server) Wait() error { return s.ended() }

// Log returns what the server has logged.
func (s *Server) Log() string { return s.log.String() }
