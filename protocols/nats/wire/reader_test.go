package wire_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/sluicemq/sluice/protocols/nats/wire"
)

// show spells a frame so that two readings of the same bytes can be compared.
func show(f *wire.Frame) string {
	return fmt.Sprintf("%v subject=%q reply=%q queue=%q sid=%q max=%d header=%q payload=%q json=%q",
		f.Verb, f.Subject, f.Reply, f.Queue, f.SID, f.Max, f.Header, f.Payload, f.JSON)
}

// readAll returns what a reader makes of src, one line a frame, and its error.
func readAll(src io.Reader, l wire.Limits) ([]string, error) {
	r := wire.NewReader(src, l)
	var got []string
	for {
		f, err := r.Read()
		if err != nil {
			return got, err
		}
		got = append(got, show(f))
	}
}

func TestReaderReadsEveryVerb(t *testing.T) {
	tests := []struct{ in, want string }{
		{"PING\r\n", `PING`},
		{"ping \r\n", `PING`},
		{"PONG\n", `PONG`},
		{"CONNECT {\"verbose\":false}\r\n", `CONNECT json="{\"verbose\":false}"`},
		{"PUB a.b 5\r\nhello\r\n", `PUB subject="a.b" payload="hello"`},
		{"pub a.b r 0\r\n\r\n", `PUB subject="a.b" reply="r"`},
		{"PUB  a\t 2\r\n\r\n\r\n", `PUB subject="a" payload="\r\n"`},
		{"HPUB a 12 14\r\nNATS/1.0\r\n\r\nhi\r\n", `HPUB subject="a" header="NATS/1.0\r\n\r\n" payload="hi"`},
		{"HPUB a r 12 12\r\nNATS/1.0\r\n\r\n\r\n", `HPUB subject="a" reply="r" header="NATS/1.0\r\n\r\n"`},
		{"HPUB a r 0 1\r\nx\r\n", `HPUB subject="a" reply="r" payload="x"`},
		{"SUB a.* 1\r\n", `SUB subject="a.*" sid="1"`},
		{"SUB a.> workers x9\r\n", `SUB subject="a.>" queue="workers" sid="x9"`},
		{"UNSUB 1\r\n", `UNSUB sid="1"`},
		{"UNSUB 1 5\r\n", `UNSUB sid="1" max=5`},
	}
	for _, tt := range tests {
		got, err := readAll(strings.NewReader(tt.in), wire.Limits{})
		if err != io.EOF || len(got) != 1 {
			t.Errorf("%q: %q, %v", tt.in, got, err)
			continue
		}
		if trimmed := trim(got[0]); trimmed != tt.want {
			t.Errorf("%q\n got %s\nwant %s", tt.in, trimmed, tt.want)
		}
	}
}

// trim leaves out the fields that are not set.
func trim(shown string) string {
	for _, empty := range []string{"subject", "reply", "queue", "sid", "header", "payload", "json"} {
		shown = strings.Replace(shown, " "+empty+`=""`, "", 1)
	}
	return strings.Replace(shown, " max=0", "", 1)
}

func TestReaderRefusals(t *testing.T) {
	small := wire.Limits{ControlLine: 32, Payload: 8}
	tests := []struct {
		in   string
		want error
	}{
		{"\r\n", wire.ErrUnknown},
		{"GET / HTTP/1.1\r\n", wire.ErrUnknown},
		{"+OK\r\n", wire.ErrUnknown},
		{"MSG a 1 0\r\n\r\n", wire.ErrUnknown},
		{"PUB\r\n", wire.ErrUnknown},
		{"PUB a\r\n", wire.ErrUnknown},
		{"PUB a b c 1\r\nx\r\n", wire.ErrUnknown},
		{"PUB a -1\r\n", wire.ErrUnknown},
		{"PUB a 1x\r\nx\r\n", wire.ErrUnknown},
		{"PUB a 99999999999999999999\r\n", wire.ErrUnknown},
		{"PUB a 1\r\nxyz\r\n", wire.ErrUnknown},
		{"PUB a 9\r\n", wire.ErrPayload},
		{"HPUB a 5 4\r\n", wire.ErrUnknown},
		{"HPUB a 4\r\n", wire.ErrUnknown},
		{"HPUB a x 4\r\nabcd\r\n", wire.ErrUnknown},
		{"SUB a\r\n", wire.ErrUnknown},
		{"SUB a b c d\r\n", wire.ErrUnknown},
		{"SUB a b c d e f\r\n", wire.ErrUnknown},
		{"UNSUB\r\n", wire.ErrUnknown},
		{"UNSUB 1 x\r\n", wire.ErrUnknown},
		{"CONNECT\r\n", wire.ErrUnknown},
		{"SUB " + strings.Repeat("a", 60) + " 1\r\n", wire.ErrControlLine},
		{"SUB " + strings.Repeat("a", 6000), wire.ErrControlLine},
		{"PUB a 4\r\nab", io.ErrUnexpectedEOF},
		{"PIN", io.ErrUnexpectedEOF},
	}
	for _, tt := range tests {
		if got, err := readAll(strings.NewReader(tt.in), small); !errors.Is(err, tt.want) || len(got) > 0 {
			t.Errorf("%.40q: %q, %v; want %v", tt.in, got, err, tt.want)
		}
	}
}

