package stomp

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// fake is a small server that keeps to the standard, but for its faults. It holds
// everything in memory, under one lock.
type fake struct {
	faults []string
	mu     sync.Mutex
	queues map[string]*fakeQueue
	made   int // message ids, session ids
}

type fakeQueue struct {
	messages []*fakeMessage
	subs     []*fakeSub
}

type fakeMessage struct {
	id      string
	headers [][2]string
	body    []byte
}

type fakeSub struct {
	conn           *fakeConn
	id, dest, mode string
	named          bool
}

// fakeConn is one client of the fake.
type fakeConn struct {
	*fake
	nc      net.Conn
	r       *bufio.Reader
	version string
	out     chan string
	subs    []*fakeSub
	unacked []*fakeDelivery
	txs     map[string][]func() error
	usedTxs map[string]bool
	held    string        // a receipt, by the fault receipts-shuffled
	late    []func()      // sends, by the fault drops-at-close
	wants   time.Duration // interval of the beats that the client has promised

	lastBeat time.Time
}

type fakeDelivery struct {
	sub *fakeSub
	m   *fakeMessage
}

const fakeLogin, fakePasscode = "user", "secret"

func (f *fake) has(fault string) bool { return slices.Contains(f.faults, fault) }

// startFake serves on the loopback until the test ends.
func startFake(t *testing.T, faults ...string) string {
	t.Helper()
	return serveFake(t, &fake{faults: faults, queues: make(map[string]*fakeQueue)})
}

// serveFake is startFake for one that the test looks into.
func serveFake(t *testing.T, f *fake) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	var open []net.Conn
	// Ends when the listener is closed.
	all.Go(func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, nc)
			mu.Unlock()
			// Ends when its connection does.
			all.Go(func() { f.serve(nc) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		mu.Lock()
		for _, nc := range open {
			_ = nc.Close()
		}
		mu.Unlock()
		all.Wait()
	})
	return l.Addr().String()
}

// errFake is what the client is told in an ERROR.
type errFake string

func (e errFake) Error() string { return string(e) }

var errSilently = errors.New("close without a word")

func (f *fake) serve(nc net.Conn) {
	c := &fakeConn{
		fake: f, nc: nc, r: bufio.NewReaderSize(nc, 1<<16), version: v10, out: make(chan string, 10_000),
		txs: make(map[string][]func() error), usedTxs: make(map[string]bool),
	}
	written := make(chan struct{})
	// Ends when out is closed.
	go func() {
		defer close(written)
		for s := range c.out {
			_, _ = io.WriteString(nc, s) // a client that is gone
		}
	}()
	c.exchange()
	f.mu.Lock()
	c.leave()
	close(c.out)
	f.mu.Unlock()
	<-written
	// What is unread would reset the connection, and take the last frame along.
	_ = nc.(*net.TCPConn).CloseWrite()
	_ = nc.SetReadDeadline(time.Now().Add(time.Minute))
	_, _ = io.Copy(io.Discard, nc)
	_ = nc.Close()
}

// exchange serves frames until the connection must end.
func (c *fakeConn) exchange() {
	for {
		f, err := c.read()
		if err == nil {
			c.mu.Lock()
			err = c.handle(f)
			c.mu.Unlock()
		}
		if c.has("drops-batch") && c.version != "" {
			_, _ = c.r.Discard(c.r.Buffered())
		}
		var told errFake
		switch {
		case err == nil:
		case errors.As(err, &told):
			c.tell(f, told)
			if !c.has("no-close") {
				return
			}
		default:
			return
		}
	}
}

// tell sends an ERROR.
func (c *fakeConn) tell(f *frame, why errFake) {
	if c.has("silent-errors") {
		c.push("ERROR\n\n" + string(why) + "\x00")
		return
	}
	s := "ERROR\nmessage:refused\ncontent-type:text/plain\ncontent-length:" + strconv.Itoa(len(why)) + "\n"
	if r, ok := f.header("receipt"); ok {
		s += "receipt-id:" + c.escaped(r) + "\n"
	}
	if strings.HasPrefix(string(why), "Supported") && !c.has("error-without-version") {
		s += "version:1.0,1.1,1.2\n"
	}
	c.push(s + "\n" + string(why) + "\x00")
}

