package coretest

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/sluicemq/sluice/queuecore/internal/machine"
)

// words is a command line: plain words, and settings of the form key=value.
type words struct {
	plain []string
	set   map[string]string
	bad   error
}

func parseWords(line string) *words {
	w := &words{set: make(map[string]string)}
	for _, f := range strings.Fields(line) {
		if k, v, ok := strings.Cut(f, "="); ok {
			w.set[k] = v
		} else {
			w.plain = append(w.plain, f)
		}
	}
	return w
}

func (w *words) word(i int) string {
	if i < len(w.plain) {
		return w.plain[i]
	}
	w.fault(fmt.Errorf("word %d is missing", i+1))
	return ""
}

func (w *words) has(flag string) bool {
	for _, p := range w.plain {
		if p == flag {
			return true
		}
	}
	return false
}

func (w *words) fault(err error) {
	if err != nil && w.bad == nil {
		w.bad = err
	}
}

func (w *words) duration(key string) time.Duration {
	v, ok := w.set[key]
	if !ok {
		return 0
	}
	d, err := time.ParseDuration(v)
	w.fault(err)
	return d
}

func (w *words) int(key string) int {
	v, ok := w.set[key]
	if !ok {
		return 0
	}
	n, err := strconv.Atoi(v)
	w.fault(err)
	return n
}

// command does one command; ops are the lines of a transaction.
func (s *speaker) command(line string, ops []string) {
	w := parseWords(line)
	verbs := map[string]func(*words){
		"create": s.create, "update": s.update, "delete": s.delete, "purge": s.purge, "remove": s.remove,
		"bind": s.bind, "unbind": s.unbind, "subscribe": s.subscribe, "detach": s.detach, "unsubscribe": s.unsubscribe, "queues": s.queues, "move": s.move, "cancel-move": s.cancelMove, "moves": s.moves,
		"send": s.send, "ack": s.ack, "nack": s.nack, "extend": s.extend, "reject": s.reject, "spend": s.spend, "release": s.release,
		"receive": s.receive, "cancel": s.cancel, "session": s.session, "consumer": s.consumer,
		"flood": s.flood, "drain": s.drain, "acks": s.acks, "noisy": s.noisy,
		"stats": s.stats, "held": s.held, "browse": s.browse, "topics": s.topics, "seats": s.seats, "records": func(*words) { s.records() },
		"advance": s.advance,
		"restart": func(*words) { s.do(&machine.Shutdown{}, nil); s.restart() },
		"crash":   func(*words) { s.restart() },
	}
	switch do := verbs[w.word(0)]; {
	case w.word(0) == "tx":
		s.tx(ops, w)
	case do == nil:
		s.say("unknown command %q", w.word(0))
	default:
		do(w)
	}
	if w.bad != nil {
		s.say("bad command %q: %v", line, w.bad)
	}
}

// told says how a request ended.
func (s *speaker) told(err *error, ok string, args ...any) func() {
	return func() {
		if *err != nil {
			s.say("%v", *err)
			return
		}
		s.say(ok, args...)
	}
}

func (w *words) config() machine.Config {
	c := machine.Config{
		Lease: w.duration("lease"), Delay: w.duration("delay"), Retention: w.duration("retention"),
		DedupWindow: w.duration("dedup"), DedupPerGroup: w.has("dedup-per-group"), GroupOrder: w.has("groups"), FairGroups: w.has("fair"), GroupAffinity: w.has("affinity"), GroupRebalance: w.has("rebalance"), MaxInFlight: w.int("in-flight"),
		MaxMessages: w.int("max"), MaxBytes: int64(w.int("max-bytes")), DropOldest: w.has("drop-oldest"),
		MaxPerTopic: w.int("per-topic"), DropOldestPerTopic: w.has("drop-oldest-of-topic"),
		MaxMessageSize: w.int("max-size"), MaxAttempts: w.int("attempts"), DeadLetter: w.set["dead"], ExpiredTo: w.set["expired-to"],
		BackoffInitial: w.duration("backoff"), BackoffMax: w.duration("backoff-max"), Transient: w.has("transient"),
	}
	c.BackoffFactor = float64(w.int("factor"))
	c.Relay, c.Of, c.Own = w.has("relay"), w.set["of"], w.has("own")
	if topics := w.set["topics"]; topics != "" {
		c.Topics = strings.Split(topics, ",")
	}
	return c
}

func (s *speaker) create(w *words) {
	r := &machine.CreateQueue{Name: w.word(1), Config: w.config(), Any: w.has("any"), Session: s.sessions[w.set["session"]], Fill: w.fill()}
	s.do(r, func() {
		if r.Err != nil {
			s.say("%v", r.Err)
			return
		}
		s.say("queue %d", r.Info.ID)
	})
}

