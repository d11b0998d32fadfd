package jetstream

import (
	"context"
	"strconv"
	"time"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/protocols/nats/wire"
	"github.com/sluicemq/sluice/protocols/payload"
	"github.com/sluicemq/sluice/queuecore"
)

// parcel is a delivery as it goes over the wire.
type parcel struct {
	x       *queuecore.Delivery
	object  *mapping.Pointer // removed once it is acked; nil: none
	message wire.Message
	left    int       // messages behind it
	at      time.Time // when it goes out, or the first one that goes with it
}

// hand gives deliveries to those who wait, and back to the broker what nobody
// takes.
func (o *consumer) hand(got []queuecore.Delivery) {
	if len(got) == 0 {
		return
	}
	ready, mean := o.backlog(got)
	headersOnly := o.headersOnly()
	var back []queuecore.Receipt
	p := &parcel{at: time.Now()}
	at := 0
	defer func() { o.leave(got[at:]) }() // nothing, unless there was a panic
	for i := range got {
		at = i
		x, left := &got[i], ready+len(got)-1-i
		if o.overspent(x) {
			continue
		}
		if o.sealed(x, headersOnly) {
			size, goOn := o.handSealed(p, x, left, got[i+1:])
			if mean = max(mean, size); !goOn {
				back = receipts(back, got[i+1:])
				break
			}
			continue
		}
		o.stretch(x)
		x.Queue = o.home.Name // clients know the stream
		p.fill(&payload.Opened{Delivery: x}, left, headersOnly)
		if !o.give(p) { // and those behind shall not overtake it
			back = receipts(back, got[i:])
			break
		}
	}
	at = len(got)
	o.weighed(mean)
	o.release(o.engine.ctx, back)
}

// leave gives back what a panic has left: the first is what it came of, so that its attempt counts and it
// rests, and the others have been given to nobody.
func (o *consumer) leave(got []queuecore.Delivery) {
	if len(got) == 0 {
		return
	}
	if err := o.engine.broker.Nack(o.engine.ctx, got[0].Receipt, payload.Rest(got[0].Attempt)); err != nil {
		o.engine.log.Warn("a message waits for the end of its lease", "stream", o.stream, "message", got[0].ID, "err", err)
	}
	o.release(o.engine.ctx, receipts(nil, got[1:]))
}

// weighed notes how large messages are.
func (o *consumer) weighed(mean int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.asking.mean = mean
}

// handSealed hands out one whose payload lies elsewhere, and says how large that is. It does
// not go on when those behind should go back: when the payload cannot be had, for in its
// group none may overtake it; when they have waited long; when nobody has room.
func (o *consumer) handSealed(p *parcel, x *queuecore.Delivery, left int, behind []queuecore.Delivery) (size int, goOn bool) {
	if !o.roomFor() {
		o.release(o.engine.ctx, []queuecore.Receipt{x.Receipt})
		return 0, false
	}
	opened, err := o.open(x)
	if err != nil {
		return 0, err == errOver && o.inTime(behind)
	}
	p.at = time.Now() // fetching takes its time
	opened.Delivery.Queue = o.home.Name
	p.fill(&opened, left, false)
	if !o.give(p) {
		o.release(o.engine.ctx, []queuecore.Receipt{x.Receipt})
	}
	return len(opened.Body), o.inTime(behind)
}

func receipts(to []queuecore.Receipt, of []queuecore.Delivery) []queuecore.Receipt {
	for i := range of {
		to = append(to, of[i].Receipt)
	}
	return to
}

// release gives deliveries back that nobody has been given.
func (o *consumer) release(ctx context.Context, back []queuecore.Receipt) {
	if len(back) == 0 {
		return
	}
	if err := o.engine.broker.Release(ctx, back); err != nil {
		o.engine.log.Warn("deliveries wait for the end of their leases", "stream", o.stream, "n", len(back), "err", err)
	}
}

// backlog returns how many messages are left and how large they are.
func (o *consumer) backlog(got []queuecore.Delivery) (ready, mean int) {
	for i := range got {
		mean += len(got[i].Body) / len(got)
	}
	st, err := o.engine.broker.Stats(o.engine.ctx, o.queue)
	if err != nil {
		return 0, mean
	}
	return o.pending(&st, countedAtOnce), max(mean, int(st.Bytes)/max(st.Len(), 1))
}

