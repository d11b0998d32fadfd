package jetstream

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/nats/wire"
	"github.com/sluicemq/sluice/queuecore"
)

// Target is what keeps the messages of a subject. The zero Target is nothing.
type Target struct {
	subject string
	topic   bool    // queues are bound to the subject
	queue   string  // the queue that the subject names, when it is not among them
	stream  *stream // answers the publisher; nil when only sessions' queues get it
}

// Kept reports whether anything keeps the messages.
func (t Target) Kept() bool { return t.topic || t.queue != "" }

// Target returns what keeps the messages of a subject: the queues that are bound
// to it, and the queue that it names as a stream without subjects of its own.
// Requests, acks and inboxes are never kept.
func (c *Client) Target(subject string) Target {
	t := Target{subject: subject}
	if strings.HasPrefix(subject, "$JS.") || strings.HasPrefix(subject, "_INBOX.") {
		return t
	}
	e := c.engine
	names := e.broker.Match(subject)
	t.topic = len(names) > 0
	for _, name := range names {
		t.offer(e, name)
	}
	if strings.IndexByte(subject, '.') < 0 && (t.stream == nil || !t.stream.bound) {
		t.name(e, subject, names)
	}
	if t.stream != nil && t.stream.name == subject && len(names) == 1 && t.queue == "" {
		// Its name is its subject: to the other dialects it is a queue, not a topic.
		t.topic, t.queue = false, names[0]
	}
	return t
}

// name adds the queue that the subject itself names, unless that has subjects of
// its own. A subject that a stream has claimed is not asked for a name: a stream
// and a queue must not both get its messages.
func (t *Target) name(e *Engine, subject string, bound []string) {
	queue, err := mapping.NATS{}.Queue(subject)
	if err != nil || slices.Contains(bound, queue) {
		return
	}
	info, err := e.broker.Queue(queue)
	if err != nil {
		return
	}
	if info.Config.Of != "" {
		return // a consumer's
	}
	if info.Config.Transient { // somebody waits there for an answer
		t.queue = queue
	} else if s := e.views.of(&info); !s.bound {
		t.queue = queue
		t.offer(e, queue)
	}
}

// offer makes a queue answer the publisher if it is the first stream, or the
// first one that has the subject as its own.
func (t *Target) offer(e *Engine, queue string) {
	if t.stream != nil && t.stream.bound {
		return
	}
	info, err := e.broker.Queue(queue)
	if err != nil || info.Config.Transient {
		return
	}
	if s := e.views.of(&info); t.stream == nil || s.bound {
		t.stream = s
	}
}

// May reports whether the client may publish to what keeps the messages.
func (c *Client) May(t Target) bool {
	return (!t.topic || c.principal.May(protocols.Send, queuecore.TopicNamed(t.subject))) &&
		(t.queue == "" || c.principal.May(protocols.Send, queuecore.QueueNamed(t.queue)))
}

// MayHear reports whether the client may have the messages as a subscriber. To listen to the subject
// that names a queue is to receive what is sent to that.
func (c *Client) MayHear(t *Target) bool {
	return t.queue == "" || c.principal.May(protocols.Receive, queuecore.QueueNamed(t.queue))
}

// Publish keeps a message, and returns before that is on disk. The publisher
// hears of it then, through m.Reply. It waits while too much of the client's is
// under way. A message without a reply subject that is refused is lost, as its
// publisher chose.
func (c *Client) Publish(t Target, m *Message) {
	c.Flush()
	p := publication{client: c, target: t, reply: bytes.Clone(m.Reply)}
	tx, err := p.read(m)
	if err != nil {
		p.refuse(err)
		return
	}
	cost := int64(min(len(m.Body)+messageCost, maxInFlight))
	if c.published.Acquire(c.engine.ctx, cost) != nil {
		p.refuse(errUnavailable)
		return
	}
	err = c.engine.broker.Submit(c.engine.ctx, tx, func(sent []queuecore.Sent, err error) {
		defer c.engine.panics.Catch(c.failed)
		defer c.published.Release(cost)
		if err != nil {
			p.refuse(p.full(err))
		} else {
			p.ack(sent)
		}
	})
	if err != nil {
		c.published.Release(cost)
		p.refuse(p.full(err))
	}
}

// publication is a message on its way to the disk.
type publication struct {
	client *Client
	target Target
	reply  []byte
}

