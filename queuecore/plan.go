package queuecore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sluicemq/sluice/queuecore/internal/machine"
	"github.com/sluicemq/sluice/queuecore/schedule"
)

// Plan is how often and when a message goes out. A message that is sent with one is a job:
// it waits in ScheduleQueue, and each time it is due a copy of it goes to its destination,
// and to all queues that a topic has then. A copy has an id of its own, no DedupID, and the job's
// lifetime from that moment. Copy and next time are one transaction, so that every time is seen
// to once, whatever happens; of times that went by while the broker was closed one is.
//
// What cannot be sent is tried again, by and by once a minute, until it can be. A job is
// identified by its message's id.
type Plan = schedule.Plan

// Forever as a Plan's Repeat has no end.
const Forever = schedule.Forever

// ScheduleQueue is the queue in which jobs wait. It is the broker's own: it is there once a
// message with a Plan was sent, and can be looked at and counted. Sends, receives and all that
// changes it are ErrInvalid.
const ScheduleQueue = "sluice.schedule"

// Reserved says that a queue of that name is the broker's own, by the error that whoever wants
// to change it or to receive from it gets: ErrInvalid. For other names it returns nil.
func Reserved(queue string) error {
	if queue != ScheduleQueue {
		return nil
	}
	return fmt.Errorf("queue %q is the server's own, for messages that are sent by a plan: %w", queue, ErrInvalid)
}

// checkPlan refuses a Plan that makes no sense.
func (m *Message) checkPlan() error {
	if m.Plan == nil {
		return nil
	}
	if err := m.Plan.Check(); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return nil
}

// plan sees to it that jobs among ms, if there are any, have somewhere to wait and to go.
func (b *Broker) plan(ctx context.Context, ms []*Message) error {
	if !slices.ContainsFunc(ms, func(m *Message) bool { return m.Plan != nil }) {
		return nil
	}
	for _, m := range ms {
		if err := b.outlives(m); err != nil {
			return err
		}
	}
	return b.planner.begin(ctx)
}

// outlives refuses a job whose destination is not there, or is gone with a session or a
// restart.
func (b *Broker) outlives(m *Message) error {
	if m.Plan == nil || m.Destination.Kind != KindQueue {
		return nil
	}
	q, err := b.Queue(m.Destination.Name)
	if err == nil && q.Config.Transient {
		return fmt.Errorf("queue %q is temporary; a message to it cannot be sent by a plan: %w", q.Name, ErrInvalid)
	}
	return err
}

// planned makes s the send of a job: to ScheduleQueue, where it neither ends nor overtakes. A
// DedupID is one of its destination's.
func (m *Message) planned(s *machine.Send) {
	s.Name, s.Topic = ScheduleQueue, false
	s.Head.Expires, s.Head.Group, s.Head.Priority = 0, "", DefaultPriority
	if m.DedupID != "" {
		s.DedupID = fmt.Sprintf("%d%s/%s", m.Destination.Kind, m.Destination.Name, m.DedupID)
	}
}

// copyOf returns what goes out of job at now. Body and other properties are the job's.
func copyOf(job *Message, now time.Time) *Message {
	m := *job
	m.ID, m.Plan, m.DedupID = MessageID{}, nil, ""
	m.SentAt, m.DeliverAt = now, now // now, so that the delay of a queue does not come on top
	if !job.ExpiresAt.IsZero() {
		m.ExpiresAt = now.Add(job.ExpiresAt.Sub(job.SentAt))
	}
	if name := job.Plan.JobProperty; name != "" {
		m.Properties = slices.DeleteFunc(slices.Clone(job.Properties), func(p Property) bool { return p.Name == name })
		m.Properties = append(m.Properties, Property{Name: name, Value: job.ID.String()})
	}
	return &m
}

// rest returns job as it waits on by p until due.
func rest(job *Message, p *Plan, due time.Time) *Message {
	m := *job
	m.Plan, m.DeliverAt, m.DedupID = p, due, ""
	return &m
}

// fire returns what a job that is due does at now.
func fire(d *Delivery, now time.Time) (Tx, error) {
	job := d.Message
	if job.Plan == nil {
		return Tx{}, errors.New("a message without a plan")
	}
	f, err := job.Plan.Fire(job.DeliverAt, now)
	if err != nil {
		return Tx{}, err
	}
	// The nack has no effect behind the ack, but refuses the whole when somebody has removed the job.
	t := Tx{Acks: []Receipt{d.Receipt}, Nacks: []Nack{{Receipt: d.Receipt}}}
	if f.Out {
		t.Sends = append(t.Sends, copyOf(job, now))
	}
	if f.Series != nil {
		series := rest(job, f.Series, f.Begin)
		series.ID = MessageID{}
		t.Sends = append(t.Sends, series)
	}
	if f.Rest != nil {
		t.Sends = append(t.Sends, rest(job, f.Rest, f.Next))
	}
	return t, nil
}
