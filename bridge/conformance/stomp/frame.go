package stomp

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// Versions of the standard.
const (
	v10 = "1.0"
	v11 = "1.1"
	v12 = "1.2"
)

// frame is one that a server has sent.
type frame struct {
	command string
	headers [][2]string
	body    []byte
	raw     string // its lines as they came
}

// header returns the first value of a name.
func (f *frame) header(name string) (string, bool) {
	for _, h := range f.headers {
		if h[0] == name {
			return h[1], true
		}
	}
	return "", false
}

// is reports whether a header has this value.
func (f *frame) is(name, value string) bool {
	v, ok := f.header(name)
	return ok && v == value
}

func (f *frame) String() string {
	if f.command == "" {
		return "nothing"
	}
	return clip(f.raw + "\n\n" + string(f.body))
}

// clip quotes s and cuts it to a length that a table bears.
func clip(s string) string {
	const most = 300
	if len(s) <= most {
		return strconv.Quote(s)
	}
	return fmt.Sprintf("%s… (%d octets)", strconv.Quote(s[:most]), len(s))
}

// parse takes the first frame off b, and returns how many octets it had; 0 when it
// is not whole yet. Leading line ends are no part of it and must be gone.
func parse(b []byte, version string) (f frame, n int, err error) {
	end := bytes.Index(b, []byte("\n\n"))
	step := 2
	if crlf := bytes.Index(b, []byte("\n\r\n")); crlf >= 0 && (end < 0 || crlf < end) {
		end, step = crlf, 3
	}
	if end < 0 {
		return f, 0, nil
	}
	f.raw = string(b[:end])
	lines := strings.Split(f.raw, "\n")
	f.command = strings.TrimSuffix(lines[0], "\r")
	for _, line := range lines[1:] {
		h, err := parseHeader(strings.TrimSuffix(line, "\r"), version, f.command)
		if err != nil {
			return f, 0, err
		}
		f.headers = append(f.headers, h)
	}
	size, err := f.takeBody(b[end+step:])
	if size == 0 || err != nil {
		return f, 0, err
	}
	return f, end + step + size, f.check()
}

// parseHeader reads one line. 1.0 has no escapes, and CONNECTED never.
func parseHeader(line, version, command string) (h [2]string, err error) {
	name, value, ok := strings.Cut(line, ":")
	if !ok {
		return h, fmt.Errorf("a header line without a colon: %q", line)
	}
	if version == v10 || command == "CONNECTED" {
		return [2]string{name, value}, nil
	}
	if strings.Contains(value, ":") && version == v12 {
		return h, fmt.Errorf("a colon that is not escaped in %q", line)
	}
	if name, err = unescape(name, version); err != nil {
		return h, err
	}
	value, err = unescape(value, version)
	return [2]string{name, value}, err
}

func unescape(s, version string) (string, error) {
	b := &strings.Builder{}
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			b.WriteByte(s[i])
			continue
		}
		i++
		switch {
		case i < len(s) && s[i] == 'n':
			b.WriteByte('\n')
		case i < len(s) && s[i] == 'c':
			b.WriteByte(':')
		case i < len(s) && s[i] == '\\':
			b.WriteByte('\\')
		case i < len(s) && s[i] == 'r' && version == v12:
			b.WriteByte('\r')
		default:
			return "", fmt.Errorf("an undefined escape in %q", s)
		}
	}
	return b.String(), nil
}

// takeBody reads the body at the beginning of b, and returns its length with the
// NUL; 0 when it is not whole yet.
func (f *frame) takeBody(b []byte) (int, error) {
	size := bytes.IndexByte(b, 0)
	if h, ok := f.header("content-length"); ok {
		n, err := strconv.Atoi(h)
		if err != nil || n < 0 || n > maxBuffer {
			return 0, fmt.Errorf("content-length %q", h)
		}
		size = n
	}
	if size < 0 || len(b) <= size {
		return 0, nil
	}
	if b[size] != 0 {
		return 0, fmt.Errorf("no NUL octet after the %d octets of the body", size)
	}
	f.body = bytes.Clone(b[:size])
	return size + 1, nil
}

// check holds every frame to what the standard says of all of them.
func (f *frame) check() error {
	switch f.command {
	case "MESSAGE", "ERROR":
		return nil
	case "CONNECTED", "RECEIPT":
		if len(f.body) > 0 {
			return fmt.Errorf("a %s frame with a body", f.command)
		}
		return nil
	}
	return fmt.Errorf("%q is no command of a server", f.command)
}