// read makes the sends out of a message.
func (p *publication) read(m *Message) (queuecore.Tx, error) {
	headers, err := readHeaders(m.Header)
	if err != nil {
		return queuecore.Tx{}, err
	}
	t := &p.target
	if err := t.admit(headers, p.reply); err != nil {
		return queuecore.Tx{}, err
	}
	x, err := mapping.NATS{}.Decode(headers, bytes.Clone(m.Body), time.Now())
	if err != nil {
		return queuecore.Tx{}, decodeError(headers, err)
	}
	if err := t.limit(headers, x); err != nil {
		return queuecore.Tx{}, err
	}
	if err := p.plan(headers, x); err != nil {
		return queuecore.Tx{}, err
	}
	x.UserID = p.client.principal.Name()
	var tx queuecore.Tx
	if tx.If, err = t.expected(headers); err != nil {
		return tx, err
	}
	if t.topic {
		x.Destination = queuecore.TopicNamed(t.subject)
		tx.Sends = append(tx.Sends, x)
	}
	if t.queue != "" {
		own := *x
		own.Destination = queuecore.QueueNamed(t.queue)
		tx.Sends = append(tx.Sends, &own)
	}
	return tx, nil
}

func readHeaders(block []byte) ([]mapping.Header, error) {
	if len(block) == 0 {
		return nil, nil
	}
	if len(block) > wire.MaxHeader {
		return nil, errHeaderTooBig
	}
	var all []mapping.Header
	err := wire.EachHeader(string(block), func(name, value string) bool {
		all = append(all, mapping.Header{Name: name, Value: value})
		return true
	})
	if err != nil {
		return nil, errBadRequest.with("%v", err)
	}
	return all, nil
}

// full names the limit of a queue that is full in nats-server's words, and
// answers for a full disk as it answers when its storage is used up.
func (p *publication) full(err error) error {
	if errors.Is(err, queuecore.ErrNoSpace) {
		return errResources.with("%s: %v", errResources.Description, err)
	}
	var of *queuecore.TopicFull
	if errors.As(err, &of) {
		return errStoreFailed.with("maximum messages per subject exceeded")
	}
	if s := p.target.stream; s != nil && errors.Is(err, queuecore.ErrFull) {
		if s.config.MaxMsgs <= 0 && s.config.MaxBytes > 0 {
			return errStoreFailed.with("maximum bytes exceeded: %v", err)
		}
		return errStoreFailed.with("maximum messages exceeded: %v", err)
	}
	return err
}

// ack tells the publisher where its message is. It must not block.
func (p *publication) ack(sent []queuecore.Sent) {
	s := p.target.stream
	if len(p.reply) == 0 || s == nil && p.target.queue == "" || s != nil && s.config.NoAck {
		return
	}
	queue, quoted := p.target.queue, []byte(nil)
	if s != nil {
		queue, quoted = s.queue.Name, s.quoted
	} else {
		quoted, _ = json.Marshal(mapping.NATS{}.Stream(queue)) // a string always marshals
	}
	for i := range sent {
		for _, at := range sent[i].Placed {
			if at.Queue == queue {
				p.client.engine.answer(p.reply, appendPubAck(make([]byte, 0, 64+len(quoted)), quoted, at))
				return
			}
		}
	}
	p.refuse(errStreamNotFound) // deleted while the message was under way
}

func appendPubAck(b, name []byte, at queuecore.Placed) []byte {
	b = append(append(b, `{"stream":`...), name...)
	b = strconv.AppendUint(append(b, `,"seq":`...), at.Seq, 10)
	if at.Duplicate {
		b = append(b, `,"duplicate":true`...)
	}
	return append(b, '}')
}

// refuse tells the publisher that its message is not kept.
func (p *publication) refuse(err error) {
	s := p.target.stream
	if len(p.reply) == 0 {
		p.client.engine.log.Debug("message refused", "subject", p.target.subject, "err", err)
		return
	}
	if s != nil && s.config.NoAck {
		return
	}
	name := []byte(`""`)
	if s != nil {
		name = s.quoted
	}
	body := append(append([]byte(`{"stream":`), name...), `,"seq":0,"error":`...)
	text, _ := json.Marshal(apiError(err, errBadRequest)) // numbers and a string: it cannot fail
	p.client.engine.answer(p.reply, append(append(body, text...), '}'))
}