func (o *consumer) headersOnly() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.record.Config.HeadersOnly
}

// stretch gives a redelivery the longer lease that a backoff names for it.
func (o *consumer) stretch(x *queuecore.Delivery) {
	if x.Attempt <= 1 {
		return
	}
	first, lease := o.named(1), o.named(x.Attempt)
	if lease == first {
		return
	}
	x.Until = time.Now().Add(lease)
	if err := o.engine.broker.Extend(o.engine.ctx, x.Receipt, lease); err != nil {
		x.Until = time.Now().Add(first)
	}
}

// fill spells a delivery.
func (p *parcel) fill(opened *payload.Opened, left int, headersOnly bool) {
	x := opened.Delivery
	headers, body := mapping.NATS{}.Encode(x)
	if opened.Why != "" {
		headers = append(headers, mapping.NATS{}.PayloadError(opened.Why))
	}
	if headersOnly {
		headers = append(headers[:len(headers):len(headers)], mapping.Header{Name: "Nats-Msg-Size", Value: strconv.Itoa(len(body))})
		body = nil
	}
	p.x, p.object, p.left = x, opened.Object, left
	p.message.Subject = append(p.message.Subject[:0], mapping.NATS{}.Subject(x)...)
	p.message.Header = headerBlock(p.message.Header[:0], headers)
	p.message.Payload = body
}

// give hands a parcel to the pull whose turn it is; false when nobody takes it.
func (o *consumer) give(x *parcel) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return false
	}
	m := &x.message
	m.Reply = o.appendAck(m.Reply[:0], x)
	size := len(m.Subject) + len(m.Reply) + len(m.Header) + len(m.Payload)
	if o.pushes() {
		return o.givePush(x, size)
	}
	for {
		p := o.turn(size)
		if p == nil {
			return false
		}
		if o.engine.transport.Push(p.inbox, m, o.mayHear) {
			o.given(p, x, size)
			return true
		}
		if !o.mayHear(p.client) {
			p.tell(statusDenied)
		}
		o.remove(p)
	}
}

// turn returns the pull that gets a message of the given size: the first whose
// client has room, or the first of all. A request that the message does not fit
// in is over.
func (o *consumer) turn(size int) *pull {
	for len(o.queued.pulls) > 0 {
		p := o.queued.pulls[0]
		for _, q := range o.queued.pulls {
			if q.client.room() {
				p = q
				break
			}
		}
		if !p.limited || size <= p.bytes {
			return p
		}
		p.tell(statusMaxBytes)
		o.remove(p)
	}
	return nil
}

// given notes that p got x.
func (o *consumer) given(p *pull, x *parcel, size int) {
	o.note(x)
	p.given++
	p.left--
	if p.heartbeat > 0 {
		p.beatAt = x.at.Add(p.heartbeat)
	}
	if p.limited {
		p.bytes -= size
	}
	switch {
	case p.left > 0 && (!p.limited || p.bytes > 0):
		o.queued.served(p)
	case p.limited && p.bytes > 0:
		p.tell(statusBatchDone)
		o.remove(p)
	default:
		o.remove(p)
	}
}

// note counts x among what is out. mu is held.
func (o *consumer) note(x *parcel) {
	r := x.x.Receipt
	o.seq++
	o.streamSeq, o.delivered = max(o.streamSeq, r.Seq), x.at
	o.resting.remove(r.Seq)
	o.out.add(held{seq: r.Seq, attempt: r.Attempt, order: o.seq, until: x.x.Until, object: x.object})
}

// appendAck appends the ack subject of a delivery, which spells its receipt
// (nats-server 2.12, the ack reply of nine tokens).
func (o *consumer) appendAck(b []byte, x *parcel) []byte {
	r := x.x.Receipt
	b = append(append(append(b, ackPrefix...), o.stream...), '.')
	b = append(append(b, o.name...), '.')
	b = append(strconv.AppendUint(b, uint64(r.Attempt), 10), '.')
	b = append(strconv.AppendUint(b, r.Seq, 10), '.')
	b = append(strconv.AppendUint(b, o.seq+1, 10), '.')
	b = append(strconv.AppendInt(b, x.x.SentAt.UnixNano(), 10), '.')
	return strconv.AppendInt(b, int64(x.left), 10)
}
