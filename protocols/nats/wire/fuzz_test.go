package wire_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/nats-io/nkeys"

	"github.com/sluicemq/sluice/protocols/nats/wire"
)

// chunked gives n bytes at a time.
type chunked struct {
	rest []byte
	n    int
}

func (c *chunked) Read(p []byte) (int, error) {
	if len(c.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p, c.rest[:min(c.n, len(c.rest))])
	c.rest = c.rest[n:]
	return n, nil
}

// written is f as a client writes it.
func written(f *wire.Frame) []byte {
	words := []any{f.Verb}
	for _, w := range [][]byte{f.Subject, f.Reply, f.Queue, f.SID, f.JSON} {
		if len(w) > 0 {
			words = append(words, string(w))
		}
	}
	switch f.Verb {
	case wire.HPub:
		words = append(words, len(f.Header), len(f.Header)+len(f.Payload))
	case wire.Pub:
		words = append(words, len(f.Payload))
	case wire.Unsub:
		words = append(words, f.Max)
	}
	line := fmt.Sprintln(words...)
	b := []byte(strings.TrimSuffix(line, "\n") + "\r\n")
	if f.Verb == wire.Pub || f.Verb == wire.HPub {
		b = append(append(append(b, f.Header...), f.Payload...), "\r\n"...)
	}
	return b
}

// FuzzParser reads any bytes, whole and in pieces: the same frames and the same refusal, within the
// limits, in a buffer of the same size, and each frame reads the same when it is written again.
func FuzzParser(f *testing.F) {
	for _, seed := range []string{
		"CONNECT {\"verbose\":true,\"user\":\"a\"}\r\nPING\r\n",
		"PUB a.b r.x 5\r\nhello\r\n", "HPUB a 12 14\r\nNATS/1.0\r\n\r\nhi\r\n",
		"SUB a.> q 1\r\nUNSUB 1 10\r\nPONG\r\n", "PUB a 999999999\r\n", "PUB a 3\r\nabcdef\r\n",
		"HPUB a 9 3\r\nabc\r\n", strings.Repeat("a", 5000), "\r\n\r\n", "PUB a 1\nx\r\n",
		"PUB a 9000\r\n" + strings.Repeat("x", 9000) + "\r\nPING\r\n", "PUB a 9001\r\n",
	} {
		f.Add([]byte(seed), uint8(3))
	}
	f.Fuzz(func(t *testing.T, in []byte, chunk uint8) {
		l := wire.Limits{ControlLine: 128, Payload: 9000}
		whole, err1 := readAll(bytes.NewReader(in), l)
		parts, err2 := readAll(&chunked{in, int(chunk%64) + 1}, l)
		if strings.Join(whole, "\n") != strings.Join(parts, "\n") {
			t.Fatalf("frames differ:\n%q\n%q", whole, parts)
		}
		for target, limit := range map[error]string{wire.ErrUnknown: "", wire.ErrControlLine: "128", wire.ErrPayload: "9000"} {
			if errors.Is(err1, target) != errors.Is(err2, target) {
				t.Fatalf("errors differ: %v, %v", err1, err2)
			}
			if errors.Is(err1, target) && !strings.Contains(err1.Error(), limit) {
				t.Fatalf("the limit is not named: %v", err1)
			}
		}
		checkFrames(t, in, l)
	})
}

// checkFrames reads in frame by frame, and each again as it would be written.
func checkFrames(t *testing.T, in []byte, l wire.Limits) {
	t.Helper()
	r := wire.NewReader(bytes.NewReader(in), l)
	for {
		f, err := r.Read()
		if n := r.BufferBytes(); n > max(64<<10, l.Payload+l.ControlLine+4<<10) {
			t.Fatalf("a buffer of %d bytes", n)
		}
		if err != nil {
			return
		}
		if len(f.Header)+len(f.Payload) > l.Payload {
			t.Fatalf("over the limit: %d bytes", len(f.Header)+len(f.Payload))
		}
		again, err := wire.NewReader(bytes.NewReader(written(f)), wire.Limits{Payload: l.Payload}).Read()
		if err != nil || show(again) != show(f) {
			t.Fatalf("%s was written %q and read as %v, %v", show(f), written(f), again, err)
		}
	}
}

