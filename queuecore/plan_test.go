package queuecore_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
	"github.com/sluicemq/sluice/queuecore/store/storetest"
)

// planned is a broker in a bubble, whose time passes when nothing else is to do. Its wall clock
// can be set.
type planned struct {
	*rig
	began time.Time
	set   atomic.Int64
	log   bytes.Buffer
}

// inPlanned runs f with a broker that has the queue q.
func inPlanned(t *testing.T, f func(*planned)) {
	synctest.Test(t, func(t *testing.T) {
		p := &planned{rig: &rig{t: t, ctx: t.Context(), disk: memstore.New()}, began: time.Now()}
		p.start()
		p.create("q", queuecore.QueueConfig{})
		f(p)
		p.must(p.Close())
	})
}

func (p *planned) start() {
	p.store = storetest.NewFailing(p.disk)
	b, err := queuecore.Open(p.ctx, p.store, &queuecore.Options{
		Now: p.now, Elapsed: func() time.Duration { return time.Since(p.began) }, Log: slog.New(slog.NewTextHandler(&p.log, nil)),
	})
	p.must(err)
	p.Broker = b
}

func (p *planned) now() time.Time { return time.Now().Add(time.Duration(p.set.Load())) }

// stopFor closes the broker and opens it again after d.
func (p *planned) stopFor(d time.Duration) {
	p.must(p.Close())
	time.Sleep(d)
	p.disk = p.disk.Reopen()
	p.start()
	synctest.Wait()
}

// pass lets time pass, and what is due then happen.
func (p *planned) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func (p *planned) plan(m *queuecore.Message, plan queuecore.Plan) queuecore.MessageID {
	p.t.Helper()
	m.Plan = &plan
	sent, err := p.Send(p.ctx, m)
	p.must(err)
	return sent.ID
}

// take takes what is in a queue, and compares how much it is.
func (p *planned) take(queue string, want int) []queuecore.Delivery {
	p.t.Helper()
	ds := p.receive(queue, 100)
	for i := range ds {
		p.must(p.Ack(p.ctx, ds[i].Receipt))
	}
	if len(ds) != want {
		p.t.Fatalf("%v after the beginning there are %d messages in %s, want %d", time.Since(p.began), len(ds), queue, want)
	}
	return ds
}

// takeAll takes what is in a queue, and returns how much it was.
func (p *planned) takeAll(queue string) int {
	p.t.Helper()
	ds := p.receive(queue, 100)
	for i := range ds {
		p.must(p.Ack(p.ctx, ds[i].Receipt))
	}
	return len(ds)
}

// left compares how many jobs wait.
func (p *planned) left(want int) []queuecore.Browsed {
	p.t.Helper()
	jobs, err := p.Jobs(p.ctx, 0, 100)
	p.must(err)
	if len(jobs) != want {
		p.t.Fatalf("%d jobs, want %d", len(jobs), want)
	}
	return jobs
}

const every = time.Minute

func minutely(repeat int) queuecore.Plan { return queuecore.Plan{Period: every, Repeat: repeat} }

// Repeat n is n+1 messages: the first when its DeliverAt says, and n further ones a Period apart.
func TestPlanRepeats(t *testing.T) {
	inPlanned(t, func(p *planned) {
		m := text("q", "x")
		m.DeliverAt = p.now().Add(10 * time.Second)
		p.plan(m, minutely(2))
		p.take("q", 0)
		p.pass(10*time.Second - 1)
		p.take("q", 0)
		p.pass(1)
		p.take("q", 1)
		for range 2 {
			p.pass(every - 1)
			p.take("q", 0)
			p.pass(1)
			p.take("q", 1)
		}
		p.left(0)
		p.pass(time.Hour)
		p.take("q", 0)
	})
}

func TestPlanBeginsWithItsPeriod(t *testing.T) {
	inPlanned(t, func(p *planned) {
		p.plan(text("q", "x"), minutely(queuecore.Forever))
		for range 50 {
			p.take("q", 0)
			p.pass(every)
			p.take("q", 1)
		}
		p.left(1)
	})
}

