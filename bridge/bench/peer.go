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

// dial connects and says hello: it writes the greeting and reads what the server
// says until done finds that it is enough.
func dial(ctx context.Context, addr, greeting string, done func(*bufio.Reader) error) (*peer, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	p := &peer{conn: conn, r: bufio.NewReader(conn), w: bufio.NewWriter(conn)}
	if _, err := conn.Write([]byte(greeting)); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	if err := done(p.r); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return p, nil
}

// dialSTOMP returns a peer that sends bodies of this size to the queue, with receipts.
func dialSTOMP(ctx context.Context, addr, queue string, size int) (*peer, error) {
	p, err := dial(ctx, addr, "CONNECT\naccept-version:1.2\nhost:bench\n\n\x00", frameCalled("CONNECTED"))
	if err != nil {
		return nil, err
	}
	p.message = fmt.Appendf(nil, "SEND\ndestination:/queue/%s\ncontent-length:%d\nreceipt:r\n\n%s\x00\n",
		queue, size, bytes.Repeat([]byte("x"), size))
	p.confirm = frameCalled("RECEIPT")
	return p, nil
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
	const greeting = "CONNECT {\"verbose\":false,\"headers\":true}\r\nSUB _INBOX.%s 1\r\nPING\r\n"
	inbox := rand.Text() // nobody else's: two peers of one inbox would count each other's confirmations
	p, err := dial(ctx, addr, fmt.Sprintf(greeting, inbox), awaitPong)
	if err != nil {
		return nil, err
	}
	p.message = fmt.Appendf(nil, "PUB %s _INBOX.%s %d\r\n%s\r\n", queue, inbox, size, bytes.Repeat([]byte("x"), size))
	p.confirm = readPubAck
	return p, nil
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
