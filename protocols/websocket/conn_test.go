package websocket_test

import (
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/sluicemq/sluice/protocols/websocket"
)

// Messages are a stream, whatever kinds they are of and however they are cut; control
// frames may stand between the fragments of one.
func TestMessagesAreAStream(t *testing.T) {
	ws, c := open(t, options())
	c.frame(final|text, "one ")
	c.frame(final|text, "")
	c.frame(binaries, "two\x00\xff ")
	c.frame(final|ping, "are you there?")
	c.frame(continuation, "")
	c.frame(continuation, "and ")
	c.frame(final|continuation, "three ")
	c.frame(text, "w\xc3") // a character in two fragments
	c.frame(final|continuation, "\xb6rld")
	c.frame(final|pong, "nobody asked")
	c.frame(final|text, strings.Repeat("x", 1000))
	c.frame(final|text, strings.Repeat("y", 70_000))
	read(t, ws, "one two\x00\xff and three wörld"+strings.Repeat("x", 1000)+strings.Repeat("y", 70_000))
	c.expect(final|pong, "are you there?")
}

// However TCP cuts the bytes, the same is read.
func TestBytesComeOneByOne(t *testing.T) {
	here, there := net.Pipe()
	t.Cleanup(func() { here.Close(); there.Close() })
	message := strings.Repeat("wörld ", 30)
	// Ends when all is written, which is read below.
	go func() {
		c := &client{t: t, nc: there}
		for _, b := range []byte(request + "\r\n") {
			c.write([]byte{b})
		}
		_, _ = io.ReadFull(there, make([]byte, 129)) // the answer
		for _, b := range append(frame(text, message), frame(final|continuation, message)...) {
			c.write([]byte{b})
		}
	}()
	ws, err := websocket.Accept(here, options())
	if err != nil {
		t.Fatal(err)
	}
	read(t, iotest.OneByteReader(ws), message+message)
}

