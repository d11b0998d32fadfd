package stomp

import (
	"errors"
	"math"
	"strconv"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/stomp/frame"
	"github.com/sluicemq/sluice/queuecore"
)

// jobsPage is how many jobs are read at a time, bodies and all.
const jobsPage = 16

// manages reports whether a SEND to d asks for the messages that go out by a plan.
func (c *conn) manages(d queuecore.Destination) bool {
	return d.Kind == queuecore.KindTopic && d.Name == c.gateway.habits.Management && d.Name != ""
}

// manage does what a SEND to that topic asks for, and answers when it is on disk. It is no
// message and reaches nobody (ActiveMQ, "Delay and Schedule Message Delivery").
func (c *conn) manage(f *frame.Frame, m *queuecore.Message) error {
	if _, ok := f.Header("transaction"); ok {
		return refuse("not supported", "The management of schedules is not part of a transaction.")
	}
	if !c.who.May(protocols.Admin, m.Destination) {
		return denied("manage", m.Destination)
	}
	var err error
	action, _ := f.Header("AMQ_SCHEDULER_ACTION")
	switch action {
	case "BROWSE":
		err = c.browseJobs(f, m.ReplyTo)
	case "REMOVE":
		err = c.removeJob(f)
	case "REMOVEALL":
		err = c.removeJobs(f)
	default:
		err = refuse("bad scheduler action", "The header AMQ_SCHEDULER_ACTION is %q; it must be BROWSE, REMOVE or REMOVEALL.", action)
	}
	c.witnessJobs(action, m.Destination.Name, err)
	if err != nil {
		return err
	}
	return c.answer(answerOf(f))
}

// browseJobs sends each job whose messages the client may see to a destination of its own.
func (c *conn) browseJobs(f *frame.Frame, to queuecore.Destination) error {
	if to.IsZero() {
		return missing("BROWSE", "reply-to")
	}
	if !c.who.May(protocols.Send, to) {
		return denied("send to", to)
	}
	if there, err := c.ensure(to); err != nil || !there {
		return err
	}
	return c.eachJob(f, func(job *queuecore.Browsed) error {
		if !c.who.May(protocols.Inspect, job.Destination) {
			return nil
		}
		_, err := c.gateway.broker.Send(c.ctx, c.dict.Job(job.Message, to))
		return err
	})
}

// removeJob ends one job. It may have come to its end already.
func (c *conn) removeJob(f *frame.Frame) error {
	text, ok := f.Header("scheduledJobId")
	if !ok {
		return missing("REMOVE", "scheduledJobId")
	}
	id, err := queuecore.ParseMessageID(text)
	if err != nil {
		return refuse("bad scheduledJobId", "The header scheduledJobId is %q; it must be one that a scheduled message has shown.", text)
	}
	return c.allJobs(func(job *queuecore.Browsed) error {
		if job.ID != id {
			return nil
		}
		if !c.mayRemove(job.Destination) {
			return denied("remove what is to be sent to", job.Destination)
		}
		return c.remove(job)
	})
}

func (c *conn) remove(job *queuecore.Browsed) error {
	if err := c.gateway.broker.RemoveJob(c.ctx, job.ID, job.Seq); !errors.Is(err, queuecore.ErrNotFound) {
		return err
	}
	return nil
}

// mayRemove reports whether the client may end what is to be sent to a destination.
func (c *conn) mayRemove(d queuecore.Destination) bool { return c.who.May(protocols.Clear, d) }

// removeJobs ends those of the jobs that the client may end.
func (c *conn) removeJobs(f *frame.Frame) error {
	_, from := f.Header("ACTION_START_TIME")
	_, to := f.Header("ACTION_END_TIME")
	if !from && !to && c.mayRemove(queuecore.QueueNamed("")) && c.mayRemove(queuecore.TopicNamed(">")) {
		_, err := c.gateway.broker.RemoveJobs(c.ctx)
		return err
	}
	return c.eachJob(f, func(job *queuecore.Browsed) error {
		if !c.mayRemove(job.Destination) {
			return nil
		}
		return c.remove(job)
	})
}

// eachJob calls do once with each job that is due next within the times that f names, if it
// does.
func (c *conn) eachJob(f *frame.Frame, do func(*queuecore.Browsed) error) error {
	first, err := millis(f, "ACTION_START_TIME", 0)
	if err != nil {
		return err
	}
	last, err := millis(f, "ACTION_END_TIME", math.MaxInt64)
	if err != nil {
		return err
	}
	return c.allJobs(func(job *queuecore.Browsed) error {
		if due := job.DeliverAt.UnixMilli(); due < first || due > last {
			return nil
		}
		return do(job)
	})
}

// allJobs calls do once with each job. A job goes to the end of its queue whenever it is due,
// and must not keep this from ending.
func (c *conn) allJobs(do func(*queuecore.Browsed) error) error {
	seen := make(map[queuecore.MessageID]bool)
	for from, more := uint64(0), true; more; {
		jobs, err := c.gateway.broker.Jobs(c.ctx, from, jobsPage)
		if err != nil {
			return err
		}
		more = false
		for i := range jobs {
			job := &jobs[i]
			from = job.Seq + 1
			if seen[job.ID] {
				continue
			}
			seen[job.ID], more = true, true
			if err := do(job); err != nil {
				return err
			}
		}
	}
	return nil
}

// millis reads a header of milliseconds since 1970.
func millis(f *frame.Frame, name string, missing int64) (int64, error) {
	text, ok := f.Header(name)
	if !ok {
		return missing, nil
	}
	ms, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, refuse("bad "+name, "The header %s is %q; it must be milliseconds since 1970.", name, text)
	}
	return ms, nil
}