func (s *speaker) update(w *words) {
	r := &machine.UpdateQueue{Name: w.word(1), Change: func(c *machine.Config) error { *c = w.config(); return nil }}
	s.do(r, s.told(&r.Err, "ok"))
}

func (s *speaker) delete(w *words) {
	r := &machine.DeleteQueue{Name: w.word(1)}
	s.do(r, s.told(&r.Err, "ok"))
}

func (s *speaker) purge(w *words) {
	r := &machine.Purge{Name: w.word(1)}
	s.do(r, func() { s.told(&r.Err, "%d purged", r.N)() })
}

func (s *speaker) remove(w *words) {
	seq, err := strconv.ParseUint(w.word(2), 10, 64)
	w.fault(err)
	r := &machine.Remove{Name: w.word(1), Seq: seq}
	s.do(r, s.told(&r.Err, "ok"))
}

func (s *speaker) bind(w *words) {
	r := &machine.Bind{Pattern: w.word(1), Queue: w.word(2), Selector: w.selector()}
	s.do(r, s.told(&r.Err, "ok"))
}

func (s *speaker) unbind(w *words) {
	r := &machine.Unbind{Pattern: w.word(1), Queue: w.word(2)}
	s.do(r, s.told(&r.Err, "ok"))
}

// message reads the words of a send. Bodies are named m1, m2 … and padded with
// dots up to size.
func (s *speaker) message(w *words) machine.Send {
	s.bodies++
	body := fmt.Sprintf("m%d", s.bodies)
	if color := w.set["color"]; color != "" {
		body += "," + color
	}
	name, topic := strings.CutPrefix(w.word(1), "topic:")
	if topic && w.has("named") {
		body += ":" + name
	}
	x := machine.Send{Name: name, Topic: topic, ID: [16]byte{15: byte(s.bodies)}, DedupID: w.set["id"], Seat: w.set["seat"], Origin: w.set["origin"], Body: body, Fields: spoken(body)}
	x.Head = machine.Head{Sent: s.clock(), Priority: 4, Group: w.set["group"], GroupEnd: w.has("last")}
	if _, ok := w.set["priority"]; ok {
		x.Head.Priority = uint8(w.int("priority"))
	}
	if d := w.duration("delay"); d > 0 {
		x.Head.Visible = s.clock() + int64(d)
	}
	if d := w.duration("ttl"); d > 0 {
		x.Head.Expires = s.clock() + int64(d)
	}
	size := max(w.int("size"), len(body))
	x.Head.Size = uint32(size)
	x.Record = append(machine.AppendHead(nil, &x.Head), body...)
	x.Record = append(x.Record, strings.Repeat(".", size-len(body))...)
	return x
}

func (s *speaker) send(w *words) {
	r := &machine.Tx{Sends: []machine.Send{s.message(w)}, If: w.expect()}
	s.do(r, func() { s.sent(r) })
}

func (s *speaker) sent(r *machine.Tx) {
	if r.Err != nil {
		s.say("%v", r.Err)
		return
	}
	for i := range r.Sends {
		x := &r.Sends[i]
		if len(x.Placed) == 0 {
			s.say("%s nowhere", x.Body)
		}
		for _, p := range x.Placed {
			if p.Duplicate {
				s.say("%s is a duplicate of m%d, %s/%d", x.Body, p.ID[15], p.Queue, p.Seq)
			} else {
				s.say("%s %s/%d", x.Body, p.Queue, p.Seq)
			}
		}
	}
}

// receipt reads queue/seq@attempt.
func (w *words) receipt(i int) machine.Receipt {
	var r machine.Receipt
	_, err := fmt.Sscanf(w.word(i), "%d/%d@%d", &r.Queue, &r.Seq, &r.Attempt)
	w.fault(err)
	return r
}

// delay returns the setting, in which never is no further attempt, or the queue's own
// back-off.
func (w *words) delay() time.Duration {
	if w.set["delay"] == "never" {
		return machine.GiveUp
	}
	if _, ok := w.set["delay"]; ok {
		return w.duration("delay")
	}
	return machine.Backoff
}

func (s *speaker) ack(w *words) {
	r := &machine.Tx{Acks: []machine.Receipt{w.receipt(1)}}
	s.do(r, s.told(&r.Err, "ok"))
}

func (s *speaker) nack(w *words) {
	r := &machine.Tx{Nacks: []machine.Nack{{Receipt: w.receipt(1), Delay: w.delay()}}}
	s.do(r, s.told(&r.Err, "ok"))
}