// dumbHeaders reads a block line by line.
func dumbHeaders(block string) (got []string, ok bool) {
	lines := strings.Split(block, "\r\n")
	if len(block) > wire.MaxHeader || !strings.HasPrefix(lines[0], wire.Version) || len(lines) < 2 {
		return nil, false
	}
	for i, line := range lines[1:] {
		name, value, colon := strings.Cut(line, ":")
		switch {
		case line == "" && i+2 < len(lines):
			return got, true
		case !colon:
			return nil, false
		case name != "":
			got = append(got, name+"="+strings.TrimLeft(value, " \t"))
		}
	}
	return nil, false
}

// FuzzHeader reads any block as a dumb reader does, line by line; what is read can be written and
// reads the same again, whatever stands in it.
func FuzzHeader(f *testing.F) {
	f.Add("NATS/1.0\r\na: 1\r\nb:2\r\n\r\n")
	f.Add("NATS/1.0 404 No Messages\r\n\r\n")
	f.Add("NATS/1.0\r\n" + strings.Repeat(":\r\n", 300) + "a:\r\n\r\nb: c")
	f.Add("NATS/1.0\r\na: 1\n\rb:2\r\n \r\n\r\n")
	f.Fuzz(func(t *testing.T, block string) {
		again := wire.BeginHeader(nil)
		want, err := headers(t, block)
		dumb, ok := dumbHeaders(block)
		if ok != (err == nil) || ok && strings.Join(dumb, "|") != want {
			t.Fatalf("read %q, %v; want %q, %v", want, err, dumb, ok)
		}
		if len(block) > wire.MaxHeader && !strings.Contains(err.Error(), fmt.Sprint(wire.MaxHeader)) {
			t.Fatalf("the limit is not named: %v", err)
		}
		if err != nil {
			if !errors.Is(err, wire.ErrHeader) || len(err.Error()) > 500 {
				t.Fatal(err)
			}
			return
		}
		_ = wire.EachHeader(block, func(name, value string) bool {
			again = wire.AppendHeader(again, name, value)
			return true
		})
		if len(again)+2 > wire.MaxHeader {
			return
		}
		want = strings.NewReplacer("\r", " ", "\n", " ").Replace(want)
		if got, err := headers(t, string(wire.EndHeader(again))); err != nil || got != want && !strings.Contains(want, "= ") {
			t.Fatalf("%q became %q, %v", want, got, err)
		}
	})
}

// FuzzOptions: what a CONNECT says is what encoding/json finds in it, and saying it twice changes nothing.
func FuzzOptions(f *testing.F) {
	f.Add(`{"verbose":false,"pedantic":true,"user":"a","pass":"b","lang":"go","protocol":1,"headers":true,"no_responders":true,"echo":false}`)
	f.Add(`{"auth_token":"t","nkey":"U","sig":"x","jwt":null,"tls_required":false,"name":7,"unknown":[[{}]]}`)
	f.Add(`{"protocol":1e2,"USER":"b","user":"\ud800"}`)
	f.Fuzz(func(t *testing.T, text string) {
		o, err := wire.ParseOptions([]byte(text))
		if err != nil {
			if !errors.Is(err, wire.ErrUnknown) || len(err.Error()) > 300 {
				t.Fatal(err)
			}
			return
		}
		if again, err := o.With([]byte(text)); err != nil || again != o {
			t.Fatalf("%+v, then %+v, %v", o, again, err)
		}
		b, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := wire.ParseOptions(b); err != nil || again != o {
			t.Fatalf("%+v was written %s and read as %+v, %v", o, b, again, err)
		}
	})
}

// FuzzUserKey: no text but the one spelling of a key is a key.
func FuzzUserKey(f *testing.F) {
	pair, err := nkeys.FromRawSeed(nkeys.PrefixByteUser, make([]byte, 32))
	if err != nil {
		f.Fatal(err)
	}
	public, err := pair.PublicKey()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(public)
	f.Add(public[:20] + "\r\n" + public[20:])
	f.Add("A" + public[1:])
	f.Fuzz(func(t *testing.T, text string) {
		key, err := wire.UserKey(text)
		if err != nil {
			return
		}
		if len(key) != 32 || text[0] != 'U' || len(text) != 56 || strings.ToUpper(text) != text {
			t.Fatalf("%q is %x", text, key)
		}
		for i := range text {
			other := text[:i] + string(text[i]^1) + text[i+1:]
			if _, err := wire.UserKey(other); err == nil {
				t.Fatalf("%q and %q", text, other)
			}
		}
	})
}
