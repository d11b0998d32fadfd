package nats

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluicemq/sluice/protocols/socket"
)

// What is added while a write is under way must not change what is being
// written, also after the writer has been idle.
func TestBuffersStayApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here, there := net.Pipe()
		o := newOutbound(here, &Limits{Pending: 1 << 20, WriteDeadline: time.Minute}, func() {})
		// The writer ends when finish is called.
		go o.write()
		for n := range 10 {
			first, second := fmt.Sprintf("first %d\r\n", n), fmt.Sprintf("SECOND %d\r\n", n)
			got := make([]byte, len(first)+len(second))
			synctest.Wait() // the writer is idle
			o.line(first)
			if _, err := io.ReadFull(there, got[:1]); err != nil { // the write is under way
				t.Fatal(err)
			}
			o.line(second)
			if _, err := io.ReadFull(there, got[1:]); err != nil {
				t.Fatal(err)
			}
			if string(got) != first+second {
				t.Fatalf("got %q", got)
			}
		}
		o.finish()
	})
}

// The crew and the writer share a socket whose peer reads late: what one leaves
// the other goes on with, in order, and nothing is pending in the end.
func TestCrewAndWriterTakeTurns(t *testing.T) {
	here, there := socketPair(t)
	o := newOutbound(here, &Limits{Pending: 64 << 20, WriteDeadline: time.Minute}, func() {})
	o.share(new(socket.Crew))
	// The writer ends when finish is called.
	go o.write()
	const lines = 20_000
	filler := strings.Repeat("x", 500)
	for n := range lines { // 10 MB: more than the system takes
		if !o.line(fmt.Sprintf("%d %s\n", n, filler)) {
			t.Fatalf("line %d was refused", n)
		}
	}
	r := bufio.NewReader(there)
	for n := range lines {
		if got, err := r.ReadString('\n'); err != nil || got != fmt.Sprintf("%d %s\n", n, filler) {
			t.Fatalf("line %d: got %.20q, %v", n, got, err)
		}
	}
	o.line("the last words\n")
	o.finish()
	if got, err := io.ReadAll(r); err != nil || string(got) != "the last words\n" {
		t.Errorf("got %q, %v", got, err)
	}
	if n := o.pending.Load(); n != 0 {
		t.Errorf("%d bytes pending", n)
	}
}

// Of a peer that does not read at all, the writer's deadline makes an end.
func TestSlowSocketIsCutOff(t *testing.T) {
	here, _ := socketPair(t)
	o := newOutbound(here, &Limits{Pending: 64 << 20, WriteDeadline: 50 * time.Millisecond}, func() {})
	o.share(new(socket.Crew))
	for range 16 { // more than the system takes
		o.line(strings.Repeat("x", 1<<20))
	}
	o.write()
	if o.line("x") {
		t.Error("a line was taken after the end")
	}
}

// Where much waits for all clients together, one for whom little waits goes on, and one for whom
// much does is cut off. What is gone is not counted.
func TestAllWaitForOneLimit(t *testing.T) {
	all := &waiting{limit: 10 << 20}
	deaf, good := newOutbound(nowhere{}, &Limits{Pending: 64 << 20}, func() {}), newOutbound(nowhere{}, &Limits{Pending: 64 << 20}, func() {})
	deaf.all, good.all = all, all
	line := strings.Repeat("x", 1<<20)
	n := 0
	for deaf.line(line) {
		n++
	}
	if n != 11 || !deaf.wasSlow() {
		t.Errorf("%d MiB were taken, want 11; slow: %v", n, deaf.wasSlow())
	}
	if !good.line(line) || good.tooMuch() {
		t.Error("the other one is cut off, too, or slowed")
	}
	if deaf.forget(); all.bytes.Load() != 1<<20 {
		t.Errorf("%d bytes are counted, want those of one", all.bytes.Load())
	}
	good.wrote(good.begin(), 1<<20, nil)
	if good.forget(); all.bytes.Load() != 0 {
		t.Errorf("%d bytes are counted in the end", all.bytes.Load())
	}
}

// nowhere is a connection to nobody.
type nowhere struct{ net.Conn }

func (nowhere) Write(p []byte) (int, error)      { return len(p), nil }
func (nowhere) SetWriteDeadline(time.Time) error { return nil }

// socketPair returns both ends of a TCP connection.
func socketPair(t *testing.T) (here, there net.Conn) {
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
