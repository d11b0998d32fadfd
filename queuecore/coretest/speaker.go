package coretest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sluicemq/sluice/queuecore/internal/machine"
	"github.com/sluicemq/sluice/queuecore/selector"
	"github.com/sluicemq/sluice/queuecore/store"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
)

// speaker leads a conversation with one machine and the disk behind it.
type speaker struct {
	m           *machine.Machine
	disk        *memstore.Store
	now         time.Duration // since the conversation began
	waiting     map[string]*machine.Receive
	sessions    map[string]uint64
	bodies      int
	started     byte                // moves
	attached    uint64              // ever
	attachments map[string]attached // by the conversation's own names

	consumers    map[string]uint64
	lastConsumer uint64

	text strings.Builder
}

// epoch is when every conversation begins.
const epoch = int64(1e18)

func newSpeaker() *speaker {
	return &speaker{
		m: machine.New(machine.Limits{Cache: 1 << 20, Warm: 1 << 20}), disk: memstore.New(),
		waiting: make(map[string]*machine.Receive), sessions: make(map[string]uint64), consumers: make(map[string]uint64), attachments: make(map[string]attached),
	}
}

// speak does the commands of one block and returns what was answered.
func (s *speaker) speak(commands string) string {
	s.text.Reset()
	lines := strings.Split(strings.TrimSuffix(commands, "\n"), "\n")
	for len(lines) > 0 {
		n := 1
		for n < len(lines) && strings.HasPrefix(lines[n], "  ") {
			n++ // the operations of a transaction
		}
		s.command(lines[0], lines[1:n])
		lines = lines[n:]
	}
	return s.text.String()
}

func (s *speaker) say(format string, args ...any) { fmt.Fprintf(&s.text, format+"\n", args...) }

// do steps r, writes what it asks for, and then tells whoever was answered.
func (s *speaker) do(r machine.Request, answer func()) {
	var out machine.Output
	s.m.Flush(s.clock(), &out)
	if r != nil {
		s.m.Step(r, s.clock(), &out)
	}
	for next := s.m.Flush(s.clock(), &out); next != 0 && next <= s.clock(); {
		next = s.m.Flush(s.clock(), &out)
	}
	if err := s.write(&out); err != nil {
		s.say("disk: %v", err)
		return
	}
	for _, owner := range out.Answered {
		if name, ok := owner.(string); ok {
			s.answerWaiter(name)
		} else if answer != nil {
			answer()
			answer = nil
		}
	}
	for _, x := range out.Looks {
		s.judge(x)
		s.do(&machine.Judged{Look: x}, answer)
	}
}

func (s *speaker) clock() int64 { return epoch + int64(s.now) }

func (s *speaker) write(out *machine.Output) error {
	for _, c := range out.Copies {
		v, err := s.disk.Get(c.From)
		if err != nil {
			return err
		}
		if out.Batch.Ops[c.Op].Value, err = machine.ReplaceHead(v, c.Head); err != nil {
			return err
		}
	}
	return s.disk.Write(&out.Batch)
}

// answerWaiter tells what a receiver got that had been waiting.
func (s *speaker) answerWaiter(name string) {
	r := s.waiting[name]
	delete(s.waiting, name)
	s.say("%s:", name)
	s.received(r)
}

func (s *speaker) received(r *machine.Receive) {
	if r.Err != nil {
		s.say("%v", r.Err)
		return
	}
	if len(r.Deliveries) == 0 {
		s.say("nothing")
	}
	seen := &machine.Seen{}
	for i := range r.Deliveries {
		d := &r.Deliveries[i]
		s.say("%s", s.delivery(d))
		if d.Unread {
			seen.Receipts = append(seen.Receipts, d.Receipt)
		}
	}
	if len(seen.Receipts) > 0 {
		s.do(seen, nil)
	}
}

func (s *speaker) delivery(d *machine.Delivery) string {
	until := "session"
	if d.Until != 0 {
		until = s.since(d.Until)
	}
	return fmt.Sprintf("%d/%d@%d %s until %s%s", d.Receipt.Queue, d.Receipt.Seq, d.Receipt.Attempt, s.body(d), until, deadText(d.Dead))
}

