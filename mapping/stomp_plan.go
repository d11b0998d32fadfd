package mapping

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/sluicemq/sluice/queuecore"
)

// ActiveMQ's headers for messages that are sent more than once, and the property of each that
// says what job it is of.
const (
	stompPeriod = "AMQ_SCHEDULED_PERIOD"
	stompRepeat = "AMQ_SCHEDULED_REPEAT"
	stompCron   = "AMQ_SCHEDULED_CRON"
	stompJob    = "scheduledJobId"
)

// plans are the headers that make a plan; a Name of "" is one that is not there.
type plans struct{ period, repeat, cron Header }

func (p *plans) set(w meaning, h Header) {
	switch w {
	case planPeriod:
		p.period = h
	case planRepeat:
		p.repeat = h
	case planCron:
		p.cron = h
	}
}

// plan turns the headers into a time or a Plan. Without a repeat a period is a delay for
// messages that have none, as ActiveMQ has it.
func (in *intake) plan() error {
	p := &in.plans
	if *p == (plans{}) {
		return nil
	}
	period, err := parsePeriod(p.period)
	if err != nil {
		return err
	}
	repeat, err := parseRepeat(p.repeat)
	switch {
	case err != nil:
		return err
	case repeat != 0 && period == 0:
		return invalid(stompRepeat, p.repeat.Value, "needs "+stompPeriod+", the milliseconds between two messages")
	case p.cron.Value != "":
		return in.cronPlan(p, queuecore.Plan{Period: period, Repeat: repeat, JobProperty: stompJob})
	case period > 0 && in.m.DeliverAt.IsZero():
		in.m.DeliverAt = wholeMillis(in.now).Add(period)
	}
	if repeat != 0 {
		return in.setPlan(p.repeat, queuecore.Plan{Period: period, Repeat: repeat, JobProperty: stompJob})
	}
	return nil
}

// cronPlan makes a delay one that counts from each time of the cron.
func (in *intake) cronPlan(p *plans, plan queuecore.Plan) error {
	if len(strings.Fields(p.cron.Value)) != 5 {
		return invalid(stompCron, p.cron.Value, "must be five fields: minute, hour, day of month, month, day of week")
	}
	if in.has(deliverAt) {
		return invalid(stompCron, p.cron.Value, "does not go with "+stompDeliverAt)
	}
	if at := in.m.DeliverAt; !at.IsZero() {
		plan.Delay = at.Sub(wholeMillis(in.now))
	}
	in.m.DeliverAt, plan.Cron = time.Time{}, p.cron.Value
	return in.setPlan(p.cron, plan)
}

// setPlan sets a plan that h asks for.
func (in *intake) setPlan(h Header, plan queuecore.Plan) error {
	if err := plan.Check(); err != nil {
		_, rule, _ := strings.Cut(err.Error(), strconv.Quote(h.Value)+": ")
		return invalid(h.Name, h.Value, cmp.Or(rule, err.Error()))
	}
	if _, ok := PointerOf(in.m); ok {
		return invalid(h.Name, h.Value, "a body that lies in S3 is gone with the first message that is acked")
	}
	in.m.Plan = &plan
	return nil
}

func parsePeriod(h Header) (time.Duration, error) {
	if h.Value == "" {
		return 0, nil
	}
	const most = int64(queuecore.MaxDelay / time.Millisecond)
	ms, err := strconv.ParseInt(strings.TrimSpace(h.Value), 10, 64)
	if err != nil || ms < 0 || ms > most {
		return 0, invalid(h.Name, h.Value, "must be a number of milliseconds, up to "+strconv.FormatInt(most, 10))
	}
	return time.Duration(ms) * time.Millisecond, nil
}

// parseRepeat reads a Java int.
func parseRepeat(h Header) (int, error) {
	if h.Value == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(strings.TrimSpace(h.Value), 10, 32)
	if err != nil || n < queuecore.Forever {
		return 0, invalid(h.Name, h.Value, "must be how many further messages there are, or -1 for ever")
	}
	return int(n), nil
}

// Job returns what shows a message that goes out by a plan, without sending it: the message, to
// d's destination to, with properties that say which job it is and when it is next due.
func (d STOMP) Job(job *queuecore.Message, to queuecore.Destination) *queuecore.Message {
	m := &queuecore.Message{
		Destination: to, Body: job.Body, BodyKind: job.BodyKind, ContentType: job.ContentType, Type: job.Type, UserID: job.UserID,
		CorrelationID: job.CorrelationID, Group: job.Group, Priority: job.Priority,
	}
	own := queuecore.Properties{
		{Name: stompJob, Value: job.ID.String()}, {Name: "scheduledDestination", Value: d.Name(job.Destination)},
		{Name: "scheduledNext", Value: job.DeliverAt.UnixMilli()}, {Name: "scheduledCron", Value: job.Plan.Cron},
		{Name: "scheduledPeriod", Value: job.Plan.Period.Milliseconds()}, {Name: "scheduledRepeat", Value: int32(job.Plan.Repeat)},
	}
	for _, p := range job.Properties {
		if _, ours := own.Get(p.Name); !ours {
			m.Properties = append(m.Properties, p)
		}
	}
	m.Properties = append(m.Properties, own...)
	return m
}
