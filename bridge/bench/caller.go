package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// caller is a connection of the plainest HTTP client there can be, which keeps its
// connection and has one call under way. It knows answers with a Content-Length
// and no others. It belongs to one goroutine.
type caller struct {
	conn    net.Conn
	in, out []byte // what was read, and the request under way
}

func dialCaller(ctx context.Context, addr string) (*caller, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	return &caller{conn: conn, in: make([]byte, 4<<10)}, nil
}

// dialCallers connects n callers. Those that it made are returned with the error too.
func dialCallers(ctx context.Context, addr string, n int) (callers, error) {
	var list callers
	for range n {
		c, err := dialCaller(ctx, addr)
		if err != nil {
			return list, fmt.Errorf("connection %d of %d: %w", len(list)+1, n, err)
		}
		list = append(list, c)
	}
	return list, nil
}

// callers are connections to one server.
type callers []*caller

func (l callers) close() error {
	var err error
	for _, c := range l {
		err = errors.Join(err, c.conn.Close())
	}
	return err
}

// work has each connection do p once, and again for d or until there is nothing left to
// do, and returns how much was done in all.
func (l callers) work(d time.Duration, p piece) (messages int, err error) {
	var sum atomic.Int64
	var over atomic.Bool
	defer time.AfterFunc(d, func() { over.Store(true) }).Stop()
	var g errgroup.Group
	for i, c := range l {
		// Ends when over is set.
		g.Go(func() error {
			for {
				n, err := p(c, i)
				sum.Add(int64(n))
				if err != nil || n == 0 {
					over.Store(true)
				}
				if err != nil || over.Load() {
					return err
				}
			}
		})
	}
	err = g.Wait()
	return int(sum.Load()), err
}

// call sends a request and returns the body of its answer, which is good until
// the next call.
func (c *caller) call(request []byte) ([]byte, error) {
	if _, err := c.conn.Write(request); err != nil {
		return nil, err
	}
	for have := 0; ; {
		n, err := c.conn.Read(c.in[have:])
		if err != nil {
			return nil, err
		}
		have += n
		head, size, err := readHead(c.in[:have])
		if err != nil {
			return nil, err
		}
		if head > 0 && have >= head+size {
			return c.in[head : head+size], nil
		}
		if have == len(c.in) {
			c.in = append(c.in, make([]byte, have)...)
		}
	}
}

// readHead returns how long the head and the body of an answer are; a head of 0
// has not come yet.
func readHead(b []byte) (head, size int, err error) {
	end := bytes.Index(b, []byte("\r\n\r\n"))
	if end < 0 {
		return 0, 0, nil
	}
	_, rest, ok := bytes.Cut(b[:end+2], []byte("\r\nContent-Length: "))
	if !ok || !bytes.HasPrefix(b, []byte("HTTP/1.1 200 ")) {
		return 0, 0, fmt.Errorf("the server answered %.500q", b)
	}
	digits, _, _ := bytes.Cut(rest, []byte("\r\n"))
	size, err = strconv.Atoi(string(digits))
	return end + 4, size, err
}

// sign makes the request of a call in memory that is used again.
func (c *caller) sign(s *signer, action string, body []byte) []byte {
	c.out = s.append(c.out[:0], action, body, time.Now())
	return c.out
}

// do signs and makes one call.
func (c *caller) do(s *signer, action string, body []byte) ([]byte, error) {
	return c.call(c.sign(s, action, body))
}
