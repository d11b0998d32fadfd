package wire

import (
	"bytes"
	"fmt"
	"io"
)

// Reader cuts a client's bytes into frames. It is for one goroutine.
type Reader struct {
	src    io.Reader
	limits Limits
	buf    []byte
	r, w   int // buf[r:w] has been read and not been handed out
	short  int // reads in a row that left most of buf empty
	frame  Frame
}

// NewReader returns a Reader of src.
func NewReader(src io.Reader, l Limits) *Reader {
	return &Reader{src: src, limits: l.withDefaults(), buf: make([]byte, minBuffer)}
}

// SetPayload changes Limits.Payload for the frames to come.
func (r *Reader) SetPayload(n int) { r.limits.Payload = n }

// Buffered returns how many bytes have been read and not been handed out yet.
func (r *Reader) Buffered() int { return r.w - r.r }

// Read returns the next frame, which is good until the next Read. Errors are
// ErrUnknown, ErrControlLine and ErrPayload, wrapped with what was wrong, or
// what the source said; io.ErrUnexpectedEOF inside a frame.
func (r *Reader) Read() (*Frame, error) {
	r.release()
	end, err := r.line()
	if err != nil {
		return nil, err
	}
	var a args
	verb, err := a.parse(r.buf[r.r : r.r+end])
	if err != nil {
		return nil, err
	}
	if verb != Pub && verb != HPub {
		r.fill(verb, &a, r.buf[r.r:r.r+end], nil)
		r.r += end
		return &r.frame, nil
	}
	whole, err := r.message(verb, end, a.size)
	if err != nil {
		return nil, err
	}
	r.fill(verb, &a, whole[:end], whole[end:end+a.size])
	r.r += len(whole)
	return &r.frame, nil
}

// message reads until the payload behind the line is there, and returns both.
func (r *Reader) message(verb Verb, end, size int) ([]byte, error) {
	if size > r.limits.Payload {
		return nil, fmt.Errorf("%v of %d bytes, the limit is %d: %w", verb, size, r.limits.Payload, ErrPayload)
	}
	n := end + size + len(crlf)
	if err := r.need(n); err != nil {
		return nil, err
	}
	whole := r.buf[r.r : r.r+n]
	if !bytes.HasSuffix(whole, []byte(crlf)) {
		return nil, fmt.Errorf("%v of %d bytes does not end with CR LF: %w", verb, size, ErrUnknown)
	}
	return whole, nil
}

// line returns the length of the next line with its end, and reads until there
// is one.
func (r *Reader) line() (int, error) {
	seen := 0
	for {
		if i := bytes.IndexByte(r.buf[r.r+seen:r.w], '\n'); i >= 0 {
			if r.over(seen + i) {
				return 0, r.tooLong()
			}
			return seen + i + 1, nil
		}
		seen = r.w - r.r
		if r.over(seen) {
			return 0, r.tooLong()
		}
		if err := r.need(seen + 1); err != nil {
			return 0, err
		}
	}
}

// over reports whether a line of so many bytes before its LF is too long, however
// much of it has arrived.
func (r *Reader) over(n int) bool {
	line := bytes.TrimSuffix(r.buf[r.r:r.r+n], []byte("\r"))
	return len(line) > r.limits.ControlLine+longestVerb
}

func (r *Reader) tooLong() error {
	return fmt.Errorf("line over %d bytes: %w", r.limits.ControlLine, ErrControlLine)
}

// need reads until n bytes are buffered. What arrived decides how much memory
// is taken: a buffer at most doubles when it is full.
func (r *Reader) need(n int) error {
	for r.w-r.r < n {
		r.room()
		got, err := r.src.Read(r.buf[r.w:])
		r.w += got
		if got > 0 {
			r.judge(got)
			continue
		}
		if err == io.EOF && r.w > r.r {
			return io.ErrUnexpectedEOF
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// room makes place behind w.
func (r *Reader) room() {
	if r.w < len(r.buf) {
		return
	}
	if r.r > 0 {
		r.w = copy(r.buf, r.buf[r.r:r.w])
		r.r = 0
		if r.w <= len(r.buf)/2 {
			return
		}
	}
	bigger := make([]byte, r.larger())
	r.w = copy(bigger, r.buf[:r.w])
	r.buf = bigger
}

// larger is what a full buffer grows to: the longest message, or half of that and so on, so that all
// the buffers that a message has had are twice as large as it together.
func (r *Reader) larger() int {
	n, least := r.limits.longest(), len(r.buf)+len(r.buf)/2
	for n/2 >= least {
		n /= 2
	}
	return max(n, len(r.buf)+1)
}

// judge notes whether reads use the buffer.
func (r *Reader) judge(got int) {
	switch {
	case r.w == len(r.buf):
		r.short = -1
	case got > len(r.buf)/4:
		r.short = 0
	default:
		r.short++
	}
}

// release forgets the last frame. When nothing is buffered it also fits the
// buffer to the client: larger when the last read filled it, back to the least
// when it has been too large for a while or only one frame needed it.
func (r *Reader) release() {
	if r.r < r.w {
		return
	}
	r.r, r.w = 0, 0
	n := len(r.buf)
	switch {
	case n > keepBuffer || r.short > patience && n > minBuffer:
		r.buf, r.short = make([]byte, minBuffer), 0
	case r.short < 0 && n < keepBuffer:
		r.buf, r.short = make([]byte, 2*n), 0
	}
}

// fill sets the frame from a line and a payload that stay where they are.
func (r *Reader) fill(verb Verb, a *args, line, payload []byte) {
	f := &r.frame
	*f = Frame{Verb: verb, Max: a.max}
	switch verb {
	case Connect:
		f.JSON = a.at(line, 0)
	case Pub, HPub:
		f.Subject, f.Reply, f.Payload = a.at(line, 0), a.at(line, a.middle), payload[a.header:len(payload):len(payload)]
		if a.header > 0 {
			f.Header = payload[:a.header:a.header]
		}
	case Sub:
		f.Subject, f.Queue, f.SID = a.at(line, 0), a.at(line, a.middle), a.at(line, a.n-1)
	case Unsub:
		f.SID = a.at(line, 0)
	}
}
