package frame_test

import (
	"io"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/protocols/stomp/frame"
)

const send = "SEND\ndestination:/queue/orders\ncontent-type:application/json\ncontent-length:128\nreceipt:message-1234\npriority:4\n\n"

// endless repeats one frame for ever.
type endless struct {
	frame string
	rest  string
}

func (e *endless) Read(p []byte) (int, error) {
	if e.rest == "" {
		e.rest = e.frame
	}
	n := copy(p, e.rest)
	e.rest = e.rest[n:]
	return n, nil
}

func benchmarkRead(b *testing.B, in string) {
	r := frame.NewReader(&endless{frame: in}, frame.Limits{Headers: 100, HeaderBytes: 64 << 10, Body: 1 << 20})
	r.SetVersion(frame.V12)
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Read(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReadSend(b *testing.B) {
	benchmarkRead(b, send+strings.Repeat("x", 128)+"\x00")
}

func BenchmarkReadSendWithoutLength(b *testing.B) {
	benchmarkRead(b, strings.Replace(send, "content-length:128\n", "", 1)+strings.Repeat("x", 128)+"\x00")
}

func BenchmarkReadAck(b *testing.B) { benchmarkRead(b, "ACK\nid:1-123456\n\n\x00") }

func BenchmarkWriteMessage(b *testing.B) {
	body := []byte(strings.Repeat("x", 128))
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		e := frame.Start(buf[:0], frame.V12, frame.Message)
		e.Header("subscription", "0")
		e.Header("message-id", "01932c3f-7a58-7b1e-9c39-0a1b2c3d4e5f")
		e.Header("ack", "1-123456")
		e.Header("destination", "/queue/orders")
		e.Header("content-type", "application/json")
		e.ContentLength(len(body))
		var err error
		if buf, err = e.End(body); err != nil {
			b.Fatal(err)
		}
		_, _ = io.Discard.Write(buf)
	}
}
