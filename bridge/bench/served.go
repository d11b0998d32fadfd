package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// served is a server in a process of its own, so that what it uses can be told
// from what its clients use. It is used by one goroutine.
type served struct {
	addr string

	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// startServed starts program as one of the servers of RunChild.
func startServed(ctx context.Context, program, server, dir, profile, secret string) (*served, error) {
	s := &served{cmd: exec.CommandContext(ctx, program, ChildVerb, server, dir, profile)}
	s.cmd.Env = append(os.Environ(), secretEnv+"="+secret)
	s.cmd.Stderr = os.Stderr
	in, err := s.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	s.in, s.out = in, bufio.NewReader(out)
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	line, err := s.out.ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the %s server did not start: %w", server, err), s.stop())
	}
	s.addr = strings.TrimSpace(line)
	return s, nil
}

// usage asks the server for what it has used.
func (s *served) usage(question string) (u usage, err error) {
	if _, err := fmt.Fprintln(s.in, question); err != nil {
		return u, err
	}
	line, err := s.out.ReadBytes('\n')
	if err != nil {
		return u, fmt.Errorf("the server says nothing of its usage: %w", err)
	}
	return u, json.Unmarshal(line, &u)
}

// watch returns the milliseconds of processor time that the server uses in a second.
func (s *served) watch(d time.Duration) (float64, error) {
	before, err := s.usage(asItIs)
	if err != nil {
		return 0, err
	}
	start := time.Now()
	time.Sleep(d)
	after, err := s.usage(asItIs)
	return (after.CPU - before.CPU).Seconds() * 1e3 / time.Since(start).Seconds(), err
}

// What counts as nothing to do, in milliseconds a second, and how long that is
// waited for: a store that has been written to compacts for a while.
const (
	quietMS    = 20
	quietTries = 50
	quietLook  = 100 * time.Millisecond
)

// quiet waits until the server has done what it does after its last call.
func (s *served) quiet() error {
	for range quietTries {
		used, err := s.watch(quietLook)
		if err != nil || used < quietMS {
			return err
		}
	}
	return nil
}

// stop ends the server and waits for it.
func (s *served) stop() error { return errors.Join(s.in.Close(), s.cmd.Wait()) }
