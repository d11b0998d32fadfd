package rig

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
)

// NATSServer is a running nats-server with JetStream, on the loopback, with a store of its own.
type NATSServer struct {
	// Addr is where it listens.
	Addr  string
	cmd   *exec.Cmd
	log   *Log
	ended func() error
}

// StartNATSServer starts a nats-server that the go command builds once. It keeps everything in
// dir, and is killed when ctx ends; Stop ends it and waits. Where it cannot be
// had the error is ErrMissing.
func StartNATSServer(ctx context.Context, dir string) (*NATSServer, error) {
	program, err := GoProgram(ctx, natsServer, natsServerVersion)
	if err != nil {
		return nil, err
	}
	store, err := natsStore(dir)
	if err != nil {
		return nil, err
	}
	config := filepath.Join(dir, "nats.conf")
	text := fmt.Sprintf("listen: \"127.0.0.1:-1\"\njetstream { store_dir: %q }\n", store)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return nil, err
	}
	s := &NATSServer{cmd: exec.CommandContext(ctx, program, "-c", config), log: &Log{}}
	out, err := s.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	if err := s.follow(out); err != nil {
		return nil, errors.Join(err, s.Stop(), errors.New(s.log.String()))
	}
	return s, nil
}

// natsStore returns the store of a nats-server in dir. Something stands beside its streams: the
// deletion of the last one removes their directory, if that is empty, while the next is made
// in it, which then fails with 10049 (nats-server 2.15.2, server/stream.go).
func natsStore(dir string) (string, error) {
	store := filepath.Join(dir, "store")
	return store, os.MkdirAll(filepath.Join(store, "jetstream", "$G", "streams", "beside"), 0o755)
}

// follow reads what the server says to its end, and returns when it is ready.
func (s *NATSServer) follow(out io.Reader) error {
	listens := regexp.MustCompile(`Listening for client connections on (\S+)`)
	ready := regexp.MustCompile(`Server is ready`)
	lines := bufio.NewScanner(io.TeeReader(out, s.log))
	for lines.Scan() && !ready.MatchString(lines.Text()) {
		if found := listens.FindStringSubmatch(lines.Text()); found != nil {
			s.Addr = found[1]
		}
	}
	drained := make(chan struct{})
	// Ends with the server's standard error, which is when the server ends.
	go func() {
		defer close(drained)
		_, _ = io.Copy(s.log, out)
	}()
	s.ended = sync.OnceValue(func() error {
		<-drained
		return s.cmd.Wait()
	})
	if s.Addr == "" {
		return errors.New("nats-server did not start")
	}
	return nil
}

// Stop ends the server and waits until it has ended. It may be called again.
func (s *NATSServer) Stop() error {
	if err := s.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	_ = s.ended() // says that it was killed
	return nil
}
