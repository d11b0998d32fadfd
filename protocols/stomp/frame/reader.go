package frame

import (
	"bufio"
	"bytes"
	"io"
	"strings"
	"unicode/utf8"
)

// Reader reads frames from a stream. One goroutine may use it.
type Reader struct {
	b       *bufio.Reader
	version Version
	limits  Limits

	block   []byte // command and header lines of the frame being read, without their ends
	ends    []int  // where each line ends in block
	headers []Header

	memory
}

// NewReader returns a Reader of r that starts Unnegotiated.
func NewReader(r io.Reader, l Limits) *Reader {
	return &Reader{b: bufio.NewReaderSize(r, bufferSize), limits: l}
}

// SetVersion makes v the version of the frames that follow.
func (r *Reader) SetVersion(v Version) { r.version = v }

// SetLimits makes l the limits of the frames that follow.
func (r *Reader) SetLimits(l Limits) { r.limits = l }

// Read returns the next frame and passes by the line ends before it. Of repeated
// headers only the first is returned. STOMP 1.2, "Repeated Header Entries".
//
// The strings and the body belong to the caller; the slice Headers is good until
// the next Read. The error is io.EOF between frames, io.ErrUnexpectedEOF inside
// of one, a *FormatError, or the stream's own. When the error concerns the body,
// the frame's command and headers are returned with it.
func (r *Reader) Read() (Frame, error) {
	if err := r.skipLineEnds(); err != nil {
		return Frame{}, err
	}
	ended, err := r.readBlock()
	if err != nil {
		return Frame{}, noEOF(err)
	}
	f, err := r.parse()
	if cap(r.block) > keptBlock {
		r.block = nil // before the body comes, which may take its time
	}
	switch {
	case err != nil:
	case ended:
		err = checkNoBody(&f)
	default:
		f.Body, err = r.readBody(&f)
	}
	return f, noEOF(err)
}

// skipLineEnds passes by heart-beats and the line ends that may follow a frame.
func (r *Reader) skipLineEnds() error {
	for {
		c, err := r.b.ReadByte()
		if err != nil {
			return err
		}
		switch c {
		case '\n':
		case '\r':
			if next, err := r.b.ReadByte(); err != nil {
				return noEOF(err)
			} else if next != '\n' {
				return malformed("a carriage return between frames is not followed by a line feed")
			}
		default:
			return r.b.UnreadByte()
		}
	}
}

// readBlock reads the command and the header lines into r.block and r.ends, up to
// and with the blank line. It reports whether the frame ended there.
func (r *Reader) readBlock() (ended bool, err error) {
	r.block, r.ends = r.block[:0], r.ends[:0]
	r.asked, r.held = 0, 0
	if err := r.readLine(maxCommand, "command line"); err != nil {
		return false, err
	}
	if err := checkCommand(r.block); err != nil {
		return false, err
	}
	r.ends = append(r.ends, len(r.block))
	command := commandOf(r.block)
	for {
		if ended, err := r.endsEarly(command); ended || err != nil {
			return ended, err
		}
		start := len(r.block)
		if err := r.readLine(r.limits.HeaderBytes, "command and headers"); err != nil {
			return false, err
		}
		if len(r.block) == start {
			return false, nil
		}
		if len(r.ends) > r.limits.Headers {
			return false, tooLarge(LimitHeaders, "more than %d header lines", r.limits.Headers)
		}
		r.ends = append(r.ends, len(r.block))
	}
}

// endsEarly reports whether the NUL stands where a header line would begin, and
// takes it. The examples of DISCONNECT and RECEIPT in the standard leave the
// blank line out, and clients have copied them; where there can be no body,
// nothing is in doubt.
func (r *Reader) endsEarly(command string) (bool, error) {
	c, err := r.b.Peek(1)
	if err != nil {
		return false, err
	}
	if c[0] != 0 {
		return false, nil
	}
	if hasBody(command) {
		return false, malformed("a %s frame has a NUL octet before the blank line that ends its headers", command)
	}
	_, err = r.b.Discard(1)
	return true, err
}

