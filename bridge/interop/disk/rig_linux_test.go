package disk_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sluicemq/sluice/bridge/interop/rig"
)

// patience bounds a test that hangs; none waits for it.
const patience = 5 * time.Minute

// reserve is what the store keeps free while there is next to nothing in it, in MiB.
const reserve = 512

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
	if binary, err = rig.Build(context.Background(), dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// smallDisk mounts a file system of its own, of so many MiB.
func smallDisk(t *testing.T, size int) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%dm", size)); err != nil {
		t.Skipf("no file system can be mounted here, which takes root: %v", err)
	}
	unmountAtEnd(t, dir)
	return dir
}

func unmountAtEnd(t *testing.T, dir string) {
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
}

// free returns the free bytes of a file system.
func free(t *testing.T, dir string) int64 {
	t.Helper()
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		t.Fatal(err)
	}
	return int64(s.Bavail) * s.Bsize
}

// fillUp has a foreign file take what is left, but for some MiB.
func fillUp(t *testing.T, dir string, leave int64) (path string) {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, "foreign"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	// The server may take some of it between the two calls.
	err = syscall.ENOSPC
	for ctx := within(t); errors.Is(err, syscall.ENOSPC) && ctx.Err() == nil; {
		err = syscall.Fallocate(int(f.Fd()), 0, 0, free(t, dir)-leave<<20)
	}
	if err != nil {
		t.Fatal(err)
	}
	return f.Name()
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

// server is a running server and a client of each dialect.
type server struct {
	*rig.Server
	t       *testing.T
	clients []client
}

func start(t *testing.T, dir string, flags ...string) *server {
	t.Helper()
	flags = append(flags, "--store-min-free=1") // less than the store needs itself
	s, err := rig.Start(within(t), binary, dir, flags...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Kill()
		if t.Failed() {
			t.Log(s.Log())
		}
	})
	return &server{Server: s, t: t, clients: connect(t, s.Addrs)}
}

// get fetches from the admin listener.
func (s *server) get(path string) (code int, body string) {
	s.t.Helper()
	r, err := http.Get("http://" + s.Admin + path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return r.StatusCode, string(text)
}

// awaitReady asks until /readyz says so, or that the server is not ready.
func (s *server) awaitReady(want int) (body string) {
	s.t.Helper()
	ctx := within(s.t)
	for {
		code, body := s.get("/readyz")
		if code == want {
			return body
		}
		select {
		case <-ctx.Done():
			s.t.Fatalf("/readyz stays %d: %s", code, body)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// wantFull holds a server whose disk is full to what it owes everybody.
func (s *server) wantFull() {
	s.t.Helper()
	body := s.awaitReady(http.StatusServiceUnavailable)
	for _, part := range []string{"sends are refused", "receives and acks go on", "disk is nearly full", "MiB free", "MiB needed"} {
		if !strings.Contains(body, part) {
			s.t.Errorf("/readyz says %s, without %q", body, part)
		}
	}
	if code, body := s.get("/livez"); code != http.StatusOK {
		s.t.Errorf("/livez: %d %s", code, body)
	}
	if _, body := s.get("/metrics"); !strings.Contains(body, `sluice_refusing{reason="disk_full"} 1`) || !strings.Contains(body, "sluice_up 0") {
		s.t.Error("/metrics do not say that the disk is full")
	}
	for _, c := range s.clients {
		c.wantRefused(s.t, c.send("refused"))
	}
}

// sendAll has every client send a message.
func (s *server) sendAll(text string) (bodies []string) {
	s.t.Helper()
	for _, c := range s.clients {
		body := text + " by " + c.name()
		if err := c.send(body); err != nil {
			s.t.Fatalf("%s: %v", c.name(), err)
		}
		bodies = append(bodies, body)
	}
	return bodies
}

// takeAll has every client receive a message and have its ack confirmed.
func (s *server) takeAll(want map[string]bool) {
	s.t.Helper()
	for _, c := range s.clients {
		body, err := c.take()
		if err != nil {
			s.t.Fatalf("%s: %v", c.name(), err)
		}
		s.took(want, body)
	}
}

// took strikes a message from those that are wanted.
func (s *server) took(want map[string]bool, body string) {
	s.t.Helper()
	if !want[body] {
		s.t.Errorf("received %.40q, which nobody waits for", body)
	}
	delete(want, body)
}

// drain takes all that is wanted, and looks whether there is more.
func (s *server) drain(want map[string]bool) {
	s.t.Helper()
	c := s.clients[0].(*natsClient)
	for {
		bodies, err := c.takeMany(100)
		if err != nil {
			s.t.Fatal(err)
		}
		if len(bodies) == 0 {
			break
		}
		for _, b := range bodies {
			s.took(want, b)
		}
	}
	if len(want) > 0 {
		s.t.Errorf("%d messages that were confirmed are lost", len(want))
	}
}
