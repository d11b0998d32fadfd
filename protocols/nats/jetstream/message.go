package jetstream

import (
	"errors"
	"time"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/nats/wire"
	"github.com/sluicemq/sluice/queuecore"
)

// storedMessage is a message as STREAM.MSG.GET shows it.
type storedMessage struct {
	Subject string    `json:"subject"`
	Seq     uint64    `json:"seq"`
	Header  []byte    `json:"hdrs,omitempty"`
	Data    []byte    `json:"data,omitempty"`
	Time    time.Time `json:"time"`
}

// getMessage looks at one entry, in whatever state, without touching it.
func (e *Engine) getMessage(r *request) (any, error) {
	var in struct {
		Seq    uint64 `json:"seq"`
		Last   string `json:"last_by_subj"`
		Next   string `json:"next_by_subj"`
		NoHead bool   `json:"no_hdr"`
	}
	if err := r.decode(&in, false); err != nil {
		return nil, err
	}
	s, err := e.stream(r.args[0])
	if err != nil {
		return nil, err
	}
	if err := r.client.may(protocols.Browse, "browse stream", s.destination()); err != nil {
		return nil, err
	}
	if in.Seq == 0 || in.Last != "" || in.Next != "" {
		return nil, errBadRequest.with("messages are found by seq alone: a work queue has no last value per subject")
	}
	found, err := e.broker.Browse(e.ctx, s.queue.Name, in.Seq, 1)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 || found[0].Seq != in.Seq {
		return nil, errNoMessage
	}
	x := asDelivery(s, &found[0])
	headers, body := mapping.NATS{}.Encode(x)
	m := storedMessage{Subject: mapping.NATS{}.Subject(x), Seq: in.Seq, Data: body, Time: x.SentAt.UTC()}
	if !in.NoHead {
		m.Header = headerBlock(nil, headers)
	}
	return struct {
		Message storedMessage `json:"message"`
	}{m}, nil
}

// headerBlock appends headers as a block; nothing when there are none.
func headerBlock(dst []byte, headers []mapping.Header) []byte {
	if len(headers) == 0 {
		return dst
	}
	dst = wire.BeginHeader(dst)
	for _, h := range headers {
		dst = wire.AppendHeader(dst, h.Name, h.Value)
	}
	return wire.EndHeader(dst)
}

// deleteMessage removes one entry, in whatever state. That its bytes are not
// overwritten is all that no_erase asks for.
func (e *Engine) deleteMessage(r *request) (any, error) {
	var in struct {
		Seq     uint64 `json:"seq"`
		NoErase bool   `json:"no_erase"`
	}
	if err := r.decode(&in, false); err != nil {
		return nil, err
	}
	s, err := e.stream(r.args[0])
	if err != nil {
		return nil, err
	}
	if err := r.client.may(protocols.Purge, "delete message of stream", s.destination()); err != nil {
		return nil, err
	}
	if s.config.DenyDelete {
		return nil, errMsgDelete.with("message delete not permitted")
	}
	err = e.broker.Remove(e.ctx, s.queue.Name, in.Seq)
	if errors.Is(err, queuecore.ErrNotFound) {
		return nil, errSequenceNotFound.with("sequence %d not found", in.Seq)
	}
	if err != nil {
		return nil, apiError(err, errMsgDelete)
	}
	return done{true}, nil
}
