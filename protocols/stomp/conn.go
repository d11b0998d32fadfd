package stomp

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/panics"
	"github.com/sluicemq/sluice/protocols/quota"
	"github.com/sluicemq/sluice/protocols/stomp/frame"
	"github.com/sluicemq/sluice/queuecore"
)

// conn is one client.
type conn struct {
	gateway *Gateway
	gone    chan struct{} // closed when it holds nothing any more
	raw     net.Conn      // as it was accepted
	net     net.Conn      // the stream of STOMP: raw, or over it TLS, a WebSocket, or both
	secure  bool          // there is TLS
	peer    protocols.Peer
	lift    func() // to be called once the client has logged in; nil: nothing
	log     *slog.Logger
	panics  *panics.Guard   // with log
	id      string          // the session header
	ctx     context.Context // ends with the reason why the connection must end
	stop    context.CancelCauseFunc

	source *source
	reader *frame.Reader
	// unwatch ends the look-out for a client whose login is revoked, and unexpire that for the end of
	// its certificate.
	unwatch, unexpire func() bool
	login             // good once connect has returned, and so are the next five
	ledger            *ledger
	pipe              *pipeline
	out               *outbox
	// payloads holds a token for each payload on its way to the outbox.
	payloads *semaphore.Weighted
	writer   *writer
	desk
	loans loans
	seat  quota.Seat
}

// desk is what the goroutine that reads and runs the handlers owns.
type desk struct {
	subs    subscriptions
	temps   temps
	txs     transactions
	settles settles
	scratch []mapping.Header
}

// login is what a client and the gateway agree on at the beginning.
type login struct {
	eol     bool // a line feed follows each frame but an ERROR behind which nothing comes
	who     protocols.Principal
	user    *quota.User       // whose limits hold for it; nil: nobody's
	witness protocols.Witness // of what the client does
	version frame.Version
	beats   beats
	dict    mapping.STOMP
	session *queuecore.Session // nil: the client has not logged in
	client  string             // its client id, which no other connection has; "": it has none
}

func newConn(g *Gateway, nc net.Conn) *conn {
	c := &conn{gateway: g, gone: make(chan struct{}), raw: nc, net: nc, id: rand.Text()}
	c.unwatch = func() bool { return true }
	c.unexpire = c.unwatch
	c.log = g.options.Log.With("remote", nc.RemoteAddr(), "session", c.id)
	c.panics = g.panics.With(c.log)
	c.ctx, c.stop = context.WithCancelCause(g.ctx)
	c.source = &source{net: nc, ctx: c.ctx, flush: c.flushSettles}
	l := &g.options.Limits
	c.reader = frame.NewReader(c.source, frame.Limits{
		Headers: l.Frame.Headers, HeaderBytes: l.ConnectBytes, Body: l.ConnectBytes,
	})
	return c
}

// run serves the client from its CONNECT frame to the end.
func (c *conn) run() {
	defer c.stop(errGone)
	let := c.interruptReads()
	_ = c.panics.Run(func() error { c.stay(); return nil }) // it has ended all the same
	let()
	linger(c.net, c.gateway.options.Limits.Linger)
}

// stay serves the client, and gives up what is its own here, whatever panics on the way.
func (c *conn) stay() {
	defer c.depart()
	if err := c.panics.Run(c.unwrap); err != nil {
		c.turnedAway(err)
	} else if err = c.panics.Run(c.connect); err != nil {
		c.reject(err)
	} else {
		c.exchange()
	}
}

// depart ends what the connection has of the gateway.
func (c *conn) depart() {
	defer close(c.gone)
	c.unwatch()
	c.unexpire()
	c.gateway.clients.leave(c)
	c.seat.Leave()
}

// failed ends the connection after a panic in a goroutine that has no other way to say so. It
// does not block.
func (c *conn) failed() { c.stop(panics.Err) }

