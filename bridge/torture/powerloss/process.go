package powerloss

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// child is the process that works on the store.
type child struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	log    bytes.Buffer  // what it says on its standard error; good once ended
	opened chan struct{} // closed when it has opened its store
	sent   chan struct{} // closed when it has confirmed a send
	ended  chan struct{} // closed when it says no more
	closed bool          // it has closed its store; good once ended
	err    error         // what it said makes no sense; good once ended
}

// start starts the child of a round.
func (r *run) start(ctx context.Context, n int) (*child, error) {
	arg, err := json.Marshal(order{
		Dir: filepath.Join(r.point, "data"), Seed: r.Seed, Round: n, Look: n%2 == 0 || n > r.Cuts, Work: r.Work,
	})
	if err != nil {
		return nil, err
	}
	c := &child{cmd: r.Child(string(arg)), opened: make(chan struct{}), sent: make(chan struct{}), ended: make(chan struct{})}
	c.cmd.Stderr = &c.log
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	r.account.found = make(map[string]int)
	// It ends with the process, which closes the pipe.
	go c.listen(out, r.account)
	return c, nil
}

// listen hears everything that the child has said, also when it has been killed.
func (c *child) listen(out io.Reader, a *account) {
	defer close(c.ended)
	lines := bufio.NewReader(out)
	confirmed := sync.OnceFunc(func() { close(c.sent) })
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return // a line that has no end was not said
		}
		words := strings.Fields(line)
		if err := a.hear(words[0], words[1:]); err != nil && c.err == nil {
			c.err = err
		}
		switch words[0] {
		case wordOpened, wordReady:
			close(c.opened)
		case wordSent:
			confirmed()
		case wordClosed:
			c.closed = true
		}
	}
}

// until waits for one of the child's channels.
func (c *child) until(ctx context.Context, what <-chan struct{}) error {
	ctx, cancel := context.WithTimeout(ctx, childTimeout)
	defer cancel()
	select {
	case <-what:
		return nil
	case <-c.ended:
		return c.refused()
	case <-ctx.Done():
		return fmt.Errorf("the child hangs: %w", ctx.Err())
	}
}

// refused is why a child ended by itself.
func (c *child) refused() error {
	_ = c.cmd.Wait() // the state says how it ended
	text := c.log.String()
	return fmt.Errorf("%w: %s: %s", ErrRefused, c.cmd.ProcessState, text[max(0, len(text)-4000):])
}

// kill leaves the child no time for anything.
func (c *child) kill() { _ = c.cmd.Process.Kill() } // it may be gone already

// wait returns when the child is gone and everything that it said was heard.
func (c *child) wait() error {
	select {
	case <-c.ended:
	case <-time.After(childTimeout):
		return errors.New("the child cannot be killed")
	}
	_ = c.cmd.Wait() // says that it was killed
	return c.err
}
