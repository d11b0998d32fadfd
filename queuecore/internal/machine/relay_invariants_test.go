package machine

import (
	"errors"
	"fmt"
	"slices"
	"testing"
)

// TestRelayInvariants does what TestInvariants does with a relay and its members among the queues.
func TestRelayInvariants(t *testing.T) { anything(t, 30, fuzz{relays: true}) }

func memberFits(m *Machine, q *queue) error {
	to := q.of
	if to == nil {
		if q.config.Of != "" {
			return fmt.Errorf("relay %q is not known", q.config.Of)
		}
		return nil
	}
	if m.queues[q.config.Of] != to || !slices.Contains(to.relay.members, q) {
		return fmt.Errorf("relay %q does not know it", q.config.Of)
	}
	if q.nextSeq > to.nextSeq || len(q.bindings) > 0 {
		return fmt.Errorf("next is %d, the relay's is %d; %d bindings", q.nextSeq, to.nextSeq, len(q.bindings))
	}
	for _, s := range []Send{{Topic: true, Name: "t.x"}, {Topic: true, Name: "t.y.z"}, {Name: "h"}} {
		n := 0
		for _, t := range m.takers(to, &s) {
			if t == q {
				n++
			}
		}
		want := 0
		if len(q.config.Topics) == 0 && !q.config.Own || s.Topic && slices.Contains(q.config.Topics, "t.*") && s.Name == "t.x" || !s.Topic && q.config.Own {
			want = 1
		}
		if n != want {
			return fmt.Errorf("takes %q %d times, want %d: %q %v", s.Name, n, want, q.config.Topics, q.config.Own)
		}
	}
	as := q.config
	if as.inherit(&to.config); !sameConfig(&as, &q.config) {
		return errors.New("has bounds or a retention of its own")
	}
	return nil
}

func relayFits(m *Machine, q *queue) error {
	if q.relay == nil {
		return nil
	}
	for _, t := range q.relay.members {
		if m.queues[t.name] != t || t.of != q {
			return fmt.Errorf("member %q is not there, or another's", t.name)
		}
	}
	if q.len() > 0 || q.waitingReceivers() > 0 || len(q.consumers) > 0 {
		return errors.New("keeps something, or has receivers")
	}
	h, distinct := q.holding(1<<30), make(map[uint64]bool)
	for _, t := range q.relay.members {
		t.index.view(0, func(e *entry) bool { distinct[e.seq] = true; return true })
	}
	if h.Messages != len(distinct) || !h.Exact {
		return fmt.Errorf("holds %+v, has %d", h, len(distinct))
	}
	return nil
}

// relate makes a request to make the queue h that for a relay, and those for its members.
func (f *fuzz) relate(r *CreateQueue) {
	c := &r.Config
	switch r.Name {
	case "h":
		*c = Config{
			Relay: true, DedupWindow: c.DedupWindow, DedupPerGroup: c.DedupPerGroup,
			MaxMessages: c.MaxMessages, MaxBytes: c.MaxBytes, DropOldest: c.DropOldest, Retention: c.Retention,
		}
	case "h.1", "h.2":
		c.Of, c.DedupWindow = "h", 0
		f.tune(c)
		if f.seldom(2) {
			r.Fill = &Fill{Seqs: []uint64{1, 2, 70}, From: uint64(f.rnd.IntN(300))}
		}
	}
}

// tune says what a member takes.
func (f *fuzz) tune(c *Config) {
	switch f.rnd.IntN(4) {
	case 0:
		c.Topics = []string{"t.*"}
	case 1:
		c.Own = true
	case 2:
		c.Topics, c.Own = []string{"t.*", "u"}, true
	}
}

// relateAs makes c a configuration that x may become.
func (f *fuzz) relateAs(x, c *Config) {
	switch {
	case x.Relay:
		r := CreateQueue{Name: "h", Config: *c}
		f.relate(&r)
		*c = r.Config
	case x.Of != "":
		c.Of, c.DedupWindow = x.Of, 0
		c.inherit(x)
		f.tune(c)
	}
}

// A program that does not know relays must not open a store that has one: it would keep what
// that hands on. Stores without stay what they were.
func TestRelaysNeedAFormat(t *testing.T) {
	for relay, want := range map[bool]byte{true: relayedFormat, false: pagedFormat} {
		m, out := New(Limits{}), &Output{}
		m.Step(&CreateQueue{Name: "q", Config: Config{Relay: relay}}, 1, out)
		format := byte(0)
		for _, op := range out.Batch.Ops {
			if op.Key[0] == FamilyCounters {
				format = op.Value[0]
			}
			if op.Key[0] == FamilyQueue && format != want {
				t.Errorf("relay %t: the queue is written to a store of format %d, want %d", relay, format, want)
			}
		}
	}
}

// Members that take one message in a chunk's worth do not have a room for each.
func TestSparseMembersArePacked(t *testing.T) {
	const warm, n, members = 1600, 300, 8
	m, out := New(Limits{Warm: warm}), &Output{}
	m.Step(&CreateQueue{Name: "h", Config: Config{Relay: true}}, 1, out)
	for i := range members {
		m.Step(&CreateQueue{Name: fmt.Sprint("h.", i), Config: Config{Of: "h", Topics: []string{"x"}}}, 1, out)
	}
	m.Step(&Bind{Queue: "h", Pattern: ">"}, 1, out)
	send := func(topic string) {
		h := Head{Sent: 1, Size: 1}
		m.Step(&Tx{Sends: []Send{{Name: topic, Topic: true, Head: h, Record: append(AppendHead(nil, &h), 'm')}}}, 1, out)
	}
	for range n {
		send("x")
		for range chunkSize - 1 {
			send("y")
		}
		m.Flush(1, out)
		out.Reset()
	}
	if q := m.queues["h.1"]; q.len() != n || m.tally.rooms > warm/sparseRooms+members {
		t.Errorf("%d messages in %d rooms", q.len(), m.tally.rooms)
	}
	got := 0
	for got < n {
		r := &Receive{Queue: "h.1", Max: 100}
		m.Step(r, 1, out)
		for i, d := range r.Deliveries {
			if want := uint64((got + i) * chunkSize); d.Receipt.Seq != want+1 {
				t.Fatalf("message %d is %d, want %d", got+i, d.Receipt.Seq, want+1)
			}
		}
		if got += len(r.Deliveries); len(r.Deliveries) == 0 {
			t.Fatalf("nothing after %d", got)
		}
	}
	checkInvariants(t, m)
}
