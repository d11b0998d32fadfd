package main_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience bounds a test that hangs; none waits for it. A process lives no longer: one test on a busy
// machine runs a server and a dozen of others beside it.
const patience = 5 * time.Minute

// binary is the program under test, built once.
var binary string

func TestMain(m *testing.M) { os.Exit(buildAndRun(m)) }

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "sluice")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil { // a test runs it as somebody else
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	binary = filepath.Join(dir, "sluice")
	args := append([]string{"build", "-buildvcs=false", "-o", binary}, buildFlags()...)
	if out, err := exec.Command("go", append(args, ".")...).CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building sluice: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// command returns the program with these arguments and of the environment's
// settings only these.
func command(t *testing.T, environ []string, args ...string) *exec.Cmd {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Dir = t.TempDir()
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "SLUICE_") {
			cmd.Env = append(cmd.Env, e)
		}
	}
	cmd.Env = append(cmd.Env, "GORACE=atexit_sleep_ms=0") // else each process takes a second to end
	cmd.Env = append(cmd.Env, environ...)
	return cmd
}

// run lets the program end by itself.
func run(t *testing.T, environ []string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	cmd := command(t, environ, args...)
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), errOut.String(), cmd.ProcessState.ExitCode()
}

// wantFailure runs the program and wants one line of error, nothing else, and
// exit code 1.
func wantFailure(t *testing.T, want string, environ []string, args ...string) {
	t.Helper()
	stdout, stderr, code := run(t, environ, args...)
	if code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	if stdout != "" {
		t.Errorf("on standard output: %q", stdout)
	}
	if strings.Count(stderr, "\n") != 1 || !strings.HasPrefix(stderr, "sluice: ") || !strings.Contains(stderr, want) {
		t.Errorf("want one line with %q, got\n%s", want, stderr)
	}
}

// ready is what --ready-json prints.
type ready struct {
	Ready                   bool
	Version                 string
	PID                     int
	STOMP, NATS, SQS, Admin string
	DataDir                 string `json:"data_dir"`
}

// server is a running sluice serve.
type server struct {
	ready
	t      *testing.T
	cmd    *exec.Cmd
	stdout *bufio.Reader
	log    *logWatch
}

// freePorts are the arguments for ports that nobody else has, at which a busy machine has time to log in.
func freePorts() []string {
	return []string{
		"--stomp-addr=127.0.0.1:0", "--nats-addr=127.0.0.1:0", "--sqs-addr=127.0.0.1:0", "--admin-addr=127.0.0.1:0",
		"--stomp-login-timeout=1m", "--nats-login-timeout=1m", "--admin-login-timeout=1m",
	}
}

// serve starts a server with --ready-json and waits until it is ready.
func serve(t *testing.T, environ []string, args ...string) *server {
	t.Helper()
	s := launch(t, environ, append([]string{"--ready-json"}, args...)...)
	line, err := s.stdout.ReadString('\n')
	if err != nil {
		t.Fatalf("it was never ready: %v\n%s", err, s.log)
	}
	if err := json.Unmarshal([]byte(line), &s.ready); err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	return s
}

// launch starts a server and waits for nothing.
func launch(t *testing.T, environ []string, args ...string) *server {
	t.Helper()
	cmd := command(t, environ, append([]string{"serve"}, args...)...)
	s := &server{t: t, cmd: cmd, log: newLogWatch()}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	s.stdout = bufio.NewReader(stdout)
	cmd.Stderr = s.log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if cmd.ProcessState == nil {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	})
	return s
}

func (s *server) signal(sig syscall.Signal) {
	s.t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.t.Fatal(err)
	}
}

// wait returns the exit code once the process has ended.
func (s *server) wait() int {
	s.t.Helper()
	if _, err := io.Copy(io.Discard, s.stdout); err != nil {
		s.t.Error(err)
	}
	var exit *exec.ExitError
	if err := s.cmd.Wait(); err != nil && !errors.As(err, &exit) {
		s.t.Fatal(err)
	}
	return s.cmd.ProcessState.ExitCode()
}

// stop ends the server the way it should be ended.
func (s *server) stop() {
	s.t.Helper()
	s.signal(syscall.SIGTERM)
	if code := s.wait(); code != 0 {
		s.t.Errorf("exit code %d after SIGTERM\n%s", code, s.log)
	}
}

// logWatch keeps what a process logs and lets a test wait for some of it.
type logWatch struct {
	mu   sync.Mutex
	more *sync.Cond // on mu
	text bytes.Buffer
}

func newLogWatch() *logWatch {
	w := &logWatch{}
	w.more = sync.NewCond(&w.mu)
	return w
}

func (w *logWatch) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.more.Broadcast()
	return w.text.Write(p)
}

func (w *logWatch) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// await returns once the log has the text.
func (w *logWatch) await(t *testing.T, text string) {
	t.Helper()
	late := false
	stop := time.AfterFunc(patience, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		late = true
		w.more.Broadcast()
	})
	defer stop.Stop()
	w.mu.Lock()
	defer w.mu.Unlock()
	for !strings.Contains(w.text.String(), text) && !late {
		w.more.Wait()
	}
	if late {
		t.Fatalf("never logged %q, but\n%s", text, w.text.String())
	}
}