// A read that its deadline ends can be repeated, in the middle of any frame.
func TestReadGoesOnAfterItsDeadline(t *testing.T) {
	ws, c := open(t, options())
	all := append(frame(text, "half"), frame(final|ping, "p")...)
	all = append(all, frame(final|continuation, " and half")...)
	got := ""
	b := make([]byte, 100)
	for _, x := range all {
		if err := ws.SetReadDeadline(time.Unix(1, 0)); err != nil {
			t.Fatal(err)
		}
		if n, err := ws.Read(b); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("%d, %v", n, err)
		}
		c.write([]byte{x})
		if err := ws.SetReadDeadline(time.Now().Add(time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		n, _ := ws.Read(b)
		got += string(b[:n])
	}
	if err := ws.SetReadDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	read(t, ws, "half and half"[len(got):])
}

// What a client may not do is answered with a close frame that says so.
func TestViolations(t *testing.T) {
	o := options()
	o.Message = 1000
	long := func(first byte, second byte, more ...byte) string {
		return string(append([]byte{first, 0x80 | second}, append(more, 0, 0, 0, 0)...))
	}
	for name, tt := range map[string]struct {
		bytes string
		code  uint16
		word  string
	}{
		"unmasked":              {"\x81\x01x", 1002, "masked"},
		"reserved bits":         {string(frame(final|text|0x40, "x")), 1002, "reserved"},
		"unknown data opcode":   {string(frame(final|3, "x")), 1002, "opcode"},
		"unknown control":       {string(frame(final|11, "x")), 1002, "opcode"},
		"fragmented ping":       {string(frame(ping, "x")), 1002, "fragmented"},
		"long ping":             {string(frame(final|ping, strings.Repeat("x", 126))), 1002, "125"},
		"stray continuation":    {string(frame(final|continuation, "x")), 1002, "continuation"},
		"message in a message":  {string(frame(text, "x")) + string(frame(final|text, "x")), 1002, "inside"},
		"no UTF-8":              {string(frame(final|text, "\xff")), 1007, "UTF-8"},
		"half a character":      {string(frame(final|text, "\xc3")), 1007, "character"},
		"no UTF-8 in fragments": {string(frame(text, "\xc3")) + string(frame(final|continuation, "x")), 1007, "UTF-8"},
		"wide length":           {long(final|binaries, 126, 0, 5), 1002, "length"},
		"wider length":          {long(final|binaries, 127, 0, 0, 0, 0, 0, 0, 0, 5), 1002, "length"},
		"negative length":       {long(final|binaries, 127, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), 1002, "length"},
		"huge length":           {long(final|binaries, 127, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), 1009, "1000"},
		"long message":          {string(frame(final|text, strings.Repeat("x", 1001))), 1009, "1000"},
		"long in fragments":     {string(frame(text, strings.Repeat("x", 600))) + string(frame(final|continuation, strings.Repeat("x", 401))), 1009, "1000"},
		"close of one octet":    {string(frame(final|closing, "x")), 1002, "code"},
		"close code 1005":       {string(frame(final|closing, closeWith(1005, ""))), 1002, "code"},
		"close code 5000":       {string(frame(final|closing, closeWith(5000, ""))), 1002, "code"},
		"close with no UTF-8":   {string(frame(final|closing, closeWith(1000, "\xff"))), 1007, "UTF-8"},
	} {
		t.Run(name, func(t *testing.T) {
			ws, c := open(t, o)
			c.write([]byte(tt.bytes))
			_, err := io.Copy(io.Discard, ws)
			var v *websocket.Violation
			if !errors.As(err, &v) || v.Code != tt.code || !strings.Contains(v.Reason, tt.word) {
				t.Fatalf("got %v, want %d and a word of %q", err, tt.code, tt.word)
			}
			if n, again := ws.Read(make([]byte, 1)); n != 0 || again != err {
				t.Errorf("read again: %d, %v", n, again)
			}
			c.expect(final|closing, closeWith(tt.code, v.Reason))
			if _, err := ws.Write([]byte("x\n")); !errors.Is(err, net.ErrClosed) {
				t.Errorf("written after the end: %v", err)
			}
		})
	}
}

// The client closes; what was still to be said is said, and then its code comes back.
func TestClientCloses(t *testing.T) {
	for sent, back := range map[string]uint16{"": 1000, closeWith(1001, "going"): 1001, closeWith(4321, ""): 4321} {
		ws, c := open(t, options())
		c.frame(final|text, "last")
		c.frame(final|closing, sent)
		if b, err := io.ReadAll(ws); err != nil || string(b) != "last" {
			t.Fatalf("%q, %v", b, err)
		}
		if _, err := ws.Write([]byte("answer\n")); err != nil {
			t.Fatal(err)
		}
		if err := ws.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		c.expect(final|text, "answer\n")
		c.expect(final|closing, closeWith(back, ""))
		c.expectEnd()
	}
}

func TestServerCloses(t *testing.T) {
	ws, c := open(t, options())
	if err := ws.GoAway(); err != nil {
		t.Fatal(err)
	}
	if err := ws.CloseWrite(); err != nil {
		t.Error(err)
	}
	c.expect(final|closing, closeWith(1001, ""))
	c.expectEnd()
}

// The stream that ends without a close frame ends early inside of a message only.
func TestStreamEnds(t *testing.T) {
	for in, want := range map[string]error{
		"":                         io.EOF,
		string(frame(text, "x")):   io.ErrUnexpectedEOF,
		"\x81":                     io.ErrUnexpectedEOF,
		"\x81\x81":                 io.ErrUnexpectedEOF,
		"\x89\x81abcd":             io.ErrUnexpectedEOF,
		"\x81\x82\x00\x00\x00\x00": io.ErrUnexpectedEOF,
	} {
		ws, c := open(t, options())
		c.write([]byte(in))
		if err := c.nc.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		var err error
		for b := make([]byte, 10); err == nil; {
			_, err = ws.Read(b)
		}
		if err != want {
			t.Errorf("%q ends with %v, want %v", in, err, want)
		}
	}
}

// Each piece that Cut names is a message, of the kind of the client's first; what is
// no text goes out as binary.
func TestKindOfMessages(t *testing.T) {
	for _, kind := range []byte{text, binaries} {
		ws, c := open(t, options())
		c.frame(final|kind, "x")
		c.frame(final|(text+binaries-kind), "x") // changes nothing
		read(t, ws, "xx")
		if _, err := ws.Write([]byte("one\nzw\xc3\xb6i\n\xff\nthree\n")); err != nil {
			t.Fatal(err)
		}
		c.expect(final|kind, "one\n")
		c.expect(final|kind, "zw\xc3\xb6i\n")
		c.expect(final|binaries, "\xff\n")
		c.expect(final|kind, "three\n")
	}
}

// A server that speaks first, and is to speak binary, does so whatever the client sends.
func TestBinaryFromTheBeginning(t *testing.T) {
	o := options()
	o.Binary = true
	ws, c := open(t, o)
	for range 2 {
		if _, err := ws.Write([]byte("one\n")); err != nil {
			t.Fatal(err)
		}
		c.expect(final|binaries, "one\n")
		c.frame(final|text, "x")
		read(t, ws, "x")
	}
}

// A message in many writes is one of many frames. A character is not cut in two, and a
// text that turns out to be none goes on as binary.
func TestMessageInPieces(t *testing.T) {
	ws, c := open(t, options())
	for _, p := range []string{"a\xe2", "\x82", "\xac b", "", "c\n", "d\xf0\x9f", "\xff", "e\n", "f\xc3", "\n"} {
		if n, err := ws.Write([]byte(p)); n != len(p) || err != nil {
			t.Fatal(n, err)
		}
	}
	c.expect(text, "a")
	c.expect(continuation, "")
	c.expect(continuation, "€ b")
	c.expect(final|continuation, "c\n")
	c.expect(text, "d")
	c.expect(final|continuation, "")
	c.expect(binaries, "\xf0\x9f\xff")
	c.expect(final|continuation, "e\n")
	c.expect(text, "f")
	c.expect(final|continuation, "")
	c.expect(final|binaries, "\xc3\n")
}

// Pings are answered while somebody writes, between whole frames.
func TestPongsAmongMessages(t *testing.T) {
	ws, c := open(t, options())
	const rounds = 300
	line := strings.Repeat("x", 5000) + "\n"
	// Ends with the loop below, which reads all of it.
	go func() {
		for range rounds {
			if _, err := ws.Write([]byte(line)); err != nil {
				t.Error(err)
			}
		}
	}()
	// Ends with the connection.
	go func() { _, _ = io.Copy(io.Discard, ws) }()
	pongs, lines := 0, 0
	for lines < rounds || pongs == 0 {
		if lines%10 == 0 {
			c.frame(final|ping, "still there?")
		}
		switch f, p := c.next(); {
		case f == final|pong && p == "still there?":
			pongs++
		case f == final|text && p == line:
			lines++
		default:
			t.Fatalf("got %#x of %d octets", f, len(p))
		}
	}
}

// What a client claims takes no memory, nor does what it sends and nobody keeps.
func TestMemoryIsBounded(t *testing.T) {
	o := options()
	o.Message = 1 << 40
	ws, c := open(t, o)
	c.write([]byte{final | binaries, 0x80 | 127, 0, 0, 0, 0xff, 0, 0, 0, 0, 0, 0, 0, 0})
	piece := make([]byte, 64<<10)
	b := make([]byte, len(piece))
	allocated := testing.AllocsPerRun(20, func() {
		c.write(piece)
		if _, err := io.ReadFull(ws, b); err != nil {
			t.Fatal(err)
		}
	})
	if allocated > 0 {
		t.Errorf("%v allocations a piece", allocated)
	}
}

// Text is text however it is cut.
func TestTextInAnyPieces(t *testing.T) {
	const all = "a€ö\U0001F600z߿ࠀ￿\U00010000\U0010FFFF"
	for range 200 {
		ws, c := open(t, options())
		rest, first := all, text
		for len(rest) > 0 {
			n := 1 + rand.IntN(len(rest))
			if n == len(rest) {
				first |= final
			}
			c.frame(first, rest[:n])
			rest, first = rest[n:], continuation
		}
		read(t, ws, all)
		ws.Close()
		c.nc.Close()
	}
}
