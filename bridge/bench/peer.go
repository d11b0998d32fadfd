package bench

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"strconv"
)

// peer is the plainest client there can be, so that what is measured is the
// server: it writes one message over and over, and counts the confirmations.
type peer struct {
	conn net.Conn
	r    *bufio.Reader
	w    *bufio.Writer

	message []byte
	// confirm reads one confirmation.
	confirm func(*bufio.Reader) error
}

// dial connects and has hello introduce the peer.
func dial(ctx context.Context, addr string, hello func(*peer) error) (*peer, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	p := &peer{conn: conn, r: bufio.NewReader(conn), w: bufio.NewWriter(conn)}
	if err := hello(p); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return p, nil
}

// greet writes the greeting and reads what the server says until done finds that
// it is enough.
func (p *peer) greet(greeting string, done func(*bufio.Reader) error) error {
	if _, err := p.conn.Write([]byte(greeting)); err != nil {
		return err
	}
	return done(p.r)
}

// dialSTOMP returns a peer that sends bodies of this size to the queue, with receipts.
func dialSTOMP(ctx context.Context, addr, queue string, size int) (*peer, error) {
	return dial(ctx, addr, func(p *peer) error {
		speakSTOMP(p, queue, size)
		return p.greet("CONNECT\naccept-version:1.2\nhost:bench\n\n\x00", frameCalled("CONNECTED"))
	})
}

func speakSTOMP(p *peer, queue string, size int) {
	p.message = fmt.Appendf(nil, "SEND\ndestination:/queue/%s\ncontent-length:%d\nreceipt:r\n\n%s\x00\n",
		queue, size, bytes.Repeat([]byte("x"), size))
	p.confirm = frameCalled("RECEIPT")
}

// frameCalled reads one STOMP frame, which must have this command.
func frameCalled(command string) func(*bufio.Reader) error {
	return func(r *bufio.Reader) error {
		frame, err := r.ReadSlice(0)
		if err != nil {
			return err
		}
		if !bytes.HasPrefix(bytes.TrimLeft(frame, "\r\n"), []byte(command+"\n")) {
			return fmt.Errorf("STOMP: wanted %s, got %q", command, frame)
		}
		return nil
	}
}

// dialNATS returns a peer that publishes bodies of this size to the queue's
// subject, and asks for the stream's confirmation.
func dialNATS(ctx context.Context, addr, queue string, size int) (*peer, error) {
	return dial(ctx, addr, func(p *peer) error {
		inbox := speakNATS(p, queue, size)
		return p.greet("CONNECT {\"verbose\":false,\"headers\":true}\r\nSUB "+inbox+" 1\r\nPING\r\n", awaitPong)
	})
}

// speakNATS returns where the confirmations go. Nobody else listens there: two
// peers of one inbox would count each other's.
func speakNATS(p *peer, queue string, size int) (inbox string) {
	inbox = "_INBOX." + rand.Text()
	p.message = fmt.Appendf(nil, "PUB %s %s %d\r\n%s\r\n", queue, inbox, size, bytes.Repeat([]byte("x"), size))
	p.confirm = readPubAck
	return inbox
}

func awaitPong(r *bufio.Reader) error {
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return err
		}
		if bytes.HasPrefix(line, []byte("PONG")) {
			return nil
		}
		if bytes.HasPrefix(line, []byte("-ERR")) {
			return fmt.Errorf("NATS: %s", line)
		}
	}
}

// readPubAck reads MSG with a confirmation in JSON that tells of no error.
func readPubAck(r *bufio.Reader) error {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(line, []byte("MSG ")) {
		return fmt.Errorf("NATS: wanted MSG, got %q", line)
	}
	fields := bytes.Fields(line)
	n, err := strconv.Atoi(string(fields[len(fields)-1]))
	if err != nil {
		return err
	}
	answer, err := r.Peek(n + 2)
	if err != nil {
		return err
	}
	if bytes.Contains(answer, []byte(`"error"`)) {
		return fmt.Errorf("NATS: %s", answer)
	}
	_, err = r.Discard(n + 2)
	return err
}

// send keeps window messages under way while more says that there are more, and
// returns when the last one is confirmed.
func (p *peer) send(window int, more func() bool) error {
	for underWay := 0; ; underWay-- {
		for underWay < window && more() {
			if _, err := p.w.Write(p.message); err != nil {
				return err
			}
			underWay++
		}
		if underWay == 0 {
			return nil
		}
		if p.r.Buffered() == 0 { // else more can be written first
			if err := p.w.Flush(); err != nil {
				return err
			}
		}
		if err := p.confirm(p.r); err != nil {
			return err
		}
	}
}

func (p *peer) close() error { return p.conn.Close() }

func closeAll(peers []*peer) error {
	var err error
	for _, p := range peers {
		err = errors.Join(err, p.close())
	}
	return err
}
