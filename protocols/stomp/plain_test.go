package stomp_test

import (
	"net"
	"testing"

	"github.com/sluicemq/sluice/protocols/stomp"
)

// from has what a listener accepts come from another address.
type from struct {
	net.Listener
	addr net.Addr
}

func (f from) Accept() (net.Conn, error) {
	nc, err := f.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return comes{nc, f.addr}, nil
}

type comes struct {
	net.Conn
	addr net.Addr
}

func (c comes) RemoteAddr() net.Addr { return c.addr }

// Who may do without TLS is a matter of where he comes from. Who may not hears of it before the login is looked at, in
// a WebSocket, too; TLS is taken from everywhere.
func TestWhoMayBePlain(t *testing.T) {
	here, mapped := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 9)}, &net.TCPAddr{IP: net.ParseIP("::ffff:127.0.0.1")}
	away := &net.TCPAddr{IP: net.ParseIP("2001:db8::7")}
	for _, tt := range map[string]struct {
		plain stomp.Plain
		addr  net.Addr
		ok    bool
	}{
		"all, here": {stomp.PlainFromAll, here, true}, "all, away": {stomp.PlainFromAll, away, true},
		"here, here": {stomp.PlainFromHere, here, true}, "here, mapped": {stomp.PlainFromHere, mapped, true}, "here, away": {stomp.PlainFromHere, away, false},
		"nobody, here": {stomp.PlainFromNobody, here, false}, "nobody, away": {stomp.PlainFromNobody, away, false},
	} {
		h := newHouse(t, withTLS(t), func(s *houseSettings) { s.options.Plain = tt.plain })
		l, err := net.Listen("tcp", "127.0.0.1:0")
		must(t, err)
		served := make(chan error, 1)
		// Ends with the house, whose gateway closes the listener.
		go func() { served <- h.gateway.Serve(from{l, tt.addr}) }()
		t.Cleanup(func() {
			l.Close()
			<-served
		})
		dial := func() net.Conn {
			nc, err := net.Dial("tcp", l.Addr().String())
			must(t, err)
			return nc
		}
		newClient(t, dialTLS(t, l.Addr().String(), trusting())).login("1.2")
		for _, nc := range []net.Conn{dial(), openWeb(t, dial(), wsText)} {
			c := newClient(t, nc)
			c.send("CONNECT\naccept-version:1.2\nhost:x\n\n^@")
			if tt.ok {
				c.expect("CONNECTED")
			} else {
				c.expectError("TLS is required", "went unencrypted")
			}
		}
	}
}
