package rig

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
)

// Tap stands between HTTP clients and their server and reads along what clients ask. It
// passes on every byte as it comes, so that neither side behaves as it would to a proxy:
// a client's signature, its connections and its hurry reach the server unchanged.
// Its methods may be called from any goroutine.
type Tap struct {
	server string
	see    func(r *http.Request, body []byte)
	l      net.Listener
	work   sync.WaitGroup

	mu     sync.Mutex
	closed bool
	conns  map[net.Conn]bool
}

// OpenTap listens on a free loopback port and passes on to server. see is called with each
// request that a client has made, from one goroutine for each connection. Close ends it.
func OpenTap(server string, see func(r *http.Request, body []byte)) (*Tap, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	t := &Tap{server: server, see: see, l: l, conns: make(map[net.Conn]bool)}
	// Ends with Close.
	t.work.Go(t.accept)
	return t, nil
}

// Addr is where clients find the server.
func (t *Tap) Addr() string { return t.l.Addr().String() }

// Close cuts every connection. When it returns, see has been called for everything that was asked.
func (t *Tap) Close() {
	_ = t.l.Close() // ends accept, whatever it says
	t.mu.Lock()
	t.closed = true
	for c := range t.conns {
		_ = c.Close() // it may be gone already
	}
	t.mu.Unlock()
	t.work.Wait()
}

func (t *Tap) accept() {
	for {
		client, err := t.l.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", t.server)
		if err != nil {
			_ = client.Close() // what a client of a server that is gone sees, too
			continue
		}
		if t.keep(client, server) {
			// Ends with either connection.
			t.work.Go(func() { t.pass(client, server) })
		}
	}
}

// keep remembers connections for Close to cut, or cuts them if it was here before.
func (t *Tap) keep(conns ...net.Conn) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range conns {
		if t.closed {
			_ = c.Close()
		} else {
			t.conns[c] = true
		}
	}
	return !t.closed
}

func (t *Tap) pass(client, server net.Conn) {
	var both sync.WaitGroup
	heard, tell := io.Pipe()
	// Ends with the client's stream, which tells it.
	both.Go(func() { t.listen(heard) })
	// Ends with the client's stream, or when the server's is closed below.
	both.Go(func() {
		_, err := io.Copy(server, io.TeeReader(client, tell))
		_ = tell.CloseWithError(errors.Join(err, io.EOF))
		_ = server.(*net.TCPConn).CloseWrite() // a client may close its half first
	})
	_, _ = io.Copy(client, server) // how it ended is for the client to see
	t.drop(client, server)
	both.Wait()
}

func (t *Tap) drop(conns ...net.Conn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range conns {
		_ = c.Close()
		delete(t.conns, c)
	}
}

// listen reads requests until there is no more, or what comes is none.
func (t *Tap) listen(stream *io.PipeReader) {
	r := bufio.NewReader(stream)
	for {
		request, err := http.ReadRequest(r)
		if err != nil {
			break
		}
		body, err := io.ReadAll(request.Body)
		if err != nil {
			break
		}
		t.see(request, body)
	}
	_, _ = io.Copy(io.Discard, stream) // the stream goes on whatever is understood of it
}
