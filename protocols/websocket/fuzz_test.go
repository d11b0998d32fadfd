package websocket_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/sluicemq/sluice/protocols/websocket"
)

// script is a connection whose client has said everything already.
type script struct {
	net.Conn // nil: nothing else is called
	in       io.Reader
	out      bytes.Buffer
}

func (s *script) Read(p []byte) (int, error)       { return s.in.Read(p) }
func (s *script) Write(p []byte) (int, error)      { return s.out.Write(p) }
func (s *script) SetWriteDeadline(time.Time) error { return nil }

// FuzzRead reads any bytes as frames. What comes out is never longer than what came
// in, a text message is UTF-8, and it ends with an end or a violation.
func FuzzRead(f *testing.F) {
	for _, b := range [][]byte{
		frame(final|text, "hello"), frame(binaries, "\xff"), frame(final|closing, closeWith(1000, "bye")),
		append(frame(text, "a\xc3"), append(frame(final|ping, "?"), frame(final|continuation, "\xb6")...)...),
		frame(final|binaries, string(make([]byte, 300))),
	} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		o := options()
		o.Message = 100_000
		s := &script{in: io.MultiReader(bytes.NewReader([]byte(request+"\r\n")), bytes.NewReader(in))}
		ws, err := websocket.Accept(s, o)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(ws)
		var v *websocket.Violation
		if err != nil && err != io.ErrUnexpectedEOF && !errors.As(err, &v) {
			t.Errorf("ended with %v", err)
		}
		if len(got) > len(in) {
			t.Errorf("%d bytes out of %d", len(got), len(in))
		}
	})
}

// FuzzRequest reads any bytes as a request.
func FuzzRequest(f *testing.F) {
	f.Add([]byte(request + "\r\n"))
	f.Add([]byte("GET / HTTP/1.1\r\nHost: x\r\nOrigin: http://[::1]:80\r\n\r\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		s := &script{in: bytes.NewReader(in)}
		_, err := websocket.Accept(s, options())
		var r *websocket.Refused
		if err != nil && !errors.As(err, &r) {
			t.Errorf("ended with %v", err)
		}
		if !bytes.HasPrefix(s.out.Bytes(), []byte("HTTP/1.1 ")) {
			t.Errorf("answered with %q", s.out.Bytes())
		}
	})
}
