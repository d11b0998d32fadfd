package websocket_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

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

// pieces gives what it has in pieces as long as cuts say, again and again; no cuts: at once.
type pieces struct {
	rest, cuts []byte
	i          int
}

func (c *pieces) Read(p []byte) (int, error) {
	if len(c.rest) == 0 {
		return 0, io.EOF
	}
	n := min(len(p), len(c.rest))
	if len(c.cuts) > 0 {
		n = min(n, 1+int(c.cuts[c.i%len(c.cuts)]))
		c.i++
	}
	copy(p, c.rest[:n])
	c.rest = c.rest[n:]
	return n, nil
}

// readStream returns what a WebSocket makes of in, and what it answers.
func readStream(t *testing.T, in, cuts []byte, most int64) (got, said []byte, err error) {
	t.Helper()
	o := options()
	o.Message = most
	s := &script{in: io.MultiReader(strings.NewReader(request+"\r\n"), &pieces{rest: in, cuts: cuts})}
	ws, err := websocket.Accept(s, o)
	if err != nil {
		t.Fatal(err)
	}
	s.out.Reset()
	got, err = io.ReadAll(ws)
	return got, s.out.Bytes(), err
}

// dumb reads all frames of a stream that has come to its end: what it carries, and the code of
// the close frame that it deserves, 0 for none.
func dumb(in []byte, most int64) (got []byte, code uint16) {
	var message []byte
	open, isText, size := false, false, uint64(0)
	for len(in) >= 2 {
		fin, op, n, at := in[0]&final != 0, in[0]&15, uint64(in[1]&127), 2
		control := op >= closing
		switch {
		case in[0]&0x70 != 0, op > binaries && op < closing, op > pong, in[1]&0x80 == 0, control && (!fin || n > 125):
			return got, 1002
		}
		if extra := map[uint64]int{126: 2, 127: 8}[n]; extra > 0 {
			if len(in) < 2+extra+4 {
				return got, 0
			}
			var b [8]byte
			copy(b[8-extra:], in[2:2+extra])
			least := map[int]uint64{2: 126, 8: 1 << 16}[extra]
			if n, at = binary.BigEndian.Uint64(b[:]), 2+extra; n < least || n>>63 != 0 {
				return got, 1002
			}
		}
		if len(in) < at+4 {
			return got, 0
		}
		mask := in[at : at+4]
		whole := uint64(len(in)-at-4) >= n
		payload := bytes.Clone(in[at+4:])
		if whole {
			payload = payload[:n]
		} else if control {
			return got, 0
		}
		for i := range payload {
			payload[i] ^= mask[i%4]
		}
		switch {
		case op == closing && (len(payload) == 1 || len(payload) > 1 && !sendable(binary.BigEndian.Uint16(payload))):
			return got, 1002
		case op == closing && len(payload) > 2 && !utf8.Valid(payload[2:]):
			return got, 1007
		case op == closing:
			return got, 0
		case control:
			in = in[at+4+len(payload):]
			continue
		case open == (op != continuation):
			return got, 1002
		}
		if !open {
			open, isText, size, message = true, op == text, 0, nil
		}
		if n > uint64(most) || size+n > uint64(most) {
			return got, 1009
		}
		size += n
		message = append(message, payload...)
		got = append(got, payload...)
		if isText && !utf8.Valid(message) && (whole && fin || !begins(message)) {
			return got, 1007
		}
		open = !(whole && fin)
		if !whole {
			return got, 0
		}
		in = in[at+4+len(payload):]
	}
	return got, 0
}

// begins reports whether b is UTF-8 but for a character at its end that is not complete.
func begins(b []byte) bool {
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			return !utf8.FullRune(b)
		}
		b = b[n:]
	}
	return true
}

func sendable(code uint16) bool {
	return code >= 1000 && code <= 1014 && (code < 1004 || code > 1006) || code >= 3000 && code < 5000
}

// FuzzRead reads any bytes as frames, whole and in pieces, as a dumb reader does that has them all
// before it: the same octets and the same verdict. Nothing is written back but pongs and one close frame.
func FuzzRead(f *testing.F) {
	for _, b := range [][]byte{
		frame(final|text, "hello"), frame(binaries, "\xff"), frame(final|closing, closeWith(1000, "bye")),
		append(frame(text, "a\xc3"), append(frame(final|ping, "?"), frame(final|continuation, "\xb6")...)...),
		frame(final|binaries, string(make([]byte, 300))), frame(final|text, "\xf4\x8f\xbf\xbf\xf4\x90"),
		append(frame(text, strings.Repeat("x", 600)), frame(continuation, strings.Repeat("y", 500))...),
		frame(final|closing, closeWith(1005, "")), frame(final|closing, closeWith(4000, "\xc3")),
		{final | binaries, 0x80 | 127, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4, 5}, {final | text, 0x80 | 126, 0, 5},
	} {
		f.Add(b, []byte{})
		f.Add(b, []byte{0, 2})
	}
	f.Fuzz(func(t *testing.T, in, cuts []byte) {
		const most = 1000
		got, said, err := readStream(t, in, cuts, most)
		var v *websocket.Violation
		code := uint16(0)
		if errors.As(err, &v) {
			code = v.Code
		} else if err != nil && err != io.ErrUnexpectedEOF {
			t.Fatalf("ended with %v", err)
		}
		want, wantCode := dumb(in, most)
		if code != wantCode {
			t.Fatalf("ended with %v, want code %d", err, wantCode)
		}
		// Of the octets in which a text stops being one, some may have been given out before.
		if code == 1007 && len(got) <= len(want) {
			want = want[:len(got)]
		}
		if !bytes.Equal(got, want) {
			t.Fatalf("read %q, want %q", got, want)
		}
		if code == 1009 && !strings.Contains(v.Reason, "1000") {
			t.Fatalf("the limit is not named: %s", v.Reason)
		}
		checkSaid(t, said, code)
	})
}