// tx reads the operations of a transaction.
func (s *speaker) tx(ops []string, outer *words) {
	r := &machine.Tx{}
	for _, op := range ops {
		w := parseWords(op)
		switch w.word(0) {
		case "send":
			r.Sends = append(r.Sends, s.message(w))
		case "ack":
			r.Acks = append(r.Acks, w.receipt(1))
		case "nack":
			r.Nacks = append(r.Nacks, machine.Nack{Receipt: w.receipt(1), Delay: w.delay()})
		default:
			w.fault(fmt.Errorf("no operation of a transaction"))
		}
		outer.fault(w.bad)
	}
	s.do(r, func() {
		if s.sent(r); r.Err == nil {
			s.say("committed")
		}
	})
}

func (s *speaker) extend(w *words) {
	r := &machine.Extend{Receipt: w.receipt(1), For: w.duration("for")}
	s.do(r, s.told(&r.Err, "ok"))
}

func (s *speaker) reject(w *words) {
	r := &machine.Reject{Receipt: w.receipt(1), Reason: "rejected", Park: w.has("park")}
	s.do(r, s.told(&r.Err, "ok"))
}

func (s *speaker) spend(w *words) {
	r := &machine.Spend{Receipt: w.receipt(1), Allowed: w.int("allowed")}
	s.do(r, s.told(&r.Err, "ok"))
}

func (s *speaker) release(w *words) {
	r := &machine.Release{}
	for i := 1; i < len(w.plain); i++ {
		r.Receipts = append(r.Receipts, w.receipt(i))
	}
	s.do(r, func() { s.say("ok") })
}

func (s *speaker) receive(w *words) {
	r := &machine.Receive{Queue: w.word(1), Max: max(w.int("max"), 1), Session: s.sessions[w.set["session"]]}
	r.TellInFlight, r.Choice = w.has("tell"), w.choice()
	r.Consumer = s.consumers[w.set["consumer"]]
	_, r.HasLease = w.set["lease"]
	r.Lease = w.duration("lease")
	if name := w.set["wait"]; name != "" {
		r.Wait, r.Owner = true, name
		s.waiting[name] = r
	}
	s.do(r, func() { s.received(r) })
}

func (s *speaker) cancel(w *words) {
	if r := s.waiting[w.word(1)]; r != nil {
		s.do(&machine.Cancel{Receive: r}, nil)
	}
}

// session opens or closes a session by a name of the conversation's own.
func (s *speaker) session(w *words) {
	name := w.word(2)
	if w.word(1) == "open" {
		s.sessions[name] = uint64(len(s.sessions) + 1)
		s.do(&machine.OpenSession{ID: s.sessions[name]}, nil)
		return
	}
	s.do(&machine.CloseSession{ID: s.sessions[name]}, func() { s.say("closed") })
}

func (s *speaker) stats(w *words) {
	r := &machine.Stats{Name: w.word(1)}
	s.do(r, func() {
		if r.Err != nil {
			s.say("%v", r.Err)
			return
		}
		s.say("ready %d delayed %d leased %d parked %d, %d bytes, first %d last %d, waiting %d",
			r.Ready, r.Delayed, r.Leased, r.Parked, r.Bytes, r.FirstSeq, r.LastSeq, r.Waiting)
		t := r.Totals
		s.say("sent %d duplicate %d delivered %d redelivered %d acked %d nacked %d expired %d dead %d dropped %d",
			t.Sent, t.Duplicate, t.Delivered, t.Redelivered, t.Acked, t.Nacked, t.Expired, t.DeadLettered, t.Dropped)
	})
}

func (s *speaker) browse(w *words) {
	r := &machine.Browse{Name: w.word(1), Max: 100}
	s.do(r, func() {
		if r.Err != nil {
			s.say("%v", r.Err)
			return
		}
		for i := range r.Entries {
			e := &r.Entries[i]
			s.say("%d %s %s attempts %d%s", e.Receipt.Seq, s.body(&e.Delivery), stateName(e.State), e.Receipt.Attempt, deadText(e.Dead))
		}
		if len(r.Entries) == 0 {
			s.say("empty")
		}
	})
}

func (s *speaker) seats(w *words) {
	r := &machine.ListSeats{Queue: w.word(1), Name: w.set["name"], Wants: func(string) bool { return true }}
	s.do(r, func() {
		if r.Err != nil {
			s.say("%v", r.Err)
			return
		}
		for _, x := range r.Seats {
			s.say("%s %d", x.Name, x.Seq)
		}
		if len(r.Seats) == 0 {
			s.say("nobody")
		}
	})
}

func stateName(st machine.State) string {
	return [...]string{"gone", "ready", "delayed", "leased", "parked"}[st]
}

// advance lets time pass, in one step.
func (s *speaker) advance(w *words) {
	d, err := time.ParseDuration(w.word(1))
	w.fault(err)
	s.now += d
	s.do(nil, nil)
}
