package driver

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"sync"
	"time"
)

// grace is what a driver gets beyond the time of a request to say for itself
// that it was too long.
const grace = 5 * time.Second

// Driver is a running driver. Its methods may be called from any goroutine; one
// call is under way at a time.
type Driver struct {
	turn    chan struct{} // holds one token: whose turn it is
	last    int           // the last request's ID, guarded by turn
	in      io.WriteCloser
	replies <-chan Reply // closed when the driver has ended
	stop    func() error // ends the driver whatever it is doing, and waits for it; again: no more
	words   *words       // what it said on its standard error
}

// StartProcess starts a driver that is a program of its own. cmd must have no
// standard streams yet. Stop ends it.
func StartProcess(cmd *exec.Cmd) (*Driver, error) {
	d := &Driver{words: &words{}}
	cmd.Stderr = d.words
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	d.start(in, out)
	d.stop = sync.OnceValue(func() error {
		_ = cmd.Process.Kill() // it may be gone already
		d.drain()              // Wait may only be called once all is read
		return cmd.Wait()
	})
	return d, nil
}

// StartFunc starts a driver that is a function of this program. It must return
// when its context ends or its input does.
func StartFunc(run func(ctx context.Context, in io.Reader, out io.Writer) error) *Driver {
	d := &Driver{words: &words{}}
	requests, in := io.Pipe()
	out, answers := io.Pipe()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	// Stop ends it.
	go func() {
		err := run(ctx, requests, answers)
		_ = answers.CloseWithError(io.EOF)
		_ = requests.Close()
		done <- err
	}()
	d.start(in, out)
	d.stop = sync.OnceValue(func() error {
		cancel()
		_ = in.Close()
		_ = out.Close()
		d.drain()
		return <-done
	})
	return d
}

func (d *Driver) drain() {
	for range d.replies {
	}
}

// start reads replies until the driver's output ends.
func (d *Driver) start(in io.WriteCloser, out io.Reader) {
	d.in = in
	d.turn = make(chan struct{}, 1)
	d.turn <- struct{}{}
	replies := make(chan Reply, 1)
	d.replies = replies
	// Ends with the driver's output.
	go func() {
		defer close(replies)
		r := bufio.NewReaderSize(out, 1<<20)
		for {
			line, err := r.ReadBytes('\n')
			if err != nil {
				return
			}
			var reply Reply
			if err := json.Unmarshal(line, &reply); err != nil {
				reply = Reply{ID: -1, Error: fmt.Sprintf("no reply: %q: %v", line, err)}
			}
			replies <- reply
		}
	}()
}

// Call asks the driver for one thing. A driver that does not answer in time is
// stopped, and every later call fails.
func (d *Driver) Call(ctx context.Context, r Request, timeout time.Duration) (Reply, error) {
	select {
	case <-d.turn:
	case <-ctx.Done():
		return Reply{}, ctx.Err()
	}
	defer func() { d.turn <- struct{}{} }()
	d.last++
	r.ID, r.TimeoutMS = d.last, int(timeout.Milliseconds())
	line, err := json.Marshal(r)
	if err != nil {
		return Reply{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout+grace)
	defer cancel()
	// Ends when the driver has taken the line, or is stopped.
	go func() { _, _ = d.in.Write(append(line, '\n')) }()
	return d.await(ctx, r)
}

func (d *Driver) await(ctx context.Context, r Request) (Reply, error) {
	select {
	case reply, ok := <-d.replies:
		switch {
		case !ok:
			return reply, fmt.Errorf("%s %s: the driver is gone: %s", r.Do, r.Dialect, d.words)
		case reply.Error != "":
			return reply, fmt.Errorf("%s %s %s: %s", r.Do, r.Dialect, r.Queue, reply.Error)
		case reply.ID != r.ID:
			return reply, fmt.Errorf("%s %s: request %d was answered with %d", r.Do, r.Dialect, r.ID, reply.ID)
		}
		return reply, nil
	case <-ctx.Done():
		_ = d.stop()
		return Reply{}, fmt.Errorf("%s %s %s: no answer in time; the driver said: %s", r.Do, r.Dialect, r.Queue, d.words)
	}
}

// Stop ends the driver. The error is what it died of, if it was not Stop.
func (d *Driver) Stop() error {
	err := d.stop()
	var exit *exec.ExitError
	if errors.As(err, &exit) || errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// words keeps the end of what a driver said on its standard error.
type words struct {
	mu   sync.Mutex
	tail []byte
}

func (w *words) Write(b []byte) (int, error) {
	const kept = 4 << 10
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tail = append(w.tail, b...)
	w.tail = w.tail[max(0, len(w.tail)-kept):]
	return len(b), nil
}

func (w *words) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(bytes.TrimSpace(w.tail)) == 0 {
		return "nothing"
	}
	return string(w.tail)
}
