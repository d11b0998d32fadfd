package bridge

import (
	"errors"
	"net"
	"os"
	"testing"
	"time"

	"github.com/sluicemq/sluice/bridge/config"
)

// Who does not read has the system keep little for him.
func TestUnsentIsBounded(t *testing.T) {
	c := config.Default()
	l, err := listenOn(t.Context(), &c, config.Listener{Key: "stomp_addr", Addr: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	nc, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if err := nc.(*net.TCPConn).SetReadBuffer(4 << 10); err != nil {
		t.Fatal(err)
	}
	served, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer served.Close()
	if n := fill(t, served); n > 2*unsentBytes {
		t.Errorf("%d bytes were taken for a client that reads none", n)
	}
}

// fill writes until nothing more is taken, and returns how much was.
func fill(t *testing.T, nc net.Conn) (taken int) {
	t.Helper()
	chunk := make([]byte, 16<<10)
	for {
		_ = nc.SetWriteDeadline(time.Now().Add(time.Second))
		n, err := nc.Write(chunk)
		taken += n
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return taken
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
