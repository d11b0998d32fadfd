package bench

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// sqsQueue is a queue as its clients call it.
type sqsQueue struct {
	*signer
	url  string
	fifo bool

	sends atomic.Int64 // so that no two messages are the same
}

const fifoSuffix = ".fifo"

// queueNamed is a queue that is there, or will be.
func queueNamed(s *signer, name string) *sqsQueue {
	return &sqsQueue{signer: s, url: "http://" + s.host + "/000000000000/" + name, fifo: strings.HasSuffix(name, fifoSuffix)}
}

// createQueue creates a queue.
func createQueue(c *caller, s *signer, name string) (*sqsQueue, error) {
	q, attributes := queueNamed(s, name), ""
	if q.fifo {
		attributes = `,"Attributes":{"FifoQueue":"true","ContentBasedDeduplication":"true"}`
	}
	_, err := c.do(s, "CreateQueue", fmt.Appendf(nil, `{"QueueName":%q%s}`, name, attributes))
	return q, err
}

// target appends the beginning of a request's body.
func (q *sqsQueue) target(b []byte) []byte {
	return append(append(append(b, `{"QueueUrl":"`...), q.url...), '"')
}

// message appends what a send and an entry of a batch have in common: a body of
// that size, unlike all others, and in a FIFO queue one of the groups.
func (q *sqsQueue) message(b []byte, size, groups int) []byte {
	n := q.sends.Add(1)
	b = append(b, `"MessageBody":"`...)
	begin := len(b)
	b = append(strconv.AppendInt(b, n, 10), ' ')
	for len(b) < begin+size {
		b = append(b, "abcdefghijklmnopqrstuvwxyz "[(len(b)+int(n))%27])
	}
	b = append(b, '"')
	if q.fifo {
		b = append(b, `,"MessageGroupId":"`...)
		b = append(strconv.AppendInt(b, n%int64(groups), 10), '"')
	}
	return b
}

func (q *sqsQueue) send(b []byte, size, groups int) []byte {
	b = append(q.target(b), ',')
	return append(q.message(b, size, groups), '}')
}

func (q *sqsQueue) batch(b []byte, n, size, groups int) []byte {
	b = append(q.target(b), `,"Entries":[`...)
	for i := range n {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"Id":"`...)
		b = append(strconv.AppendInt(b, int64(i), 10), `",`...)
		b = append(q.message(b, size, groups), '}')
	}
	return append(b, "]}"...)
}

// prepared are requests that were made and signed before the clock runs. A
// signature is good for 15 minutes, and for the request that comes with it alone.
type prepared [][]byte

// prepare makes n requests, each with a body and so with a signature of its own.
func (q *sqsQueue) prepare(n int, action string, body func(b []byte) []byte) prepared {
	list := make(prepared, n)
	now := time.Now()
	for i := range list {
		list[i] = q.append(nil, action, body(nil), now)
	}
	return list
}

// calls returns work that goes through the requests, from another one for each worker.
func (p prepared) calls(workers, messages int) piece {
	next := make([]paddedInt, workers)
	for i := range next {
		next[i].n = i * len(p) / workers
	}
	return func(c *caller, worker int) (int, error) {
		n := &next[worker].n
		*n = (*n + 1) % len(p)
		answer, err := c.call(p[*n])
		if err == nil && bytes.Contains(answer, []byte(`"Failed"`)) {
			err = fmt.Errorf("a batch failed in part: %.500s", answer)
		}
		return messages, err
	}
}

// paddedInt fills a line of the processor's cache, so that workers do not share one.
type paddedInt struct {
	n int
	_ [56]byte
}

// take receives up to most messages and deletes them, and returns how many came.
func (q *sqsQueue) take(c *caller, most int) (int, error) {
	answer, err := c.do(q.signer, "ReceiveMessage", append(strconv.AppendInt(append(q.target(nil), `,"MaxNumberOfMessages":`...), int64(most), 10), '}'))
	if err != nil {
		return 0, err
	}
	if most == 1 {
		return q.deleteOne(c, answer)
	}
	return q.deleteAll(c, answer)
}

// nextHandle returns the first receipt handle in an answer and what comes behind it.
func nextHandle(answer []byte) (handle, rest []byte, ok bool) {
	_, rest, ok = bytes.Cut(answer, []byte(`"ReceiptHandle":"`))
	if !ok {
		return nil, nil, false
	}
	return bytes.Cut(rest, []byte(`"`))
}

func (q *sqsQueue) deleteOne(c *caller, answer []byte) (int, error) {
	handle, _, ok := nextHandle(answer)
	if !ok {
		return 0, nil
	}
	b := append(append(append(q.target(nil), `,"ReceiptHandle":"`...), handle...), `"}`...)
	_, err := c.do(q.signer, "DeleteMessage", b)
	return 1, err
}

func (q *sqsQueue) deleteAll(c *caller, answer []byte) (n int, err error) {
	b := append(q.target(nil), `,"Entries":[`...)
	for handle, rest, ok := nextHandle(answer); ok; handle, rest, ok = nextHandle(rest) {
		if n++; n > 1 {
			b = append(b, ',')
		}
		b = append(strconv.AppendInt(append(b, `{"Id":"`...), int64(n), 10), `","ReceiptHandle":"`...)
		b = append(append(b, handle...), `"}`...)
	}
	if n == 0 {
		return 0, nil
	}
	answer, err = c.do(q.signer, "DeleteMessageBatch", append(b, "]}"...))
	if err == nil && bytes.Contains(answer, []byte(`"Failed"`)) {
		err = errors.New("a deletion failed: " + string(answer))
	}
	return n, err
}
