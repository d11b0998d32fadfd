package socket_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sluicemq/sluice/protocols/socket"
)

type job func()

func (j job) Flush() { j() }

// Every job is done once, those that jobs add too.
func TestCrewDoesEveryJob(t *testing.T) {
	const adders, each = 8, 500
	var crew socket.Crew
	var done atomic.Int64
	var all sync.WaitGroup
	all.Add(2 * adders * each)
	second := job(func() { done.Add(1); all.Done() })
	first := job(func() { done.Add(1); crew.Add(second); all.Done() })
	for range adders {
		// Ends by itself; all is waited for.
		go func() {
			for range each {
				crew.Add(first)
			}
		}()
	}
	all.Wait()
	if n := done.Load(); n != 2*adders*each {
		t.Errorf("%d jobs done, want %d", n, 2*adders*each)
	}
}

// A socket whose peer does not read takes some and then nothing; what it has
// taken arrives, and the rest can be written in the usual way.
func TestWriterStopsWhereThePeerDoes(t *testing.T) {
	here, there := pair(t)
	if err := errors.Join(here.(*net.TCPConn).SetWriteBuffer(64<<10), there.(*net.TCPConn).SetReadBuffer(64<<10)); err != nil {
		t.Fatal(err) // what the system gives to a connection may be more than what is written here
	}
	w := socket.NewWriter(here)
	if w == nil {
		t.Skip("sockets cannot be tried here")
	}
	want := bytes.Repeat([]byte("0123456789abcdef"), 1<<20)
	taken := 0
	for n := w.Try(want); n > 0; n = w.Try(want[taken:]) {
		taken += n
	}
	if taken == 0 || taken == len(want) {
		t.Fatalf("the socket took %d bytes of %d", taken, len(want))
	}
	written := make(chan error, 1)
	// Ends when all is read, which happens below.
	go func() {
		_, err := here.Write(want[taken:])
		written <- err
	}()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(there, got); err != nil || !bytes.Equal(got, want) {
		t.Errorf("not what was written arrived; %v", err)
	}
	if err := <-written; err != nil {
		t.Error(err)
	}
}

// A socket that is closed, and one whose time for writing is over, take nothing.
func TestWriterTakesNothing(t *testing.T) {
	here, _ := pair(t)
	w := socket.NewWriter(here)
	if w == nil {
		t.Skip("sockets cannot be tried here")
	}
	if err := here.SetWriteDeadline(time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	if n := w.Try([]byte("late")); n != 0 {
		t.Errorf("%d bytes after the deadline", n)
	}
	if err := here.SetWriteDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	if n := w.Try([]byte("again")); n != 5 {
		t.Errorf("%d bytes once the deadline is lifted, want 5", n)
	}
	here.Close()
	if n := w.Try([]byte("gone")); n != 0 {
		t.Errorf("%d bytes after Close", n)
	}
}

func TestNoSocket(t *testing.T) {
	here, there := net.Pipe()
	defer here.Close()
	defer there.Close()
	if socket.NewWriter(here) != nil {
		t.Error("a pipe is no socket")
	}
}

// pair returns both ends of a TCP connection.
func pair(t *testing.T) (here, there net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if there, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if here, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { here.Close(); there.Close() })
	return here, there
}