// checkSaid checks that a server has answered in whole frames, with a close frame of that code as
// the last one; 0: with none.
func checkSaid(t *testing.T, said []byte, code uint16) {
	t.Helper()
	for len(said) > 0 {
		n := int(said[1])
		if len(said) < 2 || n > 125 || len(said) < 2+n {
			t.Fatalf("not a frame: %q", said)
		}
		payload := said[2 : 2+n]
		if said[0] == final|closing && len(said) == 2+n && code != 0 && binary.BigEndian.Uint16(payload) == code {
			return
		}
		if said[0] != final|pong {
			t.Fatalf("said %q", said)
		}
		said = said[2+n:]
	}
	if code != 0 {
		t.Fatalf("nobody was told of %d", code)
	}
}

// FuzzMessages cuts messages into frames and these into pieces, with pings between them, and
// reads what was put in.
func FuzzMessages(f *testing.F) {
	f.Add([]byte("hello w\xc3\xb6rld"), []byte{3, 1}, []byte{0}, byte(7))
	f.Add([]byte("\xff\x00"), []byte{}, []byte{200, 1}, byte(0))
	f.Add(bytes.Repeat([]byte("x"), 70_000), []byte{255, 9}, []byte{}, byte(1))
	f.Fuzz(func(t *testing.T, message, cuts, arrival []byte, mask byte) {
		kind := binaries
		if utf8.Valid(message) && mask&1 == 0 {
			kind = text
		}
		var in []byte
		rest, pings := message, 0
		for i := 0; ; i++ {
			n := len(rest)
			if len(cuts) > 0 {
				n = min(n, int(cuts[i%len(cuts)])*int(1+mask))
			}
			if i >= 2*len(message)+len(cuts) { // cuts may be zeros
				n = len(rest)
			}
			first := kind
			if i > 0 {
				first = continuation
			}
			if n == len(rest) {
				first |= final
			}
			in = append(in, frame(first, string(rest[:n]))...)
			if rest = rest[n:]; first&final != 0 {
				break
			}
			in = append(in, frame(final|ping, string([]byte{byte(i)}))...)
			pings++
		}
		in = append(in, frame(final|closing, closeWith(1000, ""))...)
		got, said, err := readStream(t, in, arrival, int64(len(message)))
		if err != nil || !bytes.Equal(got, message) {
			t.Fatalf("read %.200q, %v, want %.200q", got, err, message)
		}
		if len(said) != 3*pings {
			t.Fatalf("%d pings answered with %.300q", pings, said)
		}
	})
}

// FuzzRequest reads any bytes as a request: what net/http cannot read, or does not ask for a WebSocket, is
// refused with the status that the error names; all answers are whole.
func FuzzRequest(f *testing.F) {
	f.Add([]byte(request + "\r\n"))
	f.Add([]byte("GET / HTTP/1.1\r\nHost: x\r\nOrigin: http://[::1]:80\r\n\r\n"))
	f.Add([]byte(request + "Origin: https://app.example.com\r\nSec-WebSocket-Protocol: v1, v2\r\n\r\n"))
	f.Add([]byte(request + strings.Repeat("a:\r\n", 2000)))
	f.Fuzz(func(t *testing.T, in []byte) {
		s := &script{in: bytes.NewReader(in)}
		o := options()
		ws, err := websocket.Accept(s, o)
		status := http.StatusSwitchingProtocols
		var r *websocket.Refused
		if errors.As(err, &r) {
			status = r.Status
		} else if err != nil || ws == nil {
			t.Fatalf("ended with %v", err)
		}
		answer, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(s.out.Bytes())), nil)
		if err != nil || answer.StatusCode != status {
			t.Fatalf("answered with %q, want %d", s.out.Bytes(), status)
		}
		if body, err := io.ReadAll(answer.Body); err != nil || status != http.StatusSwitchingProtocols && !strings.Contains(string(body), r.Sentence) {
			t.Fatalf("answered with %q, %v", body, err)
		}
		if end := bytes.Index(in, []byte("\r\n\r\n")); status == http.StatusSwitchingProtocols && end > o.HeaderBytes {
			t.Fatalf("took a header of %d bytes", end)
		}
	})
}
