package queuecore_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/queuecore"
)

// A consumer ends by Close, with its session and with its queue; what names it then fails.
func TestConsumersEnd(t *testing.T) {
	r := newRig(t, nil)
	for how, end := range map[string]func(s *queuecore.Session, c *queuecore.Consumer){
		"close":   func(_ *queuecore.Session, c *queuecore.Consumer) { r.must(c.Close()) },
		"session": func(s *queuecore.Session, _ *queuecore.Consumer) { r.must(s.Close()) },
		"queue":   func(*queuecore.Session, *queuecore.Consumer) { r.must(r.DeleteQueue(r.ctx, "q")) },
	} {
		r.create("q", queuecore.QueueConfig{GroupAffinity: true})
		s := r.NewSession()
		c, err := s.Consume(r.ctx, "q", queuecore.ConsumerOptions{})
		r.must(err)
		answer := make(chan error)
		// Ends when the consumer does.
		go func() {
			_, err := r.Receive(r.ctx, "q", queuecore.ReceiveOptions{Wait: -1, Consumer: c})
			answer <- err
		}()
		r.waitFor("q", 1)
		end(s, c)
		want := queuecore.ErrClosed
		if how == "queue" {
			want = queuecore.ErrNotFound
			r.create("q", queuecore.QueueConfig{GroupAffinity: true})
		}
		if err := <-answer; !errors.Is(err, want) {
			t.Errorf("%s: the receiver that waits gets %v, want %v", how, err, want)
		}
		_, err = r.Receive(r.ctx, "q", queuecore.ReceiveOptions{Consumer: c})
		if !errors.Is(err, queuecore.ErrClosed) {
			t.Errorf("%s: a later one gets %v", how, err)
		}
		r.must(c.Close())
		r.must(s.Close())
		r.must(r.DeleteQueue(r.ctx, "q"))
	}
}

func TestConsumersThatCannotBe(t *testing.T) {
	r := newRig(t, nil)
	r.create("q", queuecore.QueueConfig{})
	r.create("other", queuecore.QueueConfig{})
	s := r.NewSession()
	if _, err := s.Consume(r.ctx, "nowhere", queuecore.ConsumerOptions{}); !errors.Is(err, queuecore.ErrNotFound) {
		t.Errorf("of no queue: %v", err)
	}
	c, err := s.Consume(r.ctx, "q", queuecore.ConsumerOptions{})
	r.must(err)
	if _, err := r.Receive(r.ctx, "other", queuecore.ReceiveOptions{Consumer: c}); !errors.Is(err, queuecore.ErrInvalid) {
		t.Errorf("at another queue: %v", err)
	}
	r.must(s.Close())
	if _, err := s.Consume(r.ctx, "q", queuecore.ConsumerOptions{}); !errors.Is(err, queuecore.ErrClosed) {
		t.Errorf("of a closed session: %v", err)
	}
	for _, c := range []queuecore.QueueConfig{
		{GroupAffinity: true, GroupOrder: true}, {GroupAffinity: true, FairGroups: true}, {GroupRebalance: true},
	} {
		if _, err := r.CreateQueue(r.ctx, "bad", c); !errors.Is(err, queuecore.ErrInvalid) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// A message that comes from the disk says that it ends its group as one from memory does,
// also when it stands apart from its entry.
func TestGroupEndIsRead(t *testing.T) {
	for _, body := range []string{"small", strings.Repeat("large", 2000)} {
		r := newRig(t, nil)
		r.create("q", queuecore.QueueConfig{GroupAffinity: true})
		for _, end := range []bool{false, true} {
			m := text("q", body)
			m.Group, m.GroupEnd = "g", end
			_, err := r.Send(context.Background(), m)
			r.must(err)
		}
		r.restart(nil)
		ds := r.receive("q", 2)
		if len(ds) != 2 || ds[0].GroupEnd || !ds[1].GroupEnd || ds[1].Group != "g" {
			t.Errorf("received %d: %+v", len(ds), ds)
		}
	}
}
