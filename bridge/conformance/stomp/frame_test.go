package stomp

import (
	"fmt"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for _, tt := range []struct {
		in, version string
		want        string // command, headers and body; or "more", or a part of the error
	}{
		{"CONNECTED\nversion:1.2\nsession:a\\tb\n\n\x00rest", v12, `CONNECTED [[version 1.2] [session a\tb]] ""`},
		{"MESSAGE\nx:a\\cb\\n\\\\\\r\n\nbody\x00", v12, `MESSAGE [[x a:b` + "\n" + `\` + "\r" + `]] "body"`},
		{"MESSAGE\nx:a\\rb\n\nbody\x00", v11, "undefined escape"},
		{"MESSAGE\nx:a\\cb\n\nbody\x00", v10, `MESSAGE [[x a\cb]] "body"`},
		{"MESSAGE\r\nx:a\r\n\r\nbody\r\n\x00", v12, `MESSAGE [[x a]] "body\r\n"`},
		{"MESSAGE\ncontent-length:3\n\na\x00b\x00", v12, `MESSAGE [[content-length 3]] "a\x00b"`},
		{"MESSAGE\ncontent-length:3\n\na\x00", v12, "more"},
		{"MESSAGE\ncontent-length:1\n\nabc\x00", v12, "no NUL octet"},
		{"MESSAGE\ncontent-length:-1\n\n\x00", v12, `content-length "-1"`},
		{"MESSAGE\ncontent-length:99999999\n\n\x00", v12, "content-length"},
		{"MESSAGE\nx:a:b\n\n\x00", v12, "a colon that is not escaped"},
		{"MESSAGE\nx\n\n\x00", v12, "without a colon"},
		{"MESSAGE\nx:a\n", v12, "more"},
		{"MESSAGE\n\nbody", v12, "more"},
		{"RECEIPT\nreceipt-id:1\n\nbody\x00", v12, "a RECEIPT frame with a body"},
		{"SEND\n\n\x00", v12, "no command of a server"},
	} {
		f, n, err := parse([]byte(tt.in), tt.version)
		got := "more"
		if err != nil {
			got = err.Error()
		} else if n > 0 {
			got = describeParts(&f)
		}
		if !strings.Contains(got, tt.want) {
			t.Errorf("%q in %s: got %s, want %s", tt.in, tt.version, got, tt.want)
		}
	}
}

func describeParts(f *frame) string { return fmt.Sprintf("%s %v %q", f.command, f.headers, f.body) }

func FuzzParse(f *testing.F) {
	f.Add([]byte("MESSAGE\nx:a\\cb\ncontent-length:1\n\n\x00\x00"), v12)
	f.Add([]byte("CONNECTED\r\n\r\n\x00"), v10)
	f.Fuzz(func(t *testing.T, b []byte, version string) {
		fr, n, err := parse(b, version)
		if err == nil && (n < 0 || n > len(b) || n > 0 && b[n-1] != 0) {
			t.Errorf("%d of %d octets: %v", n, len(b), &fr)
		}
	})
}
