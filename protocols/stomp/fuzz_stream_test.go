package stomp_test

import (
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluicemq/sluice/protocols/stomp"
	"github.com/sluicemq/sluice/protocols/stomp/frame"
)

// recorder is a stream that keeps what comes out of it.
type recorder struct {
	net.Conn
	mu   sync.Mutex // over what follows
	read bytes.Buffer
}

func (r *recorder) Read(p []byte) (int, error) {
	n, err := r.Conn.Read(p)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.read.Write(p[:n])
	return n, err
}

// checkAnswers checks that whatever a gateway has said is whole frames of a server, with ERROR as the last
// one if there is any. It returns whether there was one.
func checkAnswers(t *testing.T, said []byte) (failed bool) {
	t.Helper()
	r := frame.NewReader(bytes.NewReader(said), frame.Limits{Headers: 1000, HeaderBytes: 4 << 20, Body: 16 << 20})
	for {
		f, err := r.Read()
		switch {
		case err == io.EOF:
			return failed
		case err != nil:
			t.Fatalf("not a frame: %v, in %.2000q", err, said)
		case failed:
			t.Fatalf("%s behind ERROR", f.Command)
		}
		switch f.Command {
		case frame.Connected:
			r.SetVersion(versionOf(&f))
		case frame.Error:
			failed = true
			if m, _ := f.Header("message"); m == "" || len(f.Body) == 0 || m == "internal error" {
				t.Fatalf("an ERROR that does not say why: %s", describe(&f))
			}
		case frame.Message, frame.Receipt:
		default:
			t.Fatalf("a server's frame is called %q", f.Command)
		}
	}
}

// wrapped returns a stream to the gateway: plain, in TLS, as a WebSocket with messages of a size,
// or as both.
func (h *house) wrapped(t *testing.T, how byte, size int) net.Conn {
	nc := h.pipes.dial()
	if how&1 != 0 {
		x := tls.Client(nc, trusting())
		if err := x.Handshake(); err != nil {
			t.Fatal(err)
		}
		nc = x
	}
	if how&2 != 0 {
		w := openWeb(t, nc, wsBinary)
		w.size = size
		nc = w
	}
	return nc
}

// FuzzStream sends any bytes as a whole connection: with or without a login before them, in pieces of any
// size, plain, in TLS, by WebSocket or by both. Whatever they are, the gateway answers in frames, closes the connection
// behind ERROR, keeps nothing of it, and serves others. how: 1 TLS, 2 WebSocket, 4 no login.
func FuzzStream(f *testing.F) {
	for how := range byte(8) {
		for _, cuts := range []string{"", "\x01", "\x07\x03"} {
			f.Add(how, []byte(cuts), []byte("CONNECT\naccept-version:1.1,1.2\nheart-beat:1,1\nhost:x\n\n\x00SEND\ndestination:/queue/a\nreceipt:1\n\nx\x00"))
			f.Add(how, []byte(cuts), []byte("SUBSCRIBE\nid:0\ndestination:/queue/a\nack:client\n\n\x00SEND\ndestination:/queue/a\ncontent-length:5\nreceipt:1\n\nab\x00de\x00ACK\nid:1\n\n\x00"))
			f.Add(how, []byte(cuts), []byte("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"))
			f.Add(how, []byte(cuts), []byte("GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"))
		}
	}
	for _, all := range [][]hostile{hostileStrangers(), hostileClients()} {
		for _, x := range all {
			if len(x.bytes) < 4<<10 {
				f.Add(byte(2), []byte{5}, bytes.ReplaceAll([]byte(x.bytes), []byte("^@"), []byte{0}))
			}
		}
	}
	config := withTLS(f)
	f.Fuzz(func(t *testing.T, how byte, cuts, in []byte) {
		synctest.Test(t, func(t *testing.T) {
			h := openHouse(t, config, withLimits(stomp.Limits{BodyMemory: 1 << 20, TransactionMemory: 1 << 20}))
			witness := h.connect("1.2")
			size := 0
			if len(cuts) > 0 {
				size = int(cuts[0])
			}
			stream := h.wrapped(t, how, size)
			r := &recorder{Conn: stream}
			ended := make(chan struct{})
			// Ends with the connection.
			go func() { defer close(ended); _, _ = io.Copy(io.Discard, r) }()
			if how&4 == 0 {
				_, _ = io.WriteString(stream, connect12)
			}
			sendPieces(stream, in, cuts)
			synctest.Wait()
			_ = stream.Close()
			time.Sleep(time.Minute)
			<-ended
			if !isHTTP(r.read.Bytes()) {
				checkAnswers(t, r.read.Bytes())
			}
			witness.put("/queue/good", "served")
			h.left(t, 1)
		})
	})
}

// isHTTP reports whether a stranger was answered in HTTP, or in TLS, as he had spoken.
func isHTTP(said []byte) bool {
	return bytes.HasPrefix(said, []byte("HTTP/1.1 ")) || bytes.HasPrefix(said, []byte{0x15, 3}) || bytes.HasPrefix(said, []byte{0x16, 3})
}

// sendPieces writes in, in pieces as long as cuts say, again and again. Nothing is the whole.
func sendPieces(w io.Writer, in, cuts []byte) {
	for i := 0; len(in) > 0; i++ {
		n := len(in)
		if len(cuts) > 0 {
			n = min(n, max(1, int(cuts[i%len(cuts)])))
		}
		if _, err := w.Write(in[:n]); err != nil {
			return
		}
		in = in[n:]
	}
}
