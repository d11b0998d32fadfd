package jetstream

import (
	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/nats/router"
	"github.com/sluicemq/sluice/queuecore"
)

// plan makes of a schedule a message that goes to its target, and waits in the seat of the
// schedule's subject (ADR-51, "JetStream Message Scheduler"): there is one of each subject. In a
// queue of another dialect, whose one subject is its name, it is a message that comes later.
func (p *publication) plan(headers []mapping.Header, x *queuecore.Message) error {
	s := p.target.stream
	if s == nil {
		return nil
	}
	at, target := valueOf(headers, schedule), valueOf(headers, scheduleTarget)
	switch {
	case !s.bound && target != "":
		return errScheduleTarget
	case !s.bound || at == "" && target == "":
		return nil
	case target == p.target.subject || !s.holds(target):
		return errScheduleTarget
	}
	aimed := p.client.Target(target)
	if !p.client.May(aimed) {
		err := denied("publish by a schedule to %s", target)
		p.client.Witness.Saw(protocols.AuditSend, "PUB", target, err)
		return err
	}
	x.Seat = p.target.subject
	aimed.stream = s
	p.target = aimed
	return nil
}

// holds reports whether a subject is one of the stream's.
func (s *stream) holds(subject string) bool {
	if !router.Valid(subject) || !router.Literal(subject) {
		return false
	}
	for _, own := range s.config.Subjects {
		if router.Covers(own, subject) {
			return true
		}
	}
	return false
}

// valueOf returns the value of the first header of that name; "": there is none, or an empty one.
func valueOf(headers []mapping.Header, name string) string {
	for _, h := range headers {
		if h.Name == name {
			return h.Value
		}
	}
	return ""
}

// subjects tells the subjects of a stream's messages: of a schedule that waits its own, as in
// nats-server, where the message of the target is made when it is due.
type subjects struct {
	stream    *stream
	schedules map[uint64]string
}

// subjectsOf returns those of now.
func (e *Engine) subjectsOf(s *stream) (subjects, error) {
	all, err := e.broker.Seats(e.ctx, s.queue.Name, "", func(string) bool { return true })
	if err != nil || len(all) == 0 {
		return subjects{stream: s}, err
	}
	of := subjects{s, make(map[uint64]string, len(all))}
	for _, x := range all {
		of.schedules[x.Seq] = x.Name
	}
	return of, nil
}

func (u *subjects) of(x *queuecore.Browsed) string {
	if subject, ok := u.schedules[x.Seq]; ok {
		return subject
	}
	return subjectOf(u.stream, x)
}

// covered reports whether a message has a subject that filter covers; "" covers all.
func (u *subjects) covered(filter string, x *queuecore.Browsed) bool {
	return filter == "" || filter == ">" || router.Covers(filter, u.of(x))
}
