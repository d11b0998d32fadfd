package socket

import (
	"io"
	"syscall"
)

// Writer writes to a socket without waiting for it. One goroutine at a time may
// use it, and none that writes in another way at the same time.
type Writer struct {
	conn syscall.RawConn
	try  func(fd uintptr) bool
	b    []byte
	n    int
}

// NewWriter returns a Writer of w, or nil when w is no socket: what lies over
// one, as TLS does, cannot be written in part.
func NewWriter(w io.Writer) *Writer {
	socket, ok := w.(syscall.Conn)
	if !ok || !canTry {
		return nil
	}
	conn, err := socket.SyscallConn()
	if err != nil {
		return nil
	}
	x := &Writer{conn: conn}
	x.try = func(fd uintptr) bool {
		x.n = tryWrite(fd, x.b)
		return true
	}
	return x
}

// Try returns how many bytes of b the socket has taken: fewer than all when the
// peer does not keep up, or the connection is gone. A Write of the rest tells
// which.
func (x *Writer) Try(b []byte) int {
	x.b, x.n = b, 0
	_ = x.conn.Write(x.try) // then nothing is taken
	x.b = nil
	return x.n
}
