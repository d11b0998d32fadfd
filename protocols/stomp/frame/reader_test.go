package frame_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/sluicemq/sluice/protocols/stomp/frame"
)

var limits = frame.Limits{Headers: 10, HeaderBytes: 400, Body: 1000}

func reader(s string, v frame.Version) *frame.Reader {
	r := frame.NewReader(strings.NewReader(s), limits)
	r.SetVersion(v)
	return r
}

// show writes a frame on one line.
func show(f frame.Frame) string {
	var b strings.Builder
	b.WriteString(f.Command)
	for _, h := range f.Headers {
		fmt.Fprintf(&b, " %s=%q", h.Name, h.Value)
	}
	if len(f.Body) > 0 {
		fmt.Fprintf(&b, " %q", f.Body)
	}
	return b.String()
}

const (
	any0 = frame.Unnegotiated
	v10  = frame.V10
	v11  = frame.V11
	v12  = frame.V12
)

func TestReaderReads(t *testing.T) {
	tests := []struct {
		name  string
		v     frame.Version
		in    string
		frame string
	}{
		{"plain", v12, "SEND\ndestination:/queue/a\n\nhello\x00", `SEND destination="/queue/a" "hello"`},
		{"no headers", v12, "DISCONNECT\n\n\x00", `DISCONNECT`},
		{"line ends before", v12, "\n\r\n\nDISCONNECT\n\n\x00", `DISCONNECT`},
		{"line ends before, 1.1", v11, "\n\r\n\nDISCONNECT\n\n\x00", `DISCONNECT`},
		{"CR LF in 1.2", v12, "SEND\r\na:b\r\n\r\nx\r\n\x00", `SEND a="b" "x\r\n"`},
		{"CR LF in 1.0", v10, "SEND\r\na:b\r\n\r\nx\x00", `SEND a="b" "x"`},
		{"CR LF before negotiation", any0, "CONNECT\r\naccept-version:1.2\r\n\r\n\x00", `CONNECT accept-version="1.2"`},
		{"CR is kept in 1.1", v11, "SEND\na:b\r\n\nx\x00", `SEND a="b\r" "x"`},
		{"content-length with NULs", v12, "SEND\ncontent-length:3\n\n\x00a\x00\x00", `SEND content-length="3" "\x00a\x00"`},
		{"content-length 0", v12, "SEND\ncontent-length:0\n\n\x00", `SEND content-length="0"`},
		{"content-length on any frame", v12, "BEGIN\ntransaction:t\ncontent-length:0\n\n\x00", `BEGIN transaction="t" content-length="0"`},
		{"first content-length wins", v12, "SEND\ncontent-length:1\ncontent-length:2\n\na\x00", `SEND content-length="1" "a"`},
		{"repeated header", v12, "MESSAGE\nfoo:World\nfoo:Hello\n\n\x00", `MESSAGE foo="World"`},
		{"repeated by escape", v12, "MESSAGE\na\\cb:1\na\\cb:2\n\n\x00", `MESSAGE a:b="1"`},
		{"escapes 1.2", v12, `SEND` + "\n" + `a\cb\\\n\r:\\n\c\r` + "\n\n\x00", `SEND a:b\` + "\n\r" + `="\\n:\r"`},
		{"escapes 1.1", v11, "SEND\na\\cb:\\\\x\\n\n\n\x00", `SEND a:b="\\x\n"`},
		{"no escapes in 1.0", v10, "SEND\na:\\c\\t\n\n\x00", `SEND a="\\c\\t"`},
		{"no escapes in CONNECT", v12, "CONNECT\npasscode:a\\cb\\\n\n\x00", `CONNECT passcode="a\\cb\\"`},
		{"no escapes in STOMP", any0, "STOMP\naccept-version:1.2\npasscode:a\\c\n\n\x00", `STOMP accept-version="1.2" passcode="a\\c"`},
		{"no escapes in CONNECTED", v12, "CONNECTED\nserver:a\\b\n\n\x00", `CONNECTED server="a\\b"`},
		{"colons in a value", v12, "SEND\na:b:c:\n\n\x00", `SEND a="b:c:"`},
		{"empty value", v12, "SEND\na:\n\n\x00", `SEND a=""`},
		{"spaces stay in 1.1", v11, "SEND\n a : b \n\n\x00", `SEND  a =" b "`},
		{"spaces stay in 1.2", v12, "SEND\na: b \n\n\x00", `SEND a=" b "`},
		{"spaces go in 1.0", v10, "SEND\n a : b c \n\n\x00", `SEND a="b c"`},
		{"spaces go in CONNECT of 1.0", any0, "CONNECT\nlogin: me\npasscode: you \n\n\x00", `CONNECT login="me" passcode="you"`},
		{"spaces stay in CONNECT of 1.1", any0, "CONNECT\npasscode: you \naccept-version:1.1\n\n\x00", `CONNECT passcode=" you " accept-version="1.1"`},
		{"trimmed twins", any0, "CONNECT\na:1\n a:2\n\n\x00", `CONNECT a="1"`},
		{"body is not trimmed", v12, "SEND\n\n\n a \n\x00", `SEND "\n a \n"`},
		{"line end for a body", v12, "BEGIN\ntransaction:t\n\n\n\r\n\x00", `BEGIN transaction="t" "\n\r\n"`},
		{"body of SUBSCRIBE in 1.0", v10, "SUBSCRIBE\ndestination:a\n\nnoise\x00", `SUBSCRIBE destination="a" "noise"`},
		{"the standard's DISCONNECT", v12, "DISCONNECT\nreceipt:77\n\x00", `DISCONNECT receipt="77"`},
		{"not UTF-8 in 1.0", v10, "SEND\na:\xff\n\n\x00", `SEND a="\xff"`},
		{"body is not UTF-8", v12, "SEND\n\n\xff\x00", `SEND "\xff"`},
		{"unknown command", v12, "GREET\n\n\x00", `GREET`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, split := range []func(io.Reader) io.Reader{same, iotest.OneByteReader} {
				r := frame.NewReader(split(strings.NewReader(tt.in)), limits)
				r.SetVersion(tt.v)
				f, err := r.Read()
				if err != nil {
					t.Fatalf("Read(%q): %v", tt.in, err)
				}
				if got := show(f); got != tt.frame {
					t.Errorf("Read(%q)\n got %s\nwant %s", tt.in, got, tt.frame)
				}
				if _, err := r.Read(); err != io.EOF {
					t.Errorf("after %q: error %v, want EOF", tt.in, err)
				}
			}
		})
	}
}

func same(r io.Reader) io.Reader { return r }

func TestReaderRefuses(t *testing.T) {
	tests := []struct {
		name  string
		v     frame.Version
		in    string
		error string
	}{
		{"undefined escape", v12, "SEND\na:\\t\n\n\x00", `\\t`},
		{"undefined escape in a name", v12, "SEND\na\\t:\n\n\x00", `\\t`},
		{"backslash at the end", v12, "SEND\na:b\\\n\n\x00", `"\\" is not an escape`},
		{"\\r in 1.1", v11, "SEND\na:\\r\n\n\x00", `is not an escape of STOMP 1.1`},
		{"no colon", v12, "SEND\ndestination\n\n\x00", `"destination" has no colon`},
		{"no name", v12, "SEND\n:a\n\n\x00", `":a" has no name`},
		{"only padding for a name in 1.0", v10, "SEND\n :a\n\n\x00", `has no name`},
		{"NUL in the command", v12, "SE\x00ND\n\n\x00", "NUL octet in the command line"},
		{"NUL in a header", v12, "SEND\na:b\x00\n\n\x00", "NUL octet in the command and headers"},
		{"NUL in a header without a line end", v12, "SEND\na:b\x00", "NUL octet in the command and headers"},
		{"NUL for the blank line of SEND", v12, "SEND\na:b\n\x00", "before the blank line"},
		{"a NUL too many", v12, "DISCONNECT\n\n\x00\x00", "NUL octet in the command line"},
		{"lower case command", v12, "send\n\n\x00", `"send" is not a command`},
		{"HTTP", any0, "GET / HTTP/1.1\r\n\r\n", `"GET / HTTP/1.1" is not a command`},
		{"TLS", any0, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\n", "NUL octet in the command line"},
		{"padded command", v12, "SEND \n\n\x00", `"SEND " is not a command`},
		{"long command", v12, strings.Repeat("A", 100), "more than 32 bytes"},
		{"CR alone between frames", v12, "\rSEND\n\n\x00", "not followed by a line feed"},
		{"CR in a header of 1.2", v12, "SEND\na:b\rc\n\n\x00", "not followed by a line feed"},
		{"two CRs in 1.2", v12, "SEND\na:b\r\r\n\n\x00", "not followed by a line feed"},
		{"CR after the command in 1.1", v11, "SEND\r\n\n\x00", `"SEND\r" is not a command`},
		{"too many headers", v12, "SEND\n" + strings.Repeat("a:b\n", 11) + "\n\x00", "more than 10 header lines"},
		{"long header", v12, "SEND\na:" + strings.Repeat("x", 500), "more than 400 bytes"},
		{"long headers", v12, "SEND\n" + strings.Repeat("a:"+strings.Repeat("x", 90)+"\n", 5) + "\n\x00", "more than 400 bytes"},
		{"body over the limit", v12, "SEND\n\n" + strings.Repeat("x", 1001), "more than 1000 bytes"},
		{"content-length over the limit", v12, "SEND\ncontent-length:1001\n\n", "over the limit of 1000 bytes"},
		{"content-length over 32 bits", v12, "SEND\ncontent-length:4294967299\n\nabc\x00", "over the limit of 1000 bytes"},
		{"content-length over 64 bits", v12, "SEND\ncontent-length:18446744073709551619\n\nabc\x00", "over the limit of 1000 bytes"},
		{"negative content-length", v12, "SEND\ncontent-length:-1\n\n\x00", `"-1" is not a number`},
		{"signed content-length", v12, "SEND\ncontent-length:+1\n\na\x00", `"+1" is not a number`},
		{"padded content-length", v12, "SEND\ncontent-length: 1\n\na\x00", `" 1" is not a number`},
		{"empty content-length", v12, "SEND\ncontent-length:\n\n\x00", "is empty"},
		{"body longer than its length", v12, "SEND\ncontent-length:2\n\nabc\x00", "no NUL octet after the 2 bytes"},
		{"length of a frame without blank line", v12, "BEGIN\ntransaction:t\ncontent-length:1\n\x00", "ends with its headers"},
		{"body of ACK", v12, "ACK\nid:1\n\nx\x00", "ACK frame must not have a body"},
		{"body of SUBSCRIBE in 1.1", v11, "SUBSCRIBE\nid:1\n\nnoise\x00", "must not have a body"},
		{"body of CONNECT over its headers' limit", any0, "CONNECT\ncontent-length:500\n\n", "over the limit of 400 bytes"},
		{"not UTF-8", v12, "SEND\na:\xff\n\n\x00", "not UTF-8"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := reader(tt.in, tt.v).Read()
			for err == nil { // the second frame of the input is the bad one
				r := reader(tt.in, tt.v)
				_, _ = r.Read()
				_, err = r.Read()
			}
			var bad *frame.FormatError
			if !errors.As(err, &bad) {
				t.Fatalf("Read(%q): %v, want a FormatError", tt.in, err)
			}
			if !strings.Contains(err.Error(), tt.error) {
				t.Errorf("Read(%q)\n got %v\nwant …%s…", tt.in, err, tt.error)
			}
		})
	}
}

func TestReaderSeesTheEndInsideAFrame(t *testing.T) {
	const whole = "SEND\r\na:b\ncontent-length:3\n\nabc\x00"
	for n := 1; n < len(whole); n++ {
		if _, err := reader(whole[:n], v12).Read(); err != io.ErrUnexpectedEOF {
			t.Errorf("Read(%q): %v, want unexpected EOF", whole[:n], err)
		}
	}
	if _, err := reader("SEND\n\nabc", v12).Read(); err != io.ErrUnexpectedEOF {
		t.Errorf("body without end: %v, want unexpected EOF", err)
	}
}

func TestReaderReturnsTheHeadersOfAFrameWithABadBody(t *testing.T) {
	f, err := reader("SEND\nreceipt:r1\ncontent-length:9999\n\n", v12).Read()
	if err == nil {
		t.Fatal("no error")
	}
	if id, _ := f.Header("receipt"); id != "r1" {
		t.Errorf("frame %s: receipt %q, want r1", show(f), id)
	}
}

func TestReaderReadsFrameAfterFrame(t *testing.T) {
	r := reader("SEND\na:1\n\nx\x00\n\nSEND\na:2\n\ny\x00SEND\na:3\n\n\x00", v12)
	for _, want := range []string{`SEND a="1" "x"`, `SEND a="2" "y"`, `SEND a="3"`} {
		f, err := r.Read()
		if err != nil || show(f) != want {
			t.Fatalf("got %s, %v; want %s", show(f), err, want)
		}
	}
}

// A frame's strings and body are the caller's: they outlive the next Read.
func TestReaderGivesStringsAndBodyAway(t *testing.T) {
	r := reader("SEND\nname:first\n\none\x00SEND\nname:again\n\ntwo\x00", v12)
	f, err := r.Read()
	if err != nil {
		t.Fatal(err)
	}
	h, body := f.Headers[0], f.Body
	if _, err := r.Read(); err != nil {
		t.Fatal(err)
	}
	if h != (frame.Header{Name: "name", Value: "first"}) || string(body) != "one" {
		t.Errorf("after the next Read: %v %q", h, body)
	}
}

// stingy serves what it has and then says that there is no more, and notes the
// largest read that it was asked for.
type stingy struct {
	data    io.Reader
	largest int
}

func (s *stingy) Read(p []byte) (int, error) {
	s.largest = max(s.largest, len(p))
	return s.data.Read(p)
}

// A peer that names a large body and sends none of it gets little memory for it.
func TestReaderTakesNoMemoryForAPromise(t *testing.T) {
	const claimed = 100 << 20
	src := &stingy{data: strings.NewReader("SEND\ncontent-length:104857600\n\nabc")}
	r := frame.NewReader(src, frame.Limits{Headers: 10, HeaderBytes: 400, Body: claimed})
	if _, err := r.Read(); err != io.ErrUnexpectedEOF {
		t.Fatalf("error %v, want unexpected EOF", err)
	}
	if src.largest > 64<<10 {
		t.Errorf("%d bytes of room after 3 of %d had come", src.largest, claimed)
	}
}

func TestReaderReadsALargeBodyExactly(t *testing.T) {
	for _, n := range []int{64<<10 - 1, 64 << 10, 64<<10 + 1, 1 << 20, 3<<20 + 7} {
		body := bytes.Repeat([]byte("0123456789abcdef"), n/16+1)[:n]
		for _, head := range []string{"SEND\n\n", fmt.Sprintf("SEND\ncontent-length:%d\n\n", n)} {
			in := io.MultiReader(strings.NewReader(head), bytes.NewReader(body), strings.NewReader("\x00"))
			f, err := frame.NewReader(in, frame.Limits{Headers: 1, HeaderBytes: 100, Body: n}).Read()
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(f.Body, body) {
				t.Errorf("a body of %d bytes came as %d others", n, len(f.Body))
			}
		}
	}
}

func TestReaderPassesTheStreamsErrorOn(t *testing.T) {
	broken := errors.New("broken")
	in := io.MultiReader(strings.NewReader("SEND\na:b\n"), iotest.ErrReader(broken))
	if _, err := frame.NewReader(in, limits).Read(); !errors.Is(err, broken) {
		t.Errorf("error %v, want %v", err, broken)
	}
}

func equal(a, b frame.Frame) bool {
	return a.Command == b.Command && bytes.Equal(a.Body, b.Body) &&
		(len(a.Headers) == 0 && len(b.Headers) == 0 || reflect.DeepEqual(a.Headers, b.Headers))
}