// What goes out is the message that was sent, under an id and times of its own.
func TestPlannedCopies(t *testing.T) {
	inPlanned(t, func(p *planned) {
		m := &queuecore.Message{
			Destination: queuecore.QueueNamed("q"), Body: []byte("body"), Group: "g", DedupID: "once", Type: "t", Priority: queuecore.PriorityOf(7),
			ExpiresAt: p.now().Add(30 * time.Second), Properties: queuecore.Properties{{Name: "a", Value: int32(1)}, {Name: "job", Value: "forged"}},
		}
		plan := minutely(1)
		plan.JobProperty = "job"
		id := p.plan(m, plan)
		p.must(p.DeleteQueue(p.ctx, "q"))
		p.create("q", queuecore.QueueConfig{DedupWindow: time.Hour, Delay: time.Hour})
		p.pass(2 * every)
		d := p.take("q", 1)[0] // the other has expired
		job, _ := d.Properties.Get("job")
		if string(d.Body) != "body" || d.Group != "g" || d.Type != "t" || d.Priority.Level() != 7 || d.DedupID != "" || d.Plan != nil || d.ID == id || job != id.String() || len(d.Properties) != 2 {
			t.Errorf("%+v", d.Message)
		}
		if now := p.now(); !d.SentAt.Equal(now) || !d.ExpiresAt.Equal(now.Add(30*time.Second)) {
			t.Errorf("sent %v, ends %v", d.SentAt, d.ExpiresAt)
		}
	})
}

// Two sends with one DedupID are one job of a destination, and another of another.
func TestPlansAreNotDoubled(t *testing.T) {
	inPlanned(t, func(p *planned) {
		p.create("r", queuecore.QueueConfig{})
		for _, queue := range []string{"q", "q", "r"} {
			m := text(queue, "x")
			m.DedupID = "once"
			p.plan(m, minutely(1))
		}
		p.left(2)
		p.pass(2 * every)
		p.take("q", 2)
		p.take("r", 2)
	})
}

func TestPlanForATopic(t *testing.T) {
	inPlanned(t, func(p *planned) {
		p.create("r", queuecore.QueueConfig{})
		p.must(p.Bind(p.ctx, queuecore.Binding{Pattern: "t.*", Queue: "q"}))
		p.plan(&queuecore.Message{Destination: queuecore.TopicNamed("t.a")}, minutely(1))
		p.pass(every)
		p.take("q", 1)
		p.must(p.Bind(p.ctx, queuecore.Binding{Pattern: "t.a", Queue: "r"}))
		p.pass(every)
		p.take("q", 1)
		p.take("r", 1)
	})
}

// Each time of a cron plan is one message, or a series.
func TestPlanByCron(t *testing.T) {
	inPlanned(t, func(p *planned) { // a bubble begins at midnight UTC
		p.plan(text("q", "hourly"), queuecore.Plan{Cron: "30 * * * *", Zone: "UTC"})
		p.pass(30*time.Minute - 1)
		p.take("q", 0)
		p.pass(1)
		p.take("q", 1)
		p.pass(time.Hour)
		p.take("q", 1)
		_, err := p.RemoveJobs(p.ctx)
		p.must(err)
		p.create("r", queuecore.QueueConfig{})
		p.plan(text("r", "series"), queuecore.Plan{Cron: "0 * * * *", Zone: "UTC", Delay: 10 * time.Second, Period: time.Second, Repeat: 2})
		for range 3 {
			p.pass(30*time.Minute + 10*time.Second - 1)
			p.take("r", 0)
			p.pass(1)
			p.take("r", 1)
			p.left(2)
			p.pass(2 * time.Second)
			p.take("r", 2)
			p.left(1)
			p.pass(30*time.Minute - 12*time.Second)
		}
	})
}

// What was missed while the broker was closed is one message, and takes nothing from the rest.
func TestPlanAfterAStop(t *testing.T) {
	inPlanned(t, func(p *planned) {
		p.plan(text("q", "x"), minutely(3))
		p.pass(every)
		p.take("q", 1)
		p.stopFor(10*every + 30*time.Second)
		p.take("q", 1)
		p.pass(30*time.Second - 1)
		p.take("q", 0)
		p.pass(1) // the minutes are where they were
		p.take("q", 1)
		p.stopFor(every / 2)
		p.pass(every / 2)
		p.take("q", 1)
		p.left(0)
	})
}

