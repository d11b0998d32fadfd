package stomp

import (
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/sluicemq/sluice/bridge/conformance"
)

// A server that hangs, or goes, fails each check within its time, and the next one runs.
func TestDeadServers(t *testing.T) {
	for name, serve := range map[string]func(net.Conn){
		"hangs":    func(nc net.Conn) { _, _ = io.Copy(io.Discard, nc) },
		"goes":     func(nc net.Conn) {},
		"babbles":  func(nc net.Conn) { _, _ = io.WriteString(nc, "HTTP/1.1 400 Bad Request\n\n") },
		"floods":   func(nc net.Conn) { _, _ = io.WriteString(nc, "CONNECTED\n"+strings.Repeat("a:b\n", 1<<20)) },
		"promises": func(nc net.Conn) { _, _ = io.WriteString(nc, "CONNECTED\ncontent-length:2000000000\n\n") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := Run(t.Context(), Options{
				Addr: serveWith(t, serve), Only: []string{"send.", "errors.close"}, Timeout: time.Second, Parallel: 32,
			})
			if err != nil {
				t.Fatal(err)
			}
			if n := r.Count(conformance.Fail); n == 0 || n != len(r.Results) || r.Err() == nil {
				t.Errorf("%d of %d fail: %v", n, len(r.Results), r.Err())
			}
		})
	}
}

// serveWith serves every client with a function, until the test ends.
func serveWith(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	// Ends when the listener is closed.
	go func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			// Ends when the kit closes the connection.
			go func() {
				serve(nc)
				_ = nc.Close()
			}()
		}
	}()
	return l.Addr().String()
}

func TestRunRefuses(t *testing.T) {
	fake := startFake(t)
	client, err := net.Dial("tcp", fake) // whose port nobody else can have, and nobody listens on
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for _, tt := range []struct {
		o    Options
		want string
	}{
		{Options{Addr: "nowhere"}, "address nowhere: missing port in address: it must be host:port"},
		{Options{Addr: fake, Versions: []string{"2.0"}}, `no version "2.0"`},
		{Options{Addr: fake, Only: []string{"ack", "nonsense.x"}}, "no check is called nonsense.x"},
		{Options{Addr: client.LocalAddr().String()}, "refused"},
		{Options{Addr: fake, Login: "nobody", Passcode: "wrong"}, "does not let the kit in"},
	} {
		r, err := Run(t.Context(), tt.o)
		if err == nil || r != nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: got %v, want %q", tt.o, err, tt.want)
		}
	}
}

// A version that the server does not connect is not judged.
func TestVersionThatIsNotThere(t *testing.T) {
	r := kit(t, startFake(t, "only-1.2"), Options{Only: []string{"connect.connected"}})
	got := ""
	for _, x := range r.Results {
		got += x.Version + " " + string(x.Outcome) + ", "
	}
	if got != "1.0 skipped, 1.1 skipped, 1.2 pass, " {
		t.Error(got)
	}
}