// readLine appends one line to r.block without its end. It never waits for more
// than it needs, and fails at the first byte over limit, which counts all of r.block.
func (r *Reader) readLine(limit int, what string) error {
	start := len(r.block)
	for {
		if _, err := r.b.Peek(1); err != nil {
			return err
		}
		have, _ := r.b.Peek(r.b.Buffered())
		end := bytes.IndexByte(have, '\n')
		if end >= 0 {
			have = have[:end+1]
		}
		if bytes.IndexByte(have, 0) >= 0 {
			return malformed("a NUL octet in the %s", what)
		}
		if len(r.block)+len(have) > limit {
			return tooLarge(LimitHeaderBytes, "the %s has more than %d bytes", what, limit)
		}
		if err := r.ask(len(r.block)+len(have), r.limits.HeaderBytes); err != nil {
			return err
		}
		r.block = append(withRoom(r.block, len(have), limit), have...)
		_, _ = r.b.Discard(len(have)) // cannot fail: it is buffered
		if end >= 0 {
			return r.cutLineEnd(start)
		}
	}
}

// cutLineEnd takes the end of the line that begins at start off r.block.
func (r *Reader) cutLineEnd(start int) error {
	n := len(r.block) - 1
	if r.version != V11 && n > start && r.block[n-1] == '\r' {
		n--
	}
	r.block = r.block[:n]
	// STOMP 1.2, "Augmented BNF": a header holds no CR. 1.0 and 1.1 do not mind.
	if r.version != V10 && r.version != V11 && bytes.IndexByte(r.block[start:], '\r') >= 0 {
		return malformed("a carriage return is not followed by a line feed")
	}
	return nil
}

func checkCommand[T string | []byte](b T) error {
	if len(b) == 0 {
		return malformed("the command is missing")
	}
	for i := 0; i < len(b); i++ {
		if b[i] < 'A' || b[i] > 'Z' {
			return malformed("%q is not a command", clip(string(b)))
		}
	}
	return nil
}

// parse makes a frame without body of r.block. All its strings share one copy, unless that is so
// large that who keeps one of them should not keep all.
func (r *Reader) parse() (Frame, error) {
	start := r.ends[0]
	f := Frame{Command: commandOf(r.block[:start])}
	if r.version >= V11 && !utf8.Valid(r.block) {
		return f, malformed("the headers are not UTF-8")
	}
	shared := ""
	if len(r.block) <= sharedBlock {
		shared = string(r.block)
	}
	trim := r.trims(f.Command)
	r.headers = r.headers[:0]
	for _, end := range r.ends[1:] {
		line := ""
		if shared != "" {
			line = shared[start:end]
		} else {
			line = string(r.block[start:end])
		}
		if err := r.addHeader(f.Command, line, trim); err != nil {
			return f, err
		}
		start = end
	}
	f.Headers = r.headers
	return f, nil
}

// padding is what servers of STOMP 1.0 cut off headers: its examples are written
// "login: <username>". Later versions must never do so.
const padding = " \t\r"

// trims reports whether padding is cut off. A CONNECT frame without
// accept-version is one of STOMP 1.0. STOMP 1.2, "Protocol Negotiation".
func (r *Reader) trims(command string) bool {
	if r.version != Unnegotiated || !plain(command) {
		return r.version == V10
	}
	start := r.ends[0]
	for _, end := range r.ends[1:] {
		if bytes.HasPrefix(r.block[start:end], []byte("accept-version:")) {
			return false
		}
		start = end
	}
	return true
}

// addHeader reads one header line. The first of several with one name wins.
func (r *Reader) addHeader(command, line string, trim bool) error {
	name, value, ok := strings.Cut(line, ":")
	if !ok {
		return malformed("the header line %q has no colon", clip(line))
	}
	if trim {
		name, value = strings.Trim(name, padding), strings.Trim(value, padding)
	}
	if r.version.escapes(command) {
		var err error
		if name, err = unescape(name, r.version); err != nil {
			return err
		}
		if value, err = unescape(value, r.version); err != nil {
			return err
		}
	}
	if name == "" {
		return malformed("the header line %q has no name", clip(line))
	}
	for i := range r.headers {
		if r.headers[i].Name == name {
			return nil
		}
	}
	r.headers = append(r.headers, Header{name, value})
	return nil
}

// clip keeps what is quoted from a frame short.
func clip(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	return s[:most] + "…"
}

// noEOF says that a stream that ends here ends too early.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
