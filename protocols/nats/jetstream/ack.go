package jetstream

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/queuecore"
)

// ackTokens is the number of tokens of an ack subject:
// $JS.ACK.<stream>.<consumer>.<delivered>.<stream seq>.<consumer seq>.<time>.<pending>
const ackTokens = 9

// settlement is an ack of whatever kind.
type settlement struct {
	client   *Client
	receipt  queuecore.Receipt
	consumer *consumer // nil when it is gone
	order    uint64    // the consumer's own sequence of the delivery
	reply    []byte    // answered once the settlement is on disk; nil: nobody asks
}

// ack takes a message on an ack subject (nats-server 2.12, consumer.go,
// processAck). An ack settles the message also when it comes late; what is
// late otherwise, or unknown, changes nothing, and is answered all the same when
// somebody asks.
func (c *Client) ack(m *Message) Outcome {
	e := c.engine
	var tokens [ackTokens]string
	if !split(m.Subject, tokens[:]) {
		return Taken
	}
	x := settlement{client: c}
	switch o := c.find(&x, tokens[2], tokens[3]); {
	case o == Denied:
		return Denied
	case o == Passed || !x.number(tokens[4], tokens[5]):
		c.Flush()
		e.answer(m.Reply, nil)
		return Taken
	}
	x.order, _ = strconv.ParseUint(tokens[6], 10, 64) // told of, and nothing else
	if len(m.Reply) > 0 {
		x.reply = bytes.Clone(m.Reply)
	}
	x.settle(bytes.TrimSpace(m.Body))
	return Taken
}

// find finds out what is settled: Taken, Denied, or Passed when there is no such stream, or no
// such consumer that has a queue of its own.
func (c *Client) find(x *settlement, stream, consumer string) Outcome {
	if a := &c.acks; a.known(stream, consumer) {
		x.receipt.Queue, x.consumer = a.queue, a.to
		return Taken
	}
	if !c.principal.May(protocols.Receive, named(stream)) {
		return Denied
	}
	s, err := c.engine.stream(stream)
	if err != nil {
		return Passed
	}
	x.receipt.Queue = s.queue.ID
	if x.consumer, err = c.engine.consumer(s, consumer); err != nil {
		x.consumer = nil
	}
	if s.relays() {
		if x.consumer == nil {
			return Passed // its messages are gone with it
		}
		if c.denied(protocols.Receive, x.consumer.queue) {
			return Denied
		}
		x.receipt.Queue = x.consumer.queueID
	}
	a := &c.acks
	a.stream, a.consumer, a.queue, a.to = stream, consumer, x.receipt.Queue, x.consumer
	return Taken
}

// number reads which message and which attempt; false when that are no numbers.
func (x *settlement) number(attempt, seq string) bool {
	n, err1 := strconv.ParseUint(attempt, 10, 32)
	m, err2 := strconv.ParseUint(seq, 10, 64)
	x.receipt.Attempt, x.receipt.Seq = uint32(n), m
	return err1 == nil && err2 == nil
}

// split cuts a subject into as many tokens as there is room for; false when it has
// more of them or fewer.
func split(subject string, into []string) bool {
	last := len(into) - 1
	for i := range into[:last] {
		var more bool
		if into[i], subject, more = strings.Cut(subject, "."); !more {
			return false
		}
	}
	into[last] = subject
	return strings.IndexByte(subject, '.') < 0
}

func (x *settlement) settle(body []byte) {
	if len(body) == 0 || string(body) == "+ACK" || string(body) == "+OK" {
		x.client.gather(x)
		return
	}
	x.client.Flush()
	switch {
	case bytes.HasPrefix(body, []byte("+NXT")):
		inbox := x.reply
		x.reply = nil
		x.submit(x.acked())
		if x.consumer != nil && inbox != nil {
			x.consumer.pull(x.client, inbox, body[len("+NXT"):])
		}
	case bytes.HasPrefix(body, []byte("-NAK")):
		x.nack(nakDelay(body[len("-NAK"):]))
	case string(body) == "+WPI":
		x.progress()
	case bytes.HasPrefix(body, []byte("+TERM")):
		x.terminate(string(bytes.TrimSpace(body[len("+TERM"):])))
	default:
		x.answer(nil)
	}
}

// acked settles the message whoever was given it since: its first receiver is done
// with it, and is told so (nats-server, processAckMsg, looks for the sequence
// number alone).
func (x *settlement) acked() queuecore.Tx {
	r := x.receipt
	r.Attempt = 0
	return queuecore.Tx{Acks: []queuecore.Receipt{r}}
}