func (c *fakeConn) push(s string) {
	select {
	case c.out <- s:
	default: // a client that does not read
	}
}

// read takes one frame off the wire.
func (c *fakeConn) read() (*frame, error) {
	f := &frame{}
	if err := c.command(f); err != nil {
		return f, err
	}
	for n := 0; ; n++ {
		line, err := c.line(false)
		if err != nil {
			return f, err
		}
		if line == "" {
			break
		}
		if n > 1000 && !c.has("no-limits") {
			return f, c.limit("too many headers")
		}
		if err := c.header(f, line); err != nil {
			return f, err
		}
	}
	return f, c.body(f)
}

func (c *fakeConn) limit(what string) error {
	if c.has("limits-close") {
		return errSilently
	}
	return errFake(what)
}

// command reads the first line, which may have line ends before it.
func (c *fakeConn) command(f *frame) error {
	for f.command == "" {
		line, err := c.line(true)
		if err != nil {
			return err
		}
		if line == "" && c.has("no-eol") {
			return errFake("an empty command")
		}
		f.command = line
	}
	if c.has("any-case") {
		f.command = strings.ToUpper(f.command)
	}
	return nil
}

// line reads one line; first: it may be long until it comes.
func (c *fakeConn) line(first bool) (string, error) {
	if c.has("one-read") {
		_, _ = c.r.Peek(1)
		if b, _ := c.r.Peek(c.r.Buffered()); !bytes.Contains(b, []byte("\n")) {
			return "", errSilently
		}
	}
	if first && c.wants > 0 {
		if err := c.awaitBeat(); err != nil {
			return "", err
		}
	}
	b, err := c.r.ReadSlice('\n')
	if err == bufio.ErrBufferFull {
		return "", c.limit("a line that is too long")
	}
	if err != nil {
		return "", err
	}
	s := strings.TrimSuffix(string(b), "\n")
	if (c.version == v12 || !c.connected() || c.has("crlf-always")) && !c.has("no-crlf") {
		s = strings.TrimSuffix(s, "\r")
	}
	return s, nil
}

func (c *fakeConn) connected() bool { return c.usedTxs["connected"] }

// awaitBeat waits for a sign of life as long as the client may be silent.
func (c *fakeConn) awaitBeat() error {
	d := 2 * c.wants
	if c.has("intolerant") {
		d = c.wants + c.wants/20
	}
	until := time.Now().Add(d)
	for {
		_ = c.nc.SetReadDeadline(until)
		b, err := c.r.Peek(1)
		if err != nil {
			return err
		}
		eol := b[0] == '\n'
		switch {
		case c.has("wants-frames") && eol: // a line end is no sign of life to it
			_, _ = c.r.Discard(1)
			continue
		case c.has("wants-newlines") && !eol && time.Now().After(c.lastBeat.Add(d)):
			return errSilently
		case eol:
			c.lastBeat = time.Now()
		}
		_ = c.nc.SetReadDeadline(time.Time{})
		return nil
	}
}

func (c *fakeConn) header(f *frame, line string) error {
	name, value, ok := strings.Cut(line, ":")
	if !ok {
		if c.has("ignores-bad-lines") {
			return nil
		}
		return errFake("no colon")
	}
	escapes := c.version != v10 && c.connected() || c.has("decodes-in-1.0") && c.connected() ||
		c.has("decodes-connect") && !c.connected()
	if escapes {
		version := c.version
		if version == v10 {
			version = v12
		}
		if c.has("cr-undefined") {
			version = v11
		}
		var err [2]error
		name, err[0] = unescape(name, version)
		value, err[1] = unescape(value, version)
		if errors.Join(err[:]...) != nil {
			if !c.has("lenient-escapes") {
				return errFake("undefined escape")
			}
			name, value, _ = strings.Cut(line, ":")
		}
	}
	if c.has("trim") {
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
	}
	if c.has("ascii-only") {
		value = strings.Map(func(r rune) rune {
			if r > 126 {
				return '?'
			}
			return r
		}, value)
	}
	h := [2]string{name, value}
	if c.has("last-wins") {
		f.headers = slices.Insert(f.headers, 0, h)
	} else {
		f.headers = append(f.headers, h)
	}
	return nil
}

