package coretest

import (
	"slices"
	"strings"

	"github.com/sluicemq/sluice/queuecore/internal/machine"
)

// subscribe reads: subscribe QUEUE TOPIC… session=S as=NAME [name=N] [client=C]
// [no-local=ORIGIN] [color=C] [durable] [shared]. NAME is what the attachment is called.
func (s *speaker) subscribe(w *words) {
	s.attached++
	config := machine.Config{Transient: !w.has("durable")}
	r := &machine.Subscribe{Session: s.sessions[w.set["session"]], Attachment: s.attached, Queue: w.word(1), Config: config}
	s.attachments[w.set["as"]] = attached{r.Session, r.Attachment}
	topics := slices.DeleteFunc(slices.Clone(w.plain[2:]), func(x string) bool { return x == "durable" || x == "shared" })
	r.Subscription = machine.Subscription{
		Client: w.set["client"], Name: w.set["name"], Shared: w.has("shared"), Durable: w.has("durable"),
		Topics: topics, NoLocal: w.set["no-local"],
	}
	if x := w.selector(); x != nil {
		r.Subscription.Selector = x.String()
	}
	s.do(r, func() {
		if r.Err != nil {
			s.say("%v", r.Err)
			return
		}
		s.say("queue %d", r.Info.ID)
	})
}

// attached is an attachment and its session.
type attached struct{ session, number uint64 }

func (s *speaker) detach(w *words) {
	a := s.attachments[w.word(1)]
	s.do(&machine.Detach{Session: a.session, Attachment: a.number}, func() { s.say("ok") })
}

func (s *speaker) unsubscribe(w *words) {
	r := &machine.Unsubscribe{Client: w.set["client"], Name: w.word(1)}
	s.do(r, s.told(&r.Err, "ok"))
}

// queues lists what there is.
func (s *speaker) queues(*words) {
	var lines []string
	for _, c := range s.m.Describe() {
		if c.Bound != "" {
			continue
		}
		line := c.Queue.Name
		if x := c.Queue.Subscription; x != nil {
			line += " " + strings.Join(x.Topics, ",") + " selector[" + x.Selector + "] no-local[" + x.NoLocal + "]"
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	for _, line := range lines {
		s.say("%s", line)
	}
}