// Whoever sets the clock makes no burst, and stalls nothing for longer than a period.
func TestPlanWhileTheClockIsSet(t *testing.T) {
	for _, plan := range []queuecore.Plan{minutely(queuecore.Forever), {Cron: "* * * * *", Zone: "UTC"}} {
		for _, set := range []time.Duration{-365 * 24 * time.Hour, -time.Hour, -30 * time.Second, -time.Second, time.Second, time.Hour, 365 * 24 * time.Hour} {
			t.Run(fmt.Sprint(plan, set), func(t *testing.T) {
				inPlanned(t, func(p *planned) {
					p.plan(text("q", "x"), plan)
					p.pass(every + every/2)
					p.take("q", 1)
					p.set.Store(int64(set))
					p.pass(every)
					p.take("q", 1)
					sum := 0
					for range 5 {
						p.pass(every)
						n := p.takeAll("q")
						if n < 1 || n > 2 { // 2: the first behind the setting may come early
							t.Errorf("%d messages within a period", n)
						}
						sum += n
					}
					if sum > 6 {
						t.Errorf("%d messages in five minutes", sum)
					}
				})
			})
		}
	}
}

// A job that cannot be sent is kept and tried again; the log says so once.
func TestPlanThatCannotBeSent(t *testing.T) {
	inPlanned(t, func(p *planned) {
		p.create("full", queuecore.QueueConfig{MaxMessages: 1})
		p.send("full", "stands in the way")
		p.plan(text("full", "a"), minutely(1))
		p.plan(text("q", "b"), minutely(1))
		p.create("gone", queuecore.QueueConfig{})
		p.plan(text("gone", "c"), minutely(1))
		p.must(p.DeleteQueue(p.ctx, "gone"))
		p.pass(10 * every)
		p.take("q", 2) // nobody is held up
		p.left(2)
		if n := bytes.Count(p.log.Bytes(), []byte("cannot be sent")); n != 2 {
			t.Errorf("told %d times:\n%s", n, p.log.String())
		}
		p.take("full", 1)
		p.create("gone", queuecore.QueueConfig{})
		p.pass(every) // the longest back-off
		p.take("full", 1)
		p.pass(2 * every)
		p.take("full", 1)
		p.take("gone", 2)
		p.left(0)
	})
}

func TestJobsAreRemoved(t *testing.T) {
	inPlanned(t, func(p *planned) {
		p.left(0)
		n, err := p.RemoveJobs(p.ctx)
		p.must(err)
		a, b := p.plan(text("q", "a"), minutely(5)), p.plan(text("q", "b"), minutely(5))
		p.plan(text("q", "c"), minutely(5))
		jobs := p.left(3)
		if n != 0 || jobs[0].ID != a || !jobs[0].DeliverAt.Equal(p.now().Add(every)) || *jobs[0].Plan != minutely(5) {
			t.Errorf("%d, %+v", n, jobs[0].Message)
		}
		p.must(p.RemoveJob(p.ctx, a, 0))
		if err := p.RemoveJob(p.ctx, a, 0); !errors.Is(err, queuecore.ErrNotFound) {
			t.Error(err)
		}
		p.pass(every)
		p.take("q", 2)
		p.must(p.RemoveJob(p.ctx, b, 0)) // which keeps its id
		p.pass(every)
		p.take("q", 1)
		n, err = p.RemoveJobs(p.ctx)
		p.must(err)
		p.pass(every)
		p.take("q", 0)
		if n != 1 {
			t.Errorf("%d were removed", n)
		}
	})
}

// A job that is removed while it is being fired, at the same moment, stays away.
func TestJobsAreRemovedWhileDue(t *testing.T) {
	inPlanned(t, func(p *planned) {
		for range 200 {
			id := p.plan(text("q", "x"), queuecore.Plan{Period: time.Millisecond, Repeat: queuecore.Forever})
			time.Sleep(3 * time.Millisecond)
			p.must(p.RemoveJob(p.ctx, id, 0))
			synctest.Wait()
			p.left(0)
		}
	})
}

