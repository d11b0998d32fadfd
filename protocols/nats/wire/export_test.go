package wire

// BufferBytes is how large a reader's buffer is.
func (r *Reader) BufferBytes() int { return len(r.buf) }
