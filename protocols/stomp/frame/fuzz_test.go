package frame_test

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"github.com/sluicemq/sluice/protocols/stomp/frame"
)

// FuzzReader reads a stream as each version and in pieces of each size. What can be read can
// be written, and reads as the same frame again.
func FuzzReader(f *testing.F) {
	for _, s := range []string{
		"CONNECT\naccept-version:1.0,1.1,1.2\nhost:a\nlogin: b\n\n\x00",
		"CONNECT\nlogin: b \n login:c\n\n\x00\n",
		"STOMP\r\naccept-version:1.2\r\n\r\n\x00\r\n",
		"SEND\ndestination:/queue/a\ncontent-length:5\n\na\x00b\x00c\x00\n\nDISCONNECT\nreceipt:77\n\x00",
		"SEND\na\\cb:\\\\\\n\\r\nfoo:1\nfoo:2\n\nbody\x00",
		"SEND\ncontent-length:99999999999999999999\n\n\x00",
		"SEND\ncontent-length:-1\n\n\x00",
		"SEND\na:\\t\n\n\x00",
		"SEND\na:b\r\r\n\n\x00",
		"SUBSCRIBE\nid:0\ndestination: /topic/>\nack:client\n\n\n\x00",
		"MESSAGE\n a : \xff\t \n\n\xff\x00",
		"\r\n\n\rSEND\n\n\x00",
		"ERROR\nmessage:x\n\nwhy\x00",
	} {
		for v := frame.Unnegotiated; v <= frame.V12; v++ {
			f.Add(byte(v), []byte(s))
		}
	}
	f.Fuzz(func(t *testing.T, version byte, in []byte) {
		v := frame.Version(version % 4)
		frames, err := readAll(bytes.NewReader(in), v)
		slowly, slowErr := readAll(iotest.OneByteReader(bytes.NewReader(in)), v)
		if (err == nil) != (slowErr == nil) || len(frames) != len(slowly) {
			t.Fatalf("whole: %d frames, %v; byte by byte: %d frames, %v", len(frames), err, len(slowly), slowErr)
		}
		var out []byte
		for i := range frames {
			if !equal(frames[i], slowly[i]) {
				t.Fatalf("whole: %s; byte by byte: %s", show(frames[i]), show(slowly[i]))
			}
			if out, err = frame.Append(out, v, &frames[i]); err != nil {
				t.Fatalf("%s cannot be written: %v", show(frames[i]), err)
			}
		}
		again, err := readAll(bytes.NewReader(out), v)
		if err != nil || len(again) != len(frames) {
			t.Fatalf("%d frames were written as %q and read as %d, %v", len(frames), out, len(again), err)
		}
		for i := range frames {
			if !equal(frames[i], again[i]) {
				t.Fatalf("%s was written and read as %s", show(frames[i]), show(again[i]))
			}
		}
	})
}

// readAll reads frames to the end of the stream or the first error that is not
// the stream's end.
func readAll(r io.Reader, v frame.Version) ([]frame.Frame, error) {
	fr := frame.NewReader(r, limits)
	fr.SetVersion(v)
	var all []frame.Frame
	for {
		f, err := fr.Read()
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			var bad *frame.FormatError
			if !errors.As(err, &bad) && err != io.ErrUnexpectedEOF {
				panic(err)
			}
			return all, err
		}
		f.Headers = append([]frame.Header(nil), f.Headers...)
		all = append(all, f)
	}
}
