package frame

import (
	"bytes"
	"io"
	"strconv"
)

// readBody reads the body of f and the NUL after it.
func (r *Reader) readBody(f *Frame) ([]byte, error) {
	limit := r.limits.Body
	r.held = r.asked
	if !hasBody(f.Command) {
		limit = min(limit, r.limits.HeaderBytes)
	}
	var body []byte
	var err error
	if length, ok := f.Header("content-length"); ok {
		body, err = r.readSized(length, limit)
	} else {
		body, err = r.readUntilNUL(limit)
	}
	if err != nil {
		return nil, err
	}
	// STOMP 1.1 and 1.2, "Body": all other frames must not have one. A line end
	// before the NUL is what some clients write by habit, and says nothing.
	if r.version != V10 && !hasBody(f.Command) && len(bytes.Trim(body, "\r\n")) > 0 {
		return nil, malformed("a %s frame must not have a body", f.Command)
	}
	return body, nil
}

// checkNoBody checks a frame that ended with its headers.
func checkNoBody(f *Frame) error {
	length, ok := f.Header("content-length")
	if !ok {
		return nil
	}
	if n, err := parseLength(length, 0); err != nil || n > 0 {
		return malformed("a content-length of %q in a frame that ends with its headers", clip(length))
	}
	return nil
}

// readSized reads a body whose length the peer has said, NUL octets and all.
// STOMP 1.2, "Header content-length".
func (r *Reader) readSized(length string, limit int) ([]byte, error) {
	n, err := parseLength(length, limit)
	if err != nil {
		return nil, err
	}
	body := make([]byte, 0, min(n, firstBody))
	for len(body) < n {
		if len(body) == cap(body) {
			if err := r.ask(len(body)+1, n); err != nil {
				return nil, err
			}
			body = withRoom(body, 1, n)
		}
		m, err := io.ReadFull(r.b, body[len(body):cap(body)])
		body = body[:len(body)+m]
		if err != nil {
			return nil, err
		}
	}
	end, err := r.b.ReadByte()
	if err != nil {
		return nil, err
	}
	if end != 0 {
		return nil, malformed("no NUL octet after the %d bytes of the body that content-length names", n)
	}
	return body, nil
}

// parseLength reads a content-length. It is digits and nothing else: a sign, a
// space or an overflow must not become another number.
func parseLength(s string, limit int) (int, error) {
	if s == "" {
		return 0, malformed("the content-length is empty")
	}
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return 0, malformed("the content-length %q is not a number of bytes", clip(s))
		}
	}
	n, err := strconv.ParseUint(s, 10, 31)
	if err != nil || n > uint64(limit) {
		return 0, tooLarge(LimitBody, "the content-length %s is over the limit of %d bytes", clip(s), limit)
	}
	return int(n), nil
}

// readUntilNUL reads a body whose length the peer has not said.
func (r *Reader) readUntilNUL(limit int) ([]byte, error) {
	var body []byte
	for {
		if _, err := r.b.Peek(1); err != nil {
			return nil, err
		}
		have, _ := r.b.Peek(r.b.Buffered())
		end := bytes.IndexByte(have, 0)
		if end >= 0 {
			have = have[:end]
		}
		if len(body)+len(have) > limit {
			return nil, tooLarge(LimitBody, "the body has more than %d bytes", limit)
		}
		if err := r.ask(len(body)+len(have), limit); err != nil {
			return nil, err
		}
		if end >= 0 && body == nil {
			body = bytes.Clone(have)
		} else {
			body = append(withRoom(body, len(have), limit), have...)
		}
		_, _ = r.b.Discard(len(have)) // cannot fail: it is buffered
		if end >= 0 {
			_, _ = r.b.Discard(1)
			return body, nil
		}
	}
}

// withRoom returns body with room for n bytes more: half the limit, or half of that and so on, so that all the rooms
// that a body has had are twice its limit together.
func withRoom(body []byte, n, limit int) []byte {
	need := len(body) + n
	if need <= cap(body) {
		return body
	}
	room := max(limit, need)
	for room/2 >= need {
		room /= 2
	}
	grown := make([]byte, len(body), room)
	copy(grown, body)
	return grown
}
