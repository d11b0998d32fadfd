package wire

import (
	"strings"
	"testing"
)

// Plain finds what a look at every byte finds, wherever it stands.
func TestPlain(t *testing.T) {
	isPlain := func(c byte) bool { return c >= ' ' && c < 0x7F && c != '"' && c != '\\' }
	for length := range 20 {
		for at := range length {
			for c := range 256 {
				for _, around := range []string{"x", " ", "~", "!", "#", "["} {
					b := []byte(strings.Repeat(around, length))
					b[at] = byte(c)
					want := length
					if !isPlain(byte(c)) {
						want = at
					}
					if got := plainBytes(b, 0); got != want {
						t.Fatalf("%q: %d, want %d", b, got, want)
					}
					if got := Plain(string(b), at); got != want {
						t.Fatalf("%q from %d: %d, want %d", b, at, got, want)
					}
				}
			}
		}
	}
	for _, s := range []string{"abcdefg\"\x00\x80", "\x1f\x20\x21abcde", "ab\x00\x01\x02\x03\x04\x05", "ab\\\"\x7f\xffab", strings.Repeat("\"", 9)} {
		want := 0
		for want < len(s) && isPlain(s[want]) {
			want++
		}
		if got := Plain(s, 0); got != want {
			t.Errorf("%q: %d, want %d", s, got, want)
		}
	}
}

func BenchmarkPlain(b *testing.B) {
	s := strings.Repeat("x", 1024)
	b.SetBytes(int64(len(s)))
	for b.Loop() {
		if Plain(s, 0) != len(s) {
			b.Fatal("a special x")
		}
	}
}
