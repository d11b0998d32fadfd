package jetstream

import (
	"crypto/rand"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/protocols/nats/wire"
	"github.com/sluicemq/sluice/queuecore"
)

// advisoryPrefix begins the subjects on which the engine tells what has happened (nats-server
// 2.15, jetstream_events.go), to whoever subscribes. A stream may keep them.
const advisoryPrefix = "$JS.EVENT.ADVISORY."

// advisory is what is told, in the fields of all kinds.
type advisory struct {
	Type        string     `json:"type"`
	ID          string     `json:"id"`
	Time        time.Time  `json:"timestamp"`
	Stream      string     `json:"stream"`
	Consumer    string     `json:"consumer,omitempty"`
	Action      string     `json:"action,omitempty"`
	ConsumerSeq uint64     `json:"consumer_seq,omitempty"`
	StreamSeq   uint64     `json:"stream_seq,omitempty"`
	Deliveries  uint64     `json:"deliveries,omitempty"`
	Reason      string     `json:"reason,omitempty"`
	Paused      *bool      `json:"paused,omitempty"`
	PauseUntil  *time.Time `json:"pause_until,omitempty"`
}

// advise tells of a, whose type is given without what all types begin with, on the subject that
// path, stream and consumer make. It may be called from the broker's goroutine.
func (e *Engine) advise(path string, a advisory) {
	if m := e.announce(path, a); m != nil {
		e.capture([]*queuecore.Message{m})
	}
}

// announce tells the subscribers, and returns what a stream is to keep of it: nil when none is.
func (e *Engine) announce(path string, a advisory) *queuecore.Message {
	subject := advisoryPrefix + path + "." + a.Stream
	if a.Consumer != "" {
		subject += "." + a.Consumer
	}
	kept := len(e.broker.Match(subject)) > 0
	if !kept && !e.transport.Interest([]byte(subject)) {
		return nil
	}
	a.Type, a.ID, a.Time = "io.nats.jetstream.advisory.v1."+a.Type, rand.Text(), time.Now().UTC()
	body, err := json.Marshal(a)
	if err != nil {
		panic(err) // our own struct: it cannot fail
	}
	e.transport.Deliver([]byte(subject), &wire.Message{Subject: []byte(subject), Payload: body})
	if !kept {
		return nil
	}
	return &queuecore.Message{Destination: queuecore.TopicNamed(subject), Body: body}
}

// capture sends advisories to the streams that keep them.
func (e *Engine) capture(all []*queuecore.Message) {
	if len(all) == 0 {
		return
	}
	// Not at once: the broker's goroutine may be the one that calls.
	e.spawn(func() {
		for part := range slices.Chunk(all, queuecore.MaxTxOps) {
			if _, err := e.broker.Commit(e.ctx, queuecore.Tx{Sends: part}); err != nil {
				e.log.Warn("advisories are not kept", "n", len(part), "first", part[0].Destination.Name, "err", err)
			}
		}
	})
}

// givenUp tells of messages that were handed out as often as they may be. The broker calls it.
func (e *Engine) givenUp(all []queuecore.GivenUp) {
	var kept []*queuecore.Message
	for i := range all {
		x := &all[i]
		if x.Reason != queuecore.ReasonAttempts {
			continue // the client that gave it up was told of
		}
		stream, consumer := e.lastHolder(x)
		if consumer == "" {
			continue
		}
		m := e.announce("CONSUMER.MAX_DELIVERIES", advisory{
			Type: "max_deliver", Stream: stream, Consumer: consumer, StreamSeq: x.Seq, Deliveries: uint64(x.Attempts),
		})
		if m != nil {
			kept = append(kept, m)
		}
	}
	e.capture(kept)
}

// lastHolder returns the stream of a message and the consumer that had it last; that is the first of
// its stream when the server does not know. Without a consumer there is none.
func (e *Engine) lastHolder(x *queuecore.GivenUp) (stream, consumer string) {
	info, err := e.broker.QueueByID(x.Queue)
	if err != nil || info.Config.Transient {
		return "", ""
	}
	if info.Config.Of != "" {
		return mapping.NATS{}.Stream(info.Config.Of), strings.TrimPrefix(info.Name, info.Config.Of+memberDot)
	}
	s := e.views.of(&info)
	names := e.consumerNames(s)
	for _, name := range names {
		if o, err := e.consumer(s, name); err == nil && o.holds(x.Seq) {
			return s.name, name
		}
	}
	if len(names) == 0 {
		return "", ""
	}
	return s.name, names[0]
}

// holds reports whether the consumer was handed a message and has not settled it.
func (o *consumer) holds(seq uint64) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.out.bySeq[seq] != nil
}

// adviseStream tells what became of a stream: path is CREATED, UPDATED or DELETED.
func (e *Engine) adviseStream(path, action, stream string) {
	e.advise("STREAM."+path, advisory{Type: "stream_action", Stream: stream, Action: action})
}

// adviseConsumer tells what became of a consumer: path is CREATED or DELETED.
func (e *Engine) adviseConsumer(path, action, stream, consumer string) {
	e.advise("CONSUMER."+path, advisory{Type: "consumer_action", Stream: stream, Consumer: consumer, Action: action})
}

// advisePause tells that a consumer is paused until a time, or no longer.
func (e *Engine) advisePause(o *consumer, until time.Time) {
	paused := until.After(time.Now())
	a := advisory{Type: "consumer_pause", Stream: o.stream, Consumer: o.name, Paused: &paused}
	if paused {
		a.PauseUntil = &until
	}
	e.advise("CONSUMER.PAUSE", a)
}

// advise tells how a client settled a delivery: path is MSG_NAKED or MSG_TERMINATED.
func (x *settlement) advise(path, kind, reason string) {
	if x.consumer == nil {
		return
	}
	x.client.engine.advise("CONSUMER."+path, advisory{
		Type: kind, Stream: x.consumer.stream, Consumer: x.consumer.name, ConsumerSeq: x.order,
		StreamSeq: x.receipt.Seq, Deliveries: uint64(x.receipt.Attempt), Reason: reason,
	})
}
