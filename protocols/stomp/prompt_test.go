package stomp_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
)

// smallBuffers is a listener whose sockets take little at once.
type smallBuffers struct{ net.Listener }

func (l smallBuffers) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err == nil {
		err = nc.(*net.TCPConn).SetWriteBuffer(4 << 10)
	}
	return nc, err
}

// Receipts come in the order of their frames, whoever writes them, when the
// socket takes only a part of them at once; the ERROR comes behind all of them.
func TestReceiptsInPieces(t *testing.T) {
	h := newHouse(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h.serve(smallBuffers{l}) // the house closes it
	nc, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	const frames, early = 1000, 100 // the early ones fit what a connection may have pending
	id := func(n int) string { return fmt.Sprintf("%d-%s", n, strings.Repeat("x", 1000)) }
	begun := make(chan struct{})
	// Ends when all is written, for which the client reads below, or with nc.
	go func() {
		_, _ = io.WriteString(nc, "CONNECT\naccept-version:1.2\nhost:h\n\n\x00")
		for n := range frames {
			if n == early {
				close(begun)
			}
			_, _ = fmt.Fprintf(nc, "SEND\ndestination:/queue/late\nreceipt:%s\n\n%d\x00", id(n), n)
		}
		_, _ = io.WriteString(nc, "NONSENSE\n\n\x00")
	}()
	<-begun
	r := bufio.NewReader(nc)
	next := func() string {
		f, err := r.ReadString(0)
		if err != nil {
			t.Fatalf("%v after %q", err, f)
		}
		return f
	}
	if f := next(); !strings.HasPrefix(f, "CONNECTED\n") {
		t.Fatalf("got %q", f)
	}
	for n := range frames {
		if f := strings.TrimLeft(next(), "\n"); f != "RECEIPT\nreceipt-id:"+id(n)+"\n\n\x00" {
			t.Fatalf("receipt %d: got %.60q", n, f)
		}
	}
	if f := strings.TrimLeft(next(), "\n"); !strings.HasPrefix(f, "ERROR\n") {
		t.Errorf("got %q", f)
	}
	if rest, err := io.ReadAll(r); err != nil || strings.Trim(string(rest), "\n") != "" {
		t.Errorf("behind the ERROR: %q, %v", rest, err)
	}
}
