package torture

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/sluicemq/sluice/bridge/torture/workload"
)

// child is a server in a process of its own.
type child struct {
	addrs   workload.Addrs
	started time.Duration // until it was ready
	ended   chan struct{} // closed when it is gone
	cmd     *exec.Cmd
	in      io.Writer
	log     *tail
}

// errDiedEarly: the server was gone before it was ready.
var errDiedEarly = errors.New("the server ended before it was ready")

// loginTime is what a client gets to log in, however busy the machine is.
const loginTime = "2m"

// readyWithin is what a server gets to open its store.
const readyWithin = 2 * time.Minute

// start starts a server and waits until it is ready. A plan that kills it earlier
// gives errDiedEarly.
func start(ctx context.Context, o *Options, plan plan) (*child, error) {
	c := &child{ended: make(chan struct{}), log: &tail{}}
	c.cmd = exec.Command(o.Binary, append(plan.args(), "--ready-json", "--data-dir", o.Dir, "--log-level", "warn",
		"--drain-timeout", "500ms", "--admin-addr", "", "--stomp-login-timeout", loginTime, "--nats-login-timeout", loginTime,
		"--stomp-addr", "127.0.0.1:0", "--nats-addr", "127.0.0.1:0", "--sqs-addr", "127.0.0.1:0")...)
	c.cmd.Stderr = c.log
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	began := time.Now()
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	stuck := time.AfterFunc(readyWithin, c.kill)
	defer stuck.Stop()
	stop := context.AfterFunc(ctx, c.kill)
	defer stop()
	err = c.awaitReady(out)
	c.started = time.Since(began)
	// Ends with the process.
	go func() {
		_, _ = io.Copy(io.Discard, out) // what else it says is for people
		_ = c.cmd.Wait()                // ProcessState has it
		close(c.ended)
	}()
	if err != nil {
		c.kill()
		<-c.ended
		return c, fmt.Errorf("%w: %w", errDiedEarly, err)
	}
	return c, nil
}

func (c *child) awaitReady(out io.Reader) error {
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		return err
	}
	if err := json.Unmarshal(line, &c.addrs); err != nil {
		return fmt.Errorf("ready line %q: %w", line, err)
	}
	return nil
}

// kill ends the server without a chance to put anything in order.
func (c *child) kill() { _ = c.cmd.Process.Kill() } // it may be gone already

// hurry has the server die at the next pass of its point.
func (c *child) hurry() { _, _ = io.WriteString(c.in, "\n") } // it may be gone already

// stop asks the server to end, as an operator does.
func (c *child) stop() { _ = c.cmd.Process.Signal(os.Interrupt) } // it may be gone already

// wasKilled reports whether a signal that cannot be caught ended the server. It
// is gone.
func (c *child) wasKilled() bool { return c.cmd.ProcessState.ExitCode() == -1 }

// tail keeps the last of what is written to it.
type tail struct {
	mu   sync.Mutex
	text []byte
}

const tailBytes = 16 << 10

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, b...)
	if len(t.text) > 2*tailBytes {
		t.text = append(t.text[:0], t.text[len(t.text)-tailBytes:]...)
	}
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}
