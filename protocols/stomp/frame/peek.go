package frame

import "io"

// Peek returns the next n octets of the stream and leaves them there. They are good
// until the next call. With fewer than n, the error says why.
func (r *Reader) Peek(n int) ([]byte, error) { return r.b.Peek(n) }

// Buffered returns a copy of what has been read off the stream and belongs to no
// frame yet.
func (r *Reader) Buffered() []byte {
	b, _ := r.b.Peek(r.b.Buffered()) // it is there
	return append([]byte(nil), b...)
}

// Reset forgets what has been read and goes on with another stream.
func (r *Reader) Reset(s io.Reader) { r.b.Reset(s) }
