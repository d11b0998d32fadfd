package bench

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// stompSender is a producer. Its frame is made once; two places in it are written anew for each message.
type stompSender struct {
	*stompConn
	frame           []byte
	receipt, number int // where the numbers stand
}

func (b *stompBench) senders(ctx context.Context, token string, n int) (list []*stompSender, err error) {
	for range n {
		c, err := dialTarget(ctx, b.target)
		if err != nil {
			return list, err
		}
		list = append(list, b.newSender(c, token))
	}
	return list, nil
}

func (b *stompBench) newSender(c *stompConn, token string) *stompSender {
	zeros := strings.Repeat("0", numberDigits)
	s := &stompSender{stompConn: c}
	s.frame = fmt.Appendf(nil, "SEND\ndestination:%s\ncontent-type:text/plain\ncontent-length:%d\n", b.target.Queue, b.Size)
	if b.Persistent {
		s.frame = append(s.frame, "persistent:true\n"...)
	}
	s.frame = appendHeaders(s.frame, b.target.Headers)
	s.frame = append(s.frame, "receipt:"...)
	s.receipt = len(s.frame)
	s.frame = append(s.frame, zeros+"\n\n"...)
	s.number = len(s.frame)
	s.frame = append(s.frame, zeros+token+strings.Repeat("x", b.Size-stampBytes)+"\x00\n"...)
	return s
}

func appendHeaders(b []byte, headers []string) []byte {
	for _, h := range headers {
		b = append(append(b, h...), '\n')
	}
	return b
}

// add puts message n behind what is to be written.
func (s *stompSender) add(n int64) {
	putNumber(s.frame[s.receipt:], n)
	putNumber(s.frame[s.number:], n)
	s.out = append(s.out, s.frame...)
}

func putNumber(b []byte, n int64) {
	for i := numberDigits - 1; i >= 0; i-- {
		b[i] = byte('0' + n%10)
		n /= 10
	}
}

// confirmed reads one RECEIPT and returns its number.
func (s *stompSender) confirmed() (int64, error) {
	f, err := s.next()
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(string(f.header("receipt-id")), 10, 64)
	if err != nil || !f.is("RECEIPT") {
		return 0, fmt.Errorf("STOMP server %s: wanted a RECEIPT, got %.200q", s.addr, f.head)
	}
	return n, nil
}

// send keeps window messages under way while there are more.
func (s *stompSender) send(w *stompWork, window int) error {
	more := true
	for underWay := 0; ; underWay-- {
		for more && underWay < window {
			var n int64
			if n, more = w.number(); more {
				s.add(n)
				underWay++
			}
		}
		if underWay == 0 {
			return nil
		}
		if _, err := s.confirmed(); err != nil {
			return err
		}
		w.sent.Add(1)
	}
}