// interruptReads sees to it that a reader that waits for the client learns that
// the connection ends. The function it returns puts an end to that.
func (c *conn) interruptReads() (let func()) {
	done := make(chan struct{})
	stop := context.AfterFunc(c.ctx, func() {
		defer close(done)
		defer c.gateway.panics.Catch(func() { _ = c.raw.Close() })
		_ = c.raw.SetReadDeadline(time.Unix(1, 0)) // fails on a closed socket alone
	})
	return func() {
		if !stop() {
			<-done
		}
	}
}

// exchange serves a client that has logged in.
func (c *conn) exchange() {
	// Ends when finish has closed the pipeline.
	go func() {
		defer close(c.writer.done)
		if err := c.panics.Run(c.writer.run); err != nil {
			c.writer.drop()
			c.stop(err)
		}
	}()
	c.finish(c.panics.Run(c.serve))
}

// serve handles frames until the connection must end, and says why.
func (c *conn) serve() error {
	for {
		f, err := c.reader.Read()
		if err == nil {
			c.loans.body.Keep() // it may have to wait for the disk, or for others
			err = c.spare(&f, c.witnessed(&f, c.handle(&f)))
			c.loans.body.Free() // a message is the broker's to count now, or its transaction's
		}
		if err != nil {
			return c.refused(&f, err)
		}
		if err := c.pace(&f); err != nil {
			return c.refused(&frame.Frame{}, err) // f is answered
		}
	}
}

// handle is the table of commands. Each handler sees to its frame's answer.
func (c *conn) handle(f *frame.Frame) error {
	if f.Command != frame.Ack && f.Command != frame.Nack {
		if err := c.flushSettles(); err != nil {
			return err
		}
	}
	switch f.Command {
	case frame.Send:
		return c.send(f)
	case frame.Ack:
		return c.settle(f, false)
	case frame.Nack:
		return c.settle(f, true)
	case frame.Subscribe:
		return c.subscribe(f)
	case frame.Unsubscribe:
		return c.unsubscribe(f)
	case frame.Begin:
		return c.begin(f)
	case frame.Commit:
		return c.commit(f)
	case frame.Abort:
		return c.abort(f)
	case frame.Disconnect:
		return errDisconnect
	case frame.Connect, frame.Stomp:
		return breach("already connected", "A connection takes one CONNECT frame.")
	case frame.Connected, frame.Message, frame.Receipt, frame.Error:
		return breach("not a client's frame", "Only a server sends %s frames.", f.Command)
	}
	return breach("unknown command", "%s is not a command of STOMP %s.", f.Command, c.version)
}

// answerOf is the answer that f asks for when all goes well.
func answerOf(f *frame.Frame) answer {
	receipt, wants := f.Header("receipt")
	return answer{receipt: receipt, wants: wants}
}

// answer answers a frame that has been processed.
func (c *conn) answer(a answer) error {
	if !a.wants && a.then == nil {
		return nil
	}
	p, err := c.pipe.reserve(c.ctx, a)
	if err == nil {
		c.pipe.settle(p, nil)
	}
	return err
}

// submit hands t to the broker, and answers with a when it is on disk. Objects of the
// acks in t are removed then.
func (c *conn) submit(a answer, t queuecore.Tx, objects []*mapping.Pointer) error {
	p, err := c.pipe.reserve(c.ctx, a)
	if err != nil {
		return err
	}
	return c.submitInto(p.done, t, objects)
}

// submitInto is submit for a place that is there: done settles it, in its turn.
func (c *conn) submitInto(done func([]queuecore.Sent, error), t queuecore.Tx, objects []*mapping.Pointer) error {
	err := c.gateway.broker.Submit(c.ctx, t, c.afterAck(objects, done))
	if err == nil {
		return nil
	}
	err = c.cause(err)
	done(nil, err)
	if c.spares(err) {
		return nil
	}
	return errAnswered
}

// refused puts the ERROR for a frame into its place behind those before it. It
// returns how the connection ends.
func (c *conn) refused(f *frame.Frame, err error) error {
	if err == errDisconnect {
		if err = c.part(f); err == nil {
			return errDisconnect
		}
	}
	if err = c.cause(err); err == errAnswered || gone(err) {
		return err
	}
	a := answerOf(f)
	a.err = err
	c.pipe.last(a)
	return errAnswered
}

