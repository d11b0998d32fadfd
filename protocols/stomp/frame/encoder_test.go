package frame_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/protocols/stomp/frame"
)

func TestAppend(t *testing.T) {
	headers := func(nv ...string) (hs []frame.Header) {
		for i := 0; i < len(nv); i += 2 {
			hs = append(hs, frame.Header{Name: nv[i], Value: nv[i+1]})
		}
		return hs
	}
	tests := []struct {
		name string
		v    frame.Version
		f    frame.Frame
		want string
	}{
		{"plain", v12, frame.Frame{Command: "RECEIPT", Headers: headers("receipt-id", "1")}, "RECEIPT\nreceipt-id:1\n\n\x00"},
		{"body", v12, frame.Frame{Command: "MESSAGE", Headers: headers("content-length", "3"), Body: []byte("a\x00b")}, "MESSAGE\ncontent-length:3\n\na\x00b\x00"},
		{"escapes 1.2", v12, frame.Frame{Command: "MESSAGE", Headers: headers("a:b\r", "\\x\n:\r")}, "MESSAGE\n" + `a\cb\r:\\x\n\c\r` + "\n\n\x00"},
		{"escapes 1.1", v11, frame.Frame{Command: "MESSAGE", Headers: headers("a:b", "\\x\n\r.")}, "MESSAGE\n" + `a\cb:\\x\n` + "\r.\n\n\x00"},
		{"no escapes in 1.0", v10, frame.Frame{Command: "MESSAGE", Headers: headers("a", `b:\c`)}, "MESSAGE\n" + `a:b:\c` + "\n\n\x00"},
		{"no escapes in CONNECTED", v12, frame.Frame{Command: "CONNECTED", Headers: headers("server", `a:b\c`)}, "CONNECTED\n" + `server:a:b\c` + "\n\n\x00"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := frame.Append([]byte("before"), tt.v, &tt.f)
			if err != nil || string(got) != "before"+tt.want {
				t.Errorf("got %q, %v\nwant %q", got, err, "before"+tt.want)
			}
		})
	}
}

func TestAppendRefusesWhatWouldReadDifferently(t *testing.T) {
	one := func(name, value string) frame.Frame {
		return frame.Frame{Command: "MESSAGE", Headers: []frame.Header{{Name: name, Value: value}}}
	}
	tests := []struct {
		name string
		v    frame.Version
		f    frame.Frame
	}{
		{"line feed in 1.0", v10, one("a", "b\nc:d")},
		{"colon in a name in 1.0", v10, one("a:b", "c")},
		{"NUL in a value", v12, one("a", "b\x00")},
		{"NUL in a name", v11, one("a\x00", "b")},
		{"no name", v12, one("", "b")},
		{"line feed in CONNECTED", v12, frame.Frame{Command: "CONNECTED", Headers: []frame.Header{{Name: "server", Value: "a\nb"}}}},
		{"command", v12, frame.Frame{Command: "MESSAGE\na:b"}},
		{"no command", v12, frame.Frame{}},
		{"NUL in a body without length", v12, frame.Frame{Command: "MESSAGE", Body: []byte("a\x00b")}},
		{"wrong length", v12, frame.Frame{Command: "MESSAGE", Headers: []frame.Header{{Name: "content-length", Value: "4"}}, Body: []byte("abc")}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := frame.Append([]byte("before"), tt.v, &tt.f)
			if !errors.Is(err, frame.ErrUnwritable) || string(got) != "before" {
				t.Errorf("got %q, %v; want nothing and ErrUnwritable", got, err)
			}
		})
	}
}

func TestEncoderContentLength(t *testing.T) {
	body := strings.Repeat("x", 1234)
	e := frame.Start(nil, v12, frame.Message)
	e.Header("subscription", "0")
	e.ContentLength(len(body))
	got, err := e.End([]byte(body))
	if want := "MESSAGE\nsubscription:0\ncontent-length:1234\n\n" + body + "\x00"; err != nil || string(got) != want {
		t.Errorf("got %.60q…, %v", got, err)
	}
}
