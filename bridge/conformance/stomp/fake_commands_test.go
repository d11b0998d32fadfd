package stomp

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// handle obeys one frame. The lock is held.
func (c *fakeConn) handle(f *frame) error {
	if !c.connected() && !c.has("no-login-needed") || f.command == "CONNECT" && !c.connected() {
		return c.connect(f)
	}
	if len(f.body) > 0 && f.command != "SEND" && f.command != "MESSAGE" {
		if c.version != v10 && !c.has("any-body") || c.has("strict-bodies") {
			return errFake("a body")
		}
	}
	if c.has("receipts-early") {
		c.receipt(f)
		f.headers = slices.DeleteFunc(f.headers, func(h [2]string) bool { return h[0] == "receipt" })
	}
	do := map[string]func(*frame) error{
		"SEND": c.send, "SUBSCRIBE": c.subscribe, "UNSUBSCRIBE": c.unsubscribe, "ACK": c.settle, "NACK": c.settle,
		"BEGIN": c.begin, "COMMIT": c.finish, "ABORT": c.finish, "DISCONNECT": c.disconnect,
	}[f.command]
	if do == nil || f.command == "NACK" && c.version == v10 || f.command == "NACK" && c.has("no-nack") {
		if c.has("ignores-unknown") || c.has("connects-again") && f.command == "CONNECT" {
			c.receipt(f)
			return nil
		}
		return errFake("unknown command")
	}
	for _, late := range c.late {
		late()
	}
	c.late = nil
	if err := do(f); err != nil {
		return err
	}
	c.receipt(f)
	if f.command == "DISCONNECT" {
		return io.EOF
	}
	return nil
}

func (c *fakeConn) connect(f *frame) error {
	if f.command != "CONNECT" && (f.command != "STOMP" || c.has("no-stomp")) {
		return errFake("not connected")
	}
	if c.has("no-connected") {
		return nil
	}
	if host, _ := f.header("host"); strings.HasSuffix(host, ".invalid") && c.has("unknown-host-hangs") {
		return nil
	}
	if !f.is("login", fakeLogin) || !f.is("passcode", fakePasscode) {
		if c.has("rejects-silently") {
			return errSilently
		}
		return errFake("who are you")
	}
	var err error
	if c.version, err = c.negotiate(f); err != nil {
		return err
	}
	beats, err := c.beats(f)
	if err != nil {
		return err
	}
	c.usedTxs["connected"] = true
	c.made++
	session := fmt.Sprint("s", c.made)
	if c.has("same-session") {
		session = "s"
	}
	server := "Fake/1.0 of a test"
	if c.has("bad-server") {
		server = "/1.0"
	}
	s := "CONNECTED\nsession:" + session + "\nserver:" + server + "\nheart-beat:" + beats + "\n"
	if !c.has("no-version") {
		s += "version:" + c.version + "\n"
	}
	c.push(s + "\n\x00")
	return nil
}

func (c *fakeConn) negotiate(f *frame) (string, error) {
	accept, ok := f.header("accept-version")
	if !ok && c.has("defaults-to-1.2") {
		return v12, nil
	}
	if !ok && !c.has("only-1.2") {
		return v10, nil
	}
	best := ""
	for v := range strings.SplitSeq(accept, ",") {
		if v <= v12 && (best == "" || v > best != c.has("lowest")) {
			best = v
		}
	}
	if best == "" && c.has("any-version") {
		best = v12
	}
	if best == "" || best != v12 && c.has("only-1.2") {
		return v10, errFake("Supported versions are 1.0,1.1,1.2")
	}
	return best, nil
}

// fakeBeats is how often the fake can send beats, and wants to get them.
const fakeBeats = 250 * time.Millisecond

func (c *fakeConn) beats(f *frame) (string, error) {
	h, ok := f.header("heart-beat")
	can, wants := beatsOf(f)
	if ok && !twoNumbers.MatchString(h) && !c.has("any-beats") {
		return "", errFake("heart-beat")
	}
	if can > 0 && !c.has("never-cuts") {
		c.wants, c.lastBeat = max(can, fakeBeats), time.Now()
	}
	if wants > 0 && !c.has("never-beats") {
		c.beat(max(wants, fakeBeats) * 3 / 4)
	}
	if c.has("always-beats") {
		c.beat(fakeBeats)
	}
	if c.has("bad-beats") {
		return "often", nil
	}
	return "250,250", nil
}

// beat sends a line end at intervals, until the socket is closed.
func (c *fakeConn) beat(every time.Duration) {
	time.AfterFunc(every, func() {
		if _, err := io.WriteString(c.nc, "\n"); err == nil {
			c.beat(every)
		}
	})
}

func (c *fakeConn) send(f *frame) error {
	dest, ok := f.header("destination")
	if !ok && !c.has("sends-anywhere") {
		return errFake("no destination")
	}
	if len(f.body) == 0 && c.has("refuses-empty") {
		return errFake("no body")
	}
	put := func() error {
		if !c.has("loses-messages") {
			c.put(dest, f)
		}
		return nil
	}
	if _, asked := f.header("receipt"); !asked && c.has("drops-at-close") {
		c.late = append(c.late, func() { _ = put() })
		return nil
	}
	return c.inTransaction(f, put)
}

