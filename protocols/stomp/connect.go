package stomp

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/stomp/frame"
)

// supported are the versions, as the version header of an ERROR frame lists them.
const supported = "1.0,1.1,1.2"

// connect takes the CONNECT frame, checks it and answers with CONNECTED. The time for
// that began with unwrap.
func (c *conn) connect() error {
	f, err := c.reader.Read()
	if err != nil {
		return err
	}
	if f.Command != frame.Connect && f.Command != frame.Stomp {
		return refuse("not connected", "The first frame must be CONNECT or STOMP, not %s.", f.Command)
	}
	if c.version, err = negotiate(&f); err != nil {
		return err
	}
	if err := c.mayBePlain(); err != nil {
		return err
	}
	if c.beats, err = c.agreeBeats(&f); err != nil {
		return err
	}
	if err := c.checkHost(&f); err != nil {
		return err
	}
	if c.who, err = c.authenticate(&f); err != nil {
		return err
	}
	c.unwatch = protocols.OnRevoke(c.who, func() { c.stop(errRevoked) })
	if err := c.belong(); err != nil {
		return err
	}
	if err := c.claimClient(&f); err != nil {
		return err
	}
	c.open()
	if err := c.source.loggedIn(tolerance * c.beats.in); err != nil {
		return err
	}
	return c.welcome()
}

// negotiate picks the highest version that both know. STOMP 1.2, "Protocol Negotiation".
func negotiate(f *frame.Frame) (frame.Version, error) {
	accept, ok := f.Header("accept-version")
	if !ok {
		return frame.V10, nil
	}
	best := frame.Unnegotiated
	for s := range strings.SplitSeq(accept, ",") {
		for v := frame.V10; v <= frame.V12; v++ {
			if strings.TrimSpace(s) == v.String() {
				best = max(best, v)
			}
		}
	}
	if best == frame.Unnegotiated {
		return best, &refusal{
			message: "version mismatch", detail: "Supported versions are " + supported,
			headers: []frame.Header{{Name: "version", Value: supported}},
		}
	}
	return best, nil
}

func (c *conn) agreeBeats(f *frame.Frame) (beats, error) {
	h, ok := f.Header("heart-beat")
	if !ok || c.version == frame.V10 { // 1.0 has none
		return beats{}, nil
	}
	can, wants, err := parseBeats(h)
	return agree(can, wants, c.gateway.options.Limits.HeartBeat), err
}

func (c *conn) authenticate(f *frame.Frame) (protocols.Principal, error) {
	ctx, cancel := context.WithDeadline(c.ctx, c.source.until)
	defer cancel()
	credentials := protocols.Credentials{Certificate: c.peer.Certificate, Remote: c.net.RemoteAddr(), Secure: c.secure}
	credentials.User, _ = f.Header("login")
	credentials.Password, _ = f.Header("passcode")
	who, err := c.gateway.options.Auth.Authenticate(ctx, credentials)
	err = c.witnessLogin(f, &credentials, who, err)
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return nil, errLogin
	case err != nil:
		return nil, fmt.Errorf("login of %v: %w", credentials, err)
	}
	return who, nil
}

// open makes ready what a connection needs that has logged in.
func (c *conn) open() {
	limits := &c.gateway.options.Limits
	c.log = c.log.With("user", c.who.Name())
	c.panics = c.gateway.panics.With(c.log)
	c.reader.SetVersion(c.version)
	c.reader.SetLimits(limits.Frame)
	if c.lift != nil {
		c.lift()
	}
	c.dict = mapping.STOMP{NoEscapes: c.version == frame.V10, CarriesCR: c.version != frame.V10, Dialect: c.gateway.options.Dialect}
	c.eol = c.gateway.habits.LineFeed && !c.inWebSocket()
	c.session = c.gateway.broker.NewSession()
	c.ledger = newLedger(limits.Unsettled)
	c.writer = newWriter(c, limits.WriteTimeout)
	c.pipe = newPipeline(c.writer.signal, c.writer.ready, c.spares)
	c.pipe.panics, c.pipe.failed = c.panics, c.failed
	c.out = &outbox{wake: c.writer.signal, buffers: &c.gateway.buffers, all: c.gateway.bounds.outgoing, version: c.version, lineFeed: c.eol}
	c.payloads = semaphore.NewWeighted(payloadsUnderway)
	c.subs.byID = make(map[string]*subscription)
	c.txs.open = make(map[string]*transaction)
	c.borrow()
}

// welcome writes CONNECTED. The writer does not run yet.
func (c *conn) welcome() error {
	e := frame.Start(nil, c.version, frame.Connected)
	e.LineFeed = c.eol
	e.Header("version", c.version.String())
	e.Header("session", c.id)
	e.Header("server", c.gateway.options.Dialect.Server(c.gateway.options.Server))
	if c.version != frame.V10 {
		e.Header("heart-beat", c.beats.offer())
	}
	b, err := e.End(nil)
	if err != nil {
		return err
	}
	_ = c.net.SetWriteDeadline(c.writeBy())
	_, err = c.net.Write(b)
	return lost(err)
}

func (c *conn) writeBy() time.Time {
	return time.Now().Add(c.gateway.options.Limits.WriteTimeout)
}
