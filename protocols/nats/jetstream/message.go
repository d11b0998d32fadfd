package jetstream

import (
	"errors"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/nats/wire"
	"github.com/sluicemq/sluice/queuecore"
)

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
	s, err := r.client.open(protocols.Purge, "delete message of stream", r.args[0])
	if err != nil {
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