// part answers a DISCONNECT.
func (c *conn) part(f *frame.Frame) error {
	c.endSubscriptions() // no message may follow the RECEIPT
	if err := c.detach(); err != nil {
		return err
	}
	a := answerOf(f)
	a.parts = true
	c.pipe.last(a)
	return nil
}

// cause prefers the reason why the connection must end to what that led to.
func (c *conn) cause(err error) error {
	if c.ctx.Err() != nil {
		return context.Cause(c.ctx)
	}
	return err
}

// gone reports whether err means that the client does not listen any more.
func gone(err error) bool { return errors.Is(err, errGone) || isEOF(err) }

// explain finds the words for err, and logs what only the operator should see. When
// the connection goes on, the client's own mistake is no news.
func (c *conn) explain(err error, spared bool) *refusal {
	r, known := explain(err)
	switch {
	case spared:
		c.log.Debug("stomp: ERROR sent; the connection goes on", "err", err)
		return r
	case known:
		r = c.nameSetting(r, err)
		c.gateway.options.Tally.AddIf(r.limit)
		c.log.Info("stomp: ERROR sent; the connection is closed", "err", err)
		return r
	case !errors.Is(err, panics.Err): // that is in the log already
		c.log.Error("stomp: internal error; the connection is closed", "err", err)
	}
	return &refusal{message: r.message, detail: r.detail + " Its name there is session " + c.id + "."}
}

// finish ends a connection that has logged in. What has come in is answered
// first: the client may have closed its half only.
func (c *conn) finish(err error) {
	defer c.endSession()
	defer c.flushed()
	c.giveBack()
	if err == panics.Err || context.Cause(c.ctx) == panics.Err {
		c.pipe.abandon(answer{err: panics.Err})
	}
	if err != errDisconnect { // a client that may be gone must not hold its messages for long
		c.writer.hurry(c.gateway.options.Limits.Linger)
	}
	c.endSubscriptions()
}

// flushed returns when all answers are written, or given up.
func (c *conn) flushed() {
	c.pipe.close()
	<-c.writer.done
}

// endSession gives back what the client holds.
func (c *conn) endSession() {
	if err := c.session.Close(); err != nil {
		c.log.Warn("stomp: giving leases back failed", "err", err)
	}
}

// endSubscriptions stops all deliveries.
func (c *conn) endSubscriptions() {
	for _, s := range c.subs.byID {
		s.cancel()
	}
	unsent := c.out.seal()
	for _, s := range c.subs.byID {
		<-s.done
	}
	c.release(unsent)
}

// release gives back deliveries that the client has not been sent. The attempt
// does not count.
func (c *conn) release(hs []*held) {
	if len(hs) == 0 {
		return
	}
	receipts := make([]queuecore.Receipt, len(hs))
	for i, h := range hs {
		receipts[i] = h.receipt
	}
	if err := c.gateway.broker.Release(context.WithoutCancel(c.ctx), receipts); err != nil {
		c.log.Warn("stomp: releasing deliveries failed; the session gives them back", "err", err)
	}
	c.ledger.drop(hs)
}

// reject answers a client that has not logged in.
func (c *conn) reject(err error) {
	if c.session != nil { // CONNECTED could not be written
		defer c.endSession()
		defer c.giveBack()
	}
	if !gone(c.cause(err)) {
		b := errorFrame(nil, frame.Unnegotiated, c.explain(c.cause(err), false), "", false)
		err = c.panics.Run(func() error { return c.say(b) })
	}
	if err != nil {
		c.log.Debug("stomp: a client went before it had logged in", "err", fmt.Sprint(err))
	}
}

// say writes the last word to a client that has no writer.
func (c *conn) say(b []byte) error {
	_ = c.net.SetWriteDeadline(time.Now().Add(c.gateway.options.Limits.Linger))
	_, err := c.net.Write(b)
	return err
}