func (c *fakeConn) put(dest string, f *frame) {
	c.made++
	m := &fakeMessage{id: fmt.Sprint("m:", c.made), body: f.body}
	if c.has("same-message-id") {
		m.id = "m"
	}
	for _, h := range f.headers {
		own := slices.Contains([]string{"destination", "receipt", "transaction", "content-length"}, h[0])
		if own || c.has("drops-headers") || c.has("drops-content-type") && h[0] == "content-type" {
			continue
		}
		m.headers = append(m.headers, h)
	}
	q := c.queue(dest)
	if c.has("newest-first") {
		q.messages = slices.Insert(q.messages, 0, m)
	} else {
		q.messages = append(q.messages, m)
	}
	c.dispatch(dest)
}

// inTransaction does it, now or when the transaction is committed.
func (c *fakeConn) inTransaction(f *frame, do func() error) error {
	id, ok := f.header("transaction")
	if !ok || c.has("no-transactions") {
		return do()
	}
	if _, open := c.txs[id]; !open {
		if c.has("any-transaction") {
			return do()
		}
		return errFake("no such transaction")
	}
	if f.command == "SEND" || !c.has("loses-acks") {
		c.txs[id] = append(c.txs[id], do)
	}
	return nil
}

func (c *fakeConn) begin(f *frame) error {
	id, ok := f.header("transaction")
	if !ok && !c.has("anonymous-transactions") {
		return errFake("no transaction")
	}
	if _, open := c.txs[id]; open && !c.has("begins-again") || c.usedTxs[id] && c.has("ids-once") {
		return errFake("transaction exists")
	}
	c.txs[id], c.usedTxs[id] = []func() error{}, true
	return nil
}

func (c *fakeConn) finish(f *frame) error {
	id, _ := f.header("transaction")
	tx, open := c.txs[id]
	if !open && !c.has("any-transaction") {
		return errFake("no such transaction")
	}
	delete(c.txs, id)
	if f.command == "ABORT" || c.has("commit-ignored") {
		return nil
	}
	for _, do := range tx {
		if err := do(); err != nil {
			return err
		}
	}
	return nil
}

func (c *fakeConn) subscribe(f *frame) error {
	s, err := c.readSubscribe(f)
	if err != nil {
		return err
	}
	c.subs = append(c.subs, s)
	c.receipt(f)
	f.headers = slices.DeleteFunc(f.headers, func(h [2]string) bool { return h[0] == "receipt" })
	q := c.queue(s.dest)
	q.subs = append(q.subs, s)
	c.dispatch(s.dest)
	return nil
}

func (c *fakeConn) readSubscribe(f *frame) (*fakeSub, error) {
	s := &fakeSub{conn: c}
	var ok bool
	if s.dest, ok = f.header("destination"); !ok && !c.has("subscribes-anywhere") {
		return nil, errFake("no destination")
	}
	if s.id, s.named = f.header("id"); !s.named {
		if c.version != v10 && !c.has("ids-optional") || c.has("ids-required") {
			return nil, errFake("no id")
		}
		s.id = s.dest
	}
	if s.mode, ok = f.header("ack"); !ok {
		s.mode = "auto"
		if c.has("client-is-default") {
			s.mode = "client"
		}
	}
	if !slices.Contains([]string{"auto", "client", "client-individual"}, s.mode) && !c.has("any-ack-mode") {
		return nil, errFake("ack mode")
	}
	if c.has("auto-needs-ack") {
		s.mode = "client"
	}
	if slices.ContainsFunc(c.subs, func(x *fakeSub) bool { return x.id == s.id }) && !c.has("ids-shared") {
		return nil, errFake("subscription exists")
	}
	return s, nil
}

func (c *fakeConn) unsubscribe(f *frame) error {
	if c.has("unsubscribe-ignored") {
		return nil
	}
	id, ok := f.header("id")
	if dest, has := f.header("destination"); !ok && has && c.version == v10 {
		id = dest
	}
	i := slices.IndexFunc(c.subs, func(s *fakeSub) bool { return s.id == id })
	if i < 0 {
		if c.has("any-unsubscribe") {
			return nil
		}
		return errFake("no such subscription")
	}
	c.detach(c.subs[i])
	c.subs = slices.Delete(c.subs, i, i+1)
	return nil
}

func (c *fakeConn) settle(f *frame) error {
	name := "message-id"
	if c.version == v12 {
		name = "id"
	}
	id, _ := f.header(name)
	if !slices.ContainsFunc(c.unacked, func(d *fakeDelivery) bool { return d.m.id == id }) {
		if c.has("any-ack") {
			return nil
		}
		return errFake("unknown message")
	}
	return c.inTransaction(f, func() error {
		c.release(id, f.command == "NACK")
		return nil
	})
}

// release takes deliveries out of the client's hands: the one, and those before
// it where the mode is client.
func (c *fakeConn) release(id string, nack bool) {
	at := slices.IndexFunc(c.unacked, func(d *fakeDelivery) bool { return d.m.id == id })
	if at < 0 || c.has("ack-ignored") {
		return
	}
	hit := c.unacked[at]
	all := hit.sub.mode == "client" && !c.has("never-cumulative") || c.has("always-cumulative")
	if nack && c.has("nack-discards-one") {
		all = false
	}
	var kept, gone []*fakeDelivery
	for i, d := range c.unacked {
		same := d.sub == hit.sub || c.has("cumulative-everywhere")
		if i == at || i < at && all && same {
			gone = append(gone, d)
		} else {
			kept = append(kept, d)
		}
	}
	c.unacked = kept
	if nack && !c.has("nack-discards-one") {
		c.requeue(gone)
	}
}

func (c *fakeConn) disconnect(*frame) error {
	if c.has("drops-last") {
		return errSilently
	}
	return nil
}