func deadText(d *machine.DeadLetter) string {
	if d == nil {
		return ""
	}
	return fmt.Sprintf(" dead: %s after %d in %s", d.Reason, d.Attempts, d.Queue)
}

func (s *speaker) since(t int64) string { return time.Duration(t - epoch).String() }

// body returns the message that d hands out, from memory or from the disk.
func (s *speaker) body(d *machine.Delivery) string {
	if d.Body != nil {
		return d.Body.(string)
	}
	v, err := s.disk.Get(d.Key(nil))
	if err != nil {
		return err.Error()
	}
	_, body, err := machine.ParseHead(v)
	if err != nil {
		return err.Error()
	}
	return strings.TrimRight(string(body), ".") + " (disk)"
}

// judge holds messages against a selector.
func (s *speaker) judge(x *machine.Look) {
	for i := range x.Items {
		body, _, _ := strings.Cut(s.body(&x.Items[i].Delivery), " ")
		x.Items[i].Matches = x.Choice.Match(spoken(body))
		x.Items[i].Topic, x.Items[i].HasTopic = spoken(body).Topic()
	}
}

// spoken is a body, as choices see the message: m7,red is one whose color is red, and
// m8:t.a one that was sent to the topic t.a.
type spoken string

// Field is selector.Fields.
func (m spoken) Field(name string) selector.Value {
	m, _, _ = cut(m, ":")
	if _, color, ok := cut(m, ","); ok && name == "color" {
		return selector.String(string(color))
	}
	return selector.Value{}
}

// Topic is machine.Fields.
func (m spoken) Topic() (string, bool) {
	_, topic, ok := cut(m, ":")
	return string(topic), ok
}

func cut(m spoken, sep string) (before, after spoken, found bool) {
	b, a, ok := strings.Cut(string(m), sep)
	return spoken(b), spoken(a), ok
}

// choice reads a color, and from=own, or a pattern, or both with a comma between them.
func (w *words) choice() machine.Choice {
	c := machine.Choice{Selector: w.selector()}
	for from := range strings.SplitSeq(w.set["from"], ",") {
		switch from {
		case "":
		case "own":
			c.Own = true
		default:
			p, err := selector.Parse(from)
			w.fault(err)
			c.Topics = append(c.Topics, p)
		}
	}
	return c
}

// selector reads the setting of that name: a color.
func (w *words) selector() *selector.Selector {
	color := w.set["color"]
	if color == "" {
		return nil
	}
	x, err := machine.Compile("color = '"+color+"'", selector.Options{})
	w.fault(err)
	return x
}

// restart opens the disk anew.
func (s *speaker) restart() {
	s.disk = s.disk.Reopen()
	s.m = machine.New(machine.Limits{Cache: 1 << 20, Warm: 1 << 20})
	s.waiting = make(map[string]*machine.Receive)
	s.sessions = make(map[string]uint64)
	if err := s.m.Load(s.disk.Load, s.clock()); err != nil {
		s.say("load: %v", err)
	}
	s.do(nil, nil)
}

// records lists what the disk holds, by family and key.
func (s *speaker) records() {
	var keys []string
	err := s.disk.Load(nil, func(k, v []byte) error {
		keys = append(keys, recordName(k))
		return nil
	})
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		s.say("%v", err)
	}
	slices.Sort(keys)
	s.say("%s", strings.Join(keys, " "))
}

// recordName spells a key: its family's letter and its numbers.
func recordName(k []byte) string {
	number := func(b []byte) (n uint64) {
		for _, c := range b {
			n = n<<8 | uint64(c)
		}
		return n
	}
	switch {
	case len(k) == 1:
		return string(k)
	case k[0] == machine.FamilyShared:
		return fmt.Sprintf("%c%d", k[0], number(k[1:]))
	case k[0] == machine.FamilyBinding || k[0] == machine.FamilyDedup:
		return fmt.Sprintf("%c%d:%s", k[0], number(k[1:5]), k[5:])
	case len(k) == 5:
		return fmt.Sprintf("%c%d", k[0], number(k[1:]))
	}
	return fmt.Sprintf("%c%d/%d", k[0], number(k[1:5]), number(k[5:]))
}
