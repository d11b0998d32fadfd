package soak

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// Server is what is watched: a running server and its process.
type Server struct {
	STOMP, NATS, SQS, Admin string // addresses
	DataDir                 string `json:"data_dir"`
	PID                     int

	cmd  *exec.Cmd
	done chan struct{} // closed when the process has ended
}

// StartServer runs "exe serve" on free ports, with its store in dir, and returns
// once it is ready. What it logs goes to log.
func StartServer(ctx context.Context, exe, dir string, log io.Writer) (*Server, error) {
	cmd := exec.Command(exe, "serve", "--ready-json", "--data-dir", dir, "--log-level", "warn",
		"--stomp-login-timeout=1m", "--nats-login-timeout=1m", // busy it will be
		"--stomp-addr=127.0.0.1:0", "--nats-addr=127.0.0.1:0", "--sqs-addr=127.0.0.1:0", "--admin-addr=127.0.0.1:0")
	cmd.Stderr = log
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &Server{cmd: cmd, done: make(chan struct{})}
	first := make(chan string, 1)
	// Ends with the process, which Stop ends.
	go s.read(bufio.NewReader(out), first)
	select {
	case line := <-first:
		if err := json.Unmarshal([]byte(line), s); err != nil {
			return nil, fmt.Errorf("%s serve said %q: %w", exe, line, s.give(err))
		}
		return s, nil
	case <-ctx.Done():
		return nil, s.give(ctx.Err())
	}
}

// read hands over the first line and passes over the rest, so that the pipe never fills.
func (s *Server) read(r *bufio.Reader, first chan<- string) {
	defer close(s.done)
	line, _ := r.ReadString('\n') // a server that died says nothing, which is no JSON
	first <- line
	_, _ = io.Copy(io.Discard, r)
	_ = s.cmd.Wait()
}

// give ends the process and returns err.
func (s *Server) give(err error) error {
	_ = s.cmd.Process.Kill()
	<-s.done
	return err
}

// stopPatience is how long a server may take to drain.
const stopPatience = time.Minute

// Stop ends the server and wants exit code 0. For a server that this package did
// not start it does nothing.
func (s *Server) Stop() error {
	if s.cmd == nil {
		return nil
	}
	_ = s.cmd.Process.Signal(syscall.SIGTERM) // if it is gone, the exit code tells
	select {
	case <-s.done:
	case <-time.After(stopPatience):
		return s.give(fmt.Errorf("the server did not stop within %v", stopPatience))
	}
	if code := s.cmd.ProcessState.ExitCode(); code != 0 {
		return fmt.Errorf("the server ended with exit code %d", code)
	}
	return nil
}

// Self is a server in this process: for tests.
func Self(stomp, nats, sqs, admin, dataDir string) *Server {
	return &Server{STOMP: stomp, NATS: nats, SQS: sqs, Admin: admin, DataDir: dataDir, PID: os.Getpid()}
}
