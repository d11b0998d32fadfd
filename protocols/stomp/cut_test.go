package stomp

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/protocols/stomp/frame"
)

// However what is written comes in pieces, the ends of frames are found.
func TestCutterFindsFrames(t *testing.T) {
	var stream []byte
	var want []string
	add := func(b []byte) {
		stream = append(stream, b...)
		want = append(want, string(b))
	}
	for _, body := range []string{"", "\x00", "a\x00\n\n\x00b", strings.Repeat("\x00x", 100)} {
		for _, name := range []string{"a", "content-length-of-another-thing-altogether", "content-length"} {
			e := frame.Start(nil, frame.V12, frame.Message)
			if name != "content-length" {
				e.Header(name, "7")
			}
			e.ContentLength(len(body))
			e.Header("z", strings.Repeat("z", 40))
			b, err := e.End([]byte(body))
			if err != nil {
				t.Fatal(err)
			}
			add(b)
		}
		add([]byte("\n"))
		e := frame.Start(nil, frame.V12, frame.Receipt)
		e.Header("receipt-id", fmt.Sprint(len(body)))
		b, err := e.End(nil)
		if err != nil {
			t.Fatal(err)
		}
		add(b)
	}
	for size := 1; size < len(stream); size++ {
		var c cutter
		var got []string
		var at []byte
		for rest := stream; len(rest) > 0; {
			piece := rest[:min(size, len(rest))]
			rest = rest[len(piece):]
			for len(piece) > 0 {
				n, last := c.next(piece)
				at = append(at, piece[:n]...)
				if piece = piece[n:]; last {
					got = append(got, string(at))
					at = nil
				}
			}
		}
		if len(at) > 0 || len(got) != len(want) {
			t.Fatalf("by %d: %d frames and %q, want %d", size, len(got), at, len(want))
		}
		for i := range got {
			if got[i] != want[i] {
				t.Fatalf("by %d: frame %d is %q, want %q", size, i, got[i], want[i])
			}
		}
	}
}

// To look at the first bytes of plain STOMP costs no allocation: they stay in the buffer.
func TestLookIsFree(t *testing.T) {
	c := &conn{}
	c.reader = frame.NewReader(strings.NewReader("CONNECT\n\n\x00"), frame.Limits{})
	if n := testing.AllocsPerRun(100, func() {
		if c.look() != plain {
			t.Fatal("not plain")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if b := c.reader.Buffered(); !bytes.HasPrefix(b, []byte("CONNECT\n")) {
		t.Errorf("left: %q", b)
	}
}

func TestLook(t *testing.T) {
	for in, want := range map[string]wrapping{
		"\x16\x03\x01": inTLS, "\x16\x02\x01": plain, "\x16": plain, "GET / H": inHTTP, "GETS\n": plain, "GE": plain,
		"POST /": inHTTP, "PUT /x": inHTTP, "OPTIONS *": inHTTP, "HEAD /": inHTTP, "DELETE /": inHTTP, "PATCH /": inHTTP,
		"PRI * HTTP/2.0": inHTTP, "DISCONNECT\n": plain, "STOMP\n": plain, "CONNECT\n": plain, "\n\nGET / HTTP": plain, "": plain,
	} {
		c := &conn{reader: frame.NewReader(strings.NewReader(in), frame.Limits{})}
		if got := c.look(); got != want {
			t.Errorf("%q is %d, want %d", in, got, want)
		}
	}
}