// nack has the message handed out again after d, which may be queuecore.Backoff.
func (x *settlement) nack(d time.Duration) {
	t := queuecore.Tx{Nacks: []queuecore.Nack{{Receipt: x.receipt, Delay: d}}}
	o := x.consumer
	if o == nil {
		x.submit(t)
		return
	}
	o.learn() // what is out since before the start rests too
	h, out := o.delivery(x.receipt)
	h.until = time.Now().Add(d)
	x.submit(t)
	if out && d > 0 {
		o.rests(h)
	}
}

// nakDelay reads what stands behind -NAK: {"delay":<ns>}, a Go duration, or
// nothing, which leaves the delay to the queue's own back-off. That is none
// unless somebody configured one.
func nakDelay(arg []byte) time.Duration {
	arg = bytes.TrimSpace(arg)
	var in struct {
		Delay time.Duration `json:"delay"`
	}
	if len(arg) > 0 && arg[0] == '{' {
		_ = json.Unmarshal(arg, &in) // as nats-server: at once when it makes no sense
	} else if len(arg) > 0 && len(arg) < maxWord {
		in.Delay, _ = time.ParseDuration(string(arg))
	}
	if in.Delay <= 0 {
		return queuecore.Backoff
	}
	return min(in.Delay, queuecore.MaxDelay)
}

// submit hands t to the broker and goes on; what comes later through the same
// connection comes later to the broker.
func (x *settlement) submit(t queuecore.Tx) {
	c := x.client
	var object *mapping.Pointer
	if len(t.Nacks) == 0 {
		object = x.over()
	} else {
		defer x.over() // or the next Receive might not see what the broker has not got back
	}
	if c.published.Acquire(c.engine.ctx, messageCost) != nil {
		return
	}
	err := c.engine.broker.Submit(c.engine.ctx, t, func(_ []queuecore.Sent, err error) {
		defer c.engine.panics.Catch(c.failed)
		defer c.published.Release(messageCost)
		if err == nil {
			c.engine.removeObject(object)
			if len(t.Nacks) > 0 {
				x.advise("MSG_NAKED", "nak", "")
			}
		}
		x.answer(err)
	})
	if err != nil {
		x.answer(err)
		c.published.Release(messageCost)
	}
}

// over has another delivery take the place of this one, and returns its object.
func (x *settlement) over() *mapping.Pointer {
	if x.consumer == nil {
		return nil
	}
	return x.consumer.settled(x.receipt.Seq, x.receipt.Attempt)
}

// answer tells a client that asked that its settlement is on disk, or that there
// was nothing to settle. A client whose settlement failed hears nothing, and so
// learns that it cannot count on it.
func (x *settlement) answer(err error) {
	if x.reply == nil {
		return
	}
	if err == nil || errors.Is(err, queuecore.ErrStale) || errors.Is(err, queuecore.ErrNotFound) {
		x.client.engine.answer(x.reply, nil)
	}
}

// progress starts the lease anew, as long as it was.
func (x *settlement) progress() {
	lease := defaultAckWait
	if x.consumer != nil {
		lease = x.consumer.ackWait(int(x.receipt.Attempt))
		x.consumer.extended(x.receipt.Seq, x.receipt.Attempt, time.Now().Add(lease))
	}
	x.later(func() error {
		return x.client.engine.broker.Extend(x.client.engine.ctx, x.receipt, lease)
	})
}

// terminate gives the message up.
func (x *settlement) terminate(reason string) {
	why := reason
	if reason == "" {
		reason = "rejected"
	}
	x.over()
	x.later(func() error {
		err := x.client.engine.broker.Reject(x.client.engine.ctx, x.receipt, reason)
		if err == nil {
			x.advise("MSG_TERMINATED", "terminated", why)
		}
		return err
	})
}

// later runs a settlement that the pipeline does not take, so that the
// connection need not wait for it. Too many of them make it wait all the same.
func (x *settlement) later(do func() error) {
	c := x.client
	if c.slow.Acquire(c.engine.ctx, 1) != nil {
		return
	}
	started := c.engine.spawn(func() {
		defer c.engine.panics.Catch(c.failed)
		defer c.slow.Release(1)
		x.answer(do())
	})
	if !started {
		c.slow.Release(1)
	}
}
