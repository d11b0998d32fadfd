package coretest

import "github.com/sluicemq/sluice/queuecore/internal/machine"

// consumer opens or closes a consumer by a name of the conversation's own.
func (s *speaker) consumer(w *words) {
	name := w.word(2)
	if w.word(1) == "close" {
		s.do(&machine.CloseConsumer{ID: s.consumers[name]}, func() { s.say("closed") })
		return
	}
	s.lastConsumer++
	s.consumers[name] = s.lastConsumer
	r := &machine.OpenConsumer{
		ID: s.lastConsumer, Queue: w.word(3), Session: s.sessions[w.set["session"]], Exclusive: w.has("exclusive"), Priority: w.int("priority"),
	}
	s.do(r, s.told(&r.Err, "consumes"))
}