func TestReaderGoesOnAfterALargerLimit(t *testing.T) {
	r := wire.NewReader(strings.NewReader("PUB a 5\r\nhello\r\n"), wire.Limits{Payload: 4})
	if _, err := r.Read(); !errors.Is(err, wire.ErrPayload) {
		t.Fatal(err)
	}
	r.SetPayload(5)
	if f, err := r.Read(); err != nil || string(f.Payload) != "hello" {
		t.Fatal(err)
	}
}

func TestReaderTakesPayloadsUpToTheLimit(t *testing.T) {
	body := bytes.Repeat([]byte("x"), wire.DefaultPayload)
	in := append(fmt.Appendf(nil, "PUB a %d\r\n", len(body)), body...)
	in = append(in, "\r\nPING\r\n"...)
	r := wire.NewReader(bytes.NewReader(in), wire.Limits{})
	f, err := r.Read()
	if err != nil || !bytes.Equal(f.Payload, body) || string(f.Subject) != "a" {
		t.Fatalf("payload of %d bytes: %v", len(body), err)
	}
	if f, err = r.Read(); err != nil || f.Verb != wire.Ping {
		t.Fatalf("after it: %v, %v", f, err)
	}
}

func TestReaderGrowsWithWhatArrivesNotWithWhatIsClaimed(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	const readers = 20
	for range readers {
		claim := strings.NewReader("PUB a 1000000\r\nonly this")
		if _, err := wire.NewReader(claim, wire.Limits{}).Read(); err != io.ErrUnexpectedEOF {
			t.Fatal(err)
		}
	}
	runtime.ReadMemStats(&after)
	if each := (after.TotalAlloc - before.TotalAlloc) / readers; each > 64<<10 {
		t.Errorf("%d bytes allocated for each claim", each)
	}
}

func TestReaderDoesNotCareHowBytesArrive(t *testing.T) {
	in := "CONNECT {}\r\nSUB a.> q 1\r\nHPUB a r 12 17\r\nNATS/1.0\r\n\r\nhello\r\nPUB b 3\r\nabc\r\nUNSUB 1 3\r\nPING\r\n"
	whole, _ := readAll(strings.NewReader(in), wire.Limits{})
	single, _ := readAll(iotest.OneByteReader(strings.NewReader(in)), wire.Limits{})
	if len(whole) != 6 || strings.Join(whole, "\n") != strings.Join(single, "\n") {
		t.Errorf("whole:\n%s\nsingle bytes:\n%s", strings.Join(whole, "\n"), strings.Join(single, "\n"))
	}
}

// forever repeats the same bytes.
type forever struct {
	data []byte
	at   int
}

func (r *forever) Read(p []byte) (int, error) {
	n := copy(p, r.data[r.at:])
	r.at = (r.at + n) % len(r.data)
	return n, nil
}

func BenchmarkReader(b *testing.B) {
	for _, size := range []int{16, 128, 4096} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			line := fmt.Appendf(nil, "HPUB orders.new _INBOX.abcdefghijklmnopqrstuv.0123456789 12 %d\r\nNATS/1.0\r\n\r\n%s\r\n",
				size+12, strings.Repeat("x", size))
			r := wire.NewReader(&forever{data: line}, wire.Limits{})
			b.SetBytes(int64(len(line)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := r.Read(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
