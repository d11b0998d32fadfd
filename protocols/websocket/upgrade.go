package websocket

import (
	"bufio"
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
)

// Accept reads the request of a client and makes a WebSocket of its connection. All
// else is answered as HTTP has it, and is a *Refused: nc is to be closed then. The
// caller sets the deadlines for both ways.
func Accept(nc net.Conn, o *Options) (*Conn, error) {
	bounded := &bounded{r: nc, left: o.HeaderBytes, lines: maxLines}
	in := bufio.NewReader(bounded)
	r, err := http.ReadRequest(in)
	no := unreadable(err, o.HeaderBytes)
	if err == nil {
		no = o.check(r)
	}
	if no != nil {
		return nil, errors.Join(no, no.answer(nc))
	}
	bounded.left, bounded.lines = math.MaxInt, math.MaxInt
	c := &Conn{Conn: nc, in: in, timeout: o.WriteTimeout}
	c.cut = o.Cut
	c.told = o.Binary
	c.binary.Store(o.Binary)
	c.SetMessageLimit(o.Message)
	_, err = io.WriteString(nc, o.welcome(r))
	return c, err
}

// maxLines bounds the header lines of a request: read, each takes far more memory than its bytes.
const maxLines = 256

// What a request has more of than it may.
var (
	errHeader = errors.New("the header is too long")
	errLines  = errors.New("the header has too many lines")
)

// bounded reads no more than left and lines, and says so.
type bounded struct {
	r           io.Reader
	left, lines int
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errHeader
	}
	n, err := b.r.Read(p[:min(len(p), b.left)])
	b.left -= n
	if b.lines < math.MaxInt {
		b.lines -= bytes.Count(p[:n], []byte("\n"))
	}
	if b.lines < 0 {
		return 0, errLines
	}
	return n, err
}

// unreadable is the answer to what could not be read as a request.
func unreadable(err error, most int) *Refused {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errHeader):
		return refused(http.StatusRequestHeaderFieldsTooLarge, "The header of a request has at most %d bytes.", most)
	case errors.Is(err, errLines):
		return refused(http.StatusRequestHeaderFieldsTooLarge, "The header of a request has at most %d lines.", maxLines)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return refused(http.StatusRequestTimeout, "The request did not come in time.")
	case err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF):
		return refused(http.StatusBadRequest, "The request ends early.")
	}
	return refused(http.StatusBadRequest, "This is no HTTP request.")
}

// check says why r makes no WebSocket, or nil. RFC 6455, 4.2.1.
func (o *Options) check(r *http.Request) *Refused {
	switch {
	case r.Method != http.MethodGet:
		return refused(http.StatusMethodNotAllowed, "There is nothing here but WebSocket, which begins with GET.")
	case o.Paths != nil && !slices.Contains(o.Paths, r.URL.Path):
		return refused(http.StatusNotFound, "WebSocket is at %s.", strings.Join(o.Paths, ", "))
	case !has(r.Header, "Connection", "upgrade") || !has(r.Header, "Upgrade", "websocket"):
		return refused(http.StatusUpgradeRequired, "There is nothing here but WebSocket: ask for Upgrade: websocket.")
	case r.Header.Get("Sec-Websocket-Version") != "13":
		return refused(http.StatusUpgradeRequired, "The version of WebSocket here is 13.")
	case !r.ProtoAtLeast(1, 1) || r.Host == "":
		return refused(http.StatusBadRequest, "WebSocket needs HTTP/1.1 and a Host header.")
	case r.ContentLength != 0:
		return refused(http.StatusBadRequest, "A request for WebSocket has no body.")
	case !isKey(r.Header.Values("Sec-Websocket-Key")):
		return refused(http.StatusBadRequest, "Sec-WebSocket-Key must be 16 bytes in base64.")
	case !o.allowed(r):
		return refused(http.StatusForbidden, "Pages of the origin %s may not connect. The server's setting %s names those that may.",
			strings.Join(quotedAll(r.Header.Values("Origin")), ", "), o.OriginsSetting)
	}
	return nil
}

func isKey(values []string) bool {
	if len(values) != 1 {
		return false
	}
	b, err := base64.StdEncoding.DecodeString(values[0])
	return err == nil && len(b) == 16
}

// has reports whether a header that is a list has a word in it.
func has(h http.Header, name, word string) bool {
	return slices.ContainsFunc(list(h, name), func(s string) bool { return strings.EqualFold(s, word) })
}

func list(h http.Header, name string) []string {
	words := strings.Split(strings.Join(h.Values(name), ","), ",")
	for i := range words {
		words[i] = strings.TrimSpace(words[i])
	}
	return words
}

// welcome is the answer that makes a WebSocket. A client that offers no subprotocol of
// ours gets none, and leaves if it minds. RFC 6455, 4.2.2.
func (o *Options) welcome(r *http.Request) string {
	// The standard asks for SHA-1, which keeps no secret here.
	sum := sha1.Sum([]byte(r.Header.Get("Sec-Websocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	answer := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: " + base64.StdEncoding.EncodeToString(sum[:]) + "\r\n"
	offered := list(r.Header, "Sec-Websocket-Protocol")
	for _, p := range o.Protocols {
		if slices.Contains(offered, p) {
			answer += "Sec-WebSocket-Protocol: " + p + "\r\n"
			break
		}
	}
	return answer + "\r\n"
}

// answer writes a refusal.
func (r *Refused) answer(w io.Writer) error {
	more := ""
	switch r.Status {
	case http.StatusMethodNotAllowed:
		more = "Allow: GET\r\n"
	case http.StatusUpgradeRequired:
		more = "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
	}
	_, err := fmt.Fprintf(w, "HTTP/1.1 %d %s\r\n%sConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n"+
		"X-Content-Type-Options: nosniff\r\nContent-Length: %d\r\n\r\n%s\n",
		r.Status, http.StatusText(r.Status), more, len(r.Sentence)+1, r.Sentence)
	return err
}