func (c *fakeConn) body(f *frame) error {
	h, counted := f.header("content-length")
	n, _ := strconv.Atoi(h)
	if c.has("ignores-content-length") {
		counted = false
	}
	if c.has("needs-content-length") {
		counted = true
	}
	if counted && n > 16<<20 && !c.has("no-limits") {
		return c.limit("a body that is too long")
	}
	if counted {
		f.body = make([]byte, n)
		if _, err := io.ReadFull(c.r, f.body); err != nil {
			return err
		}
		if b, err := c.r.ReadByte(); err != nil || b != 0 {
			return errFake("no NUL")
		}
	} else {
		b, err := c.r.ReadBytes(0)
		if err != nil {
			return err
		}
		f.body = b[:len(b)-1]
	}
	return nil
}

// escaped is s as a header line of the version holds it.
func (c *fakeConn) escaped(s string) string {
	if c.has("no-escaping") {
		return strings.ReplaceAll(s, "\n", "")
	}
	v := c.version
	if v == v10 && c.has("escapes-in-1.0") {
		v = v12
	}
	return (&client{version: v}).escape(s)
}

// receipt answers f, if it asks for it.
func (c *fakeConn) receipt(f *frame) {
	id, ok := f.header("receipt")
	if !ok && c.has("receipts-always") && f.command == "SEND" {
		id, ok = "unasked", true
	}
	if !ok || c.has("no-receipts") {
		return
	}
	if !c.has("receipt-unescaped") {
		id = c.escaped(id)
	}
	s := "RECEIPT\nreceipt-id:" + id + "\n\n\x00"
	if c.has("receipts-shuffled") {
		if c.held == "" {
			c.held = s
			return
		}
		s, c.held = s+c.held, ""
	}
	c.push(s)
}

// dispatch sends what waits in a queue to its first subscription.
func (f *fake) dispatch(dest string) {
	q := f.queue(dest)
	for len(q.messages) > 0 && len(q.subs) > 0 {
		m, s := q.messages[0], q.subs[0]
		q.messages = q.messages[1:]
		s.conn.deliver(s, m)
	}
}

func (f *fake) queue(dest string) *fakeQueue {
	if f.queues[dest] == nil {
		f.queues[dest] = &fakeQueue{}
	}
	return f.queues[dest]
}

func (c *fakeConn) deliver(s *fakeSub, m *fakeMessage) {
	b := &bytes.Buffer{}
	line := func(name, value string) { fmt.Fprintf(b, "%s:%s\n", c.escaped(name), c.escaped(value)) }
	b.WriteString("MESSAGE\n")
	dest := s.dest
	if c.has("other-destination") {
		dest += "-other"
	}
	if !c.has("no-destination") {
		line("destination", dest)
	}
	line("message-id", m.id)
	id := s.id
	if c.has("wrong-subscription") {
		id = c.subs[0].id
	}
	if s.named && !c.has("no-subscription") {
		line("subscription", id)
	}
	if s.mode != "auto" && c.version == v12 && !c.has("no-ack-header") {
		line("ack", m.id)
	}
	if !c.has("no-content-length") {
		line("content-length", strconv.Itoa(len(m.body)))
	}
	for _, h := range m.headers {
		line(h[0], h[1])
	}
	fmt.Fprintf(b, "\n%s\x00", m.body)
	c.push(b.String())
	if s.mode != "auto" {
		c.unacked = append(c.unacked, &fakeDelivery{s, m})
	}
}

// requeue puts deliveries back in front of their queues.
func (f *fake) requeue(ds []*fakeDelivery) {
	for _, d := range slices.Backward(ds) {
		q := f.queue(d.sub.dest)
		q.messages = slices.Insert(q.messages, 0, d.m)
	}
	for _, d := range ds {
		f.dispatch(d.sub.dest)
	}
}

// leave gives back what the client holds.
func (c *fakeConn) leave() {
	for _, s := range c.subs {
		c.detach(s)
	}
	if c.has("commits-at-the-end") {
		for _, tx := range c.txs {
			for _, do := range tx {
				_ = do() // nobody listens
			}
		}
	}
	if !c.has("delivers-once") {
		c.requeue(c.unacked)
	}
}

func (c *fakeConn) detach(s *fakeSub) {
	q := c.queue(s.dest)
	q.subs = slices.DeleteFunc(q.subs, func(x *fakeSub) bool { return x == s })
}