// A transaction's job is there with the rest, or not at all.
func TestPlanInATransaction(t *testing.T) {
	inPlanned(t, func(p *planned) {
		p.create("small", queuecore.QueueConfig{MaxMessageSize: 1})
		job := text("q", "job")
		plan := minutely(1)
		job.Plan = &plan
		_, err := p.Commit(p.ctx, queuecore.Tx{Sends: []*queuecore.Message{job, text("small", "too large")}})
		if !errors.Is(err, queuecore.ErrTooLarge) {
			t.Fatal(err)
		}
		p.left(0)
		_, err = p.Commit(p.ctx, queuecore.Tx{Sends: []*queuecore.Message{job, text("small", "x")}})
		p.must(err)
		p.left(1)
	})
}

// Where nobody plans there is no queue for it; and where there is one it is the broker's own.
func TestScheduleQueueIsReserved(t *testing.T) {
	inPlanned(t, func(p *planned) {
		const s = queuecore.ScheduleQueue
		refused := func() {
			t.Helper()
			_, receive := p.Receive(p.ctx, s, queuecore.ReceiveOptions{})
			_, purge := p.Purge(p.ctx, s)
			_, send := p.Send(p.ctx, text(s, "x"))
			_, create := p.CreateQueue(p.ctx, s, queuecore.QueueConfig{})
			_, update := p.UpdateQueue(p.ctx, s, func(*queuecore.QueueConfig) error { return nil })
			_, dead := p.CreateQueue(p.ctx, "d", queuecore.QueueConfig{DeadLetter: s})
			_, expired := p.CreateQueue(p.ctx, "d", queuecore.QueueConfig{ExpiredTo: s})
			_, consume := p.NewSession().Consume(p.ctx, s, queuecore.ConsumerOptions{Exclusive: true})
			_, subscribe := p.NewSession().Subscribe(p.ctx, queuecore.SubscribeOptions{Queue: s, Subscription: queuecore.Subscription{Topics: []string{"a"}}})
			_, from := p.StartMove(p.ctx, s, "q", 0)
			_, to := p.StartMove(p.ctx, "q", s, 0)
			_, own := p.NewSession().CreateQueue(p.ctx, s, queuecore.QueueConfig{})
			for i, err := range []error{
				receive, purge, send, create, update, dead, expired, consume, subscribe, from, to, own, p.Remove(p.ctx, s, 1), p.DeleteQueue(p.ctx, s),
				p.Bind(p.ctx, queuecore.Binding{Pattern: "a", Queue: s}),
			} {
				if !errors.Is(err, queuecore.ErrInvalid) {
					t.Errorf("%d: %v", i, err)
				}
			}
		}
		refused()
		if qs := p.Queues(""); len(qs) != 1 {
			t.Errorf("%+v", qs)
		}
		p.plan(text("q", "x"), minutely(1))
		refused()
		p.left(1)
	})
}

func TestPlansThatAreRefused(t *testing.T) {
	inPlanned(t, func(p *planned) {
		_, err := p.NewSession().CreateQueue(p.ctx, "temporary", queuecore.QueueConfig{})
		p.must(err)
		for _, x := range []struct {
			queue string
			plan  queuecore.Plan
			want  error
		}{
			{"q", queuecore.Plan{Repeat: -2, Period: every}, queuecore.ErrInvalid},
			{"q", queuecore.Plan{Repeat: 1}, queuecore.ErrInvalid},
			{"q", queuecore.Plan{Cron: "61 * * * *"}, queuecore.ErrInvalid},
			{"none", minutely(1), queuecore.ErrNotFound},
			{"temporary", minutely(1), queuecore.ErrInvalid},
		} {
			m := text(x.queue, "x")
			m.Plan = &x.plan
			if _, err := p.Send(p.ctx, m); !errors.Is(err, x.want) {
				t.Errorf("%s, %+v: %v", x.queue, x.plan, err)
			}
		}
		p.left(0)
	})
}

// A broker whose store fails while jobs go out stops; opened again it goes on where it was.
func TestPlanOverAFailure(t *testing.T) {
	inPlanned(t, func(p *planned) {
		p.plan(text("q", "x"), minutely(5))
		p.pass(every)
		p.take("q", 1)
		p.store.FailWrite(storetest.Fault{Times: -1})
		p.pass(every)
		<-p.Failed()
		_ = p.Close()
		p.disk = p.disk.Reopen()
		p.start()
		synctest.Wait()
		p.take("q", 1)
		p.pass(every)
		p.take("q", 1)
	})
}
