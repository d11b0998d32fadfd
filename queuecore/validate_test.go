package queuecore_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/sluicemq/sluice/queuecore"
)

func TestRefusedQueues(t *testing.T) {
	r := newRig(t, nil)
	for name, c := range map[string]queuecore.QueueConfig{
		"":                                  {},
		strings.Repeat("x", 256):            {},
		"a\nb":                              {},
		"a\xff":                             {},
		"negative lease":                    {Lease: -1},
		"endless lease":                     {Lease: queuecore.MaxLease + 1},
		"negative limit":                    {MaxMessages: -1},
		"back-off":                          {BackoffFactor: math.NaN()},
		"itself":                            {DeadLetter: "itself"},
		"bad dead letter":                   {DeadLetter: "\x00"},
		"for its own expired":               {ExpiredTo: "for its own expired"},
		"bad queue for what expires":        {ExpiredTo: "\x00"},
		"delay of more than the time knows": {Delay: math.MaxInt64},
		"fair in order":                     {GroupOrder: true, FairGroups: true},
	} {
		if _, err := r.CreateQueue(r.ctx, name, c); !errors.Is(err, queuecore.ErrInvalid) {
			t.Errorf("%.20q %+v: %v", name, c, err)
		}
	}
	c := queuecore.QueueConfig{Labels: map[string]string{"x": strings.Repeat("y", queuecore.MaxLabelBytes)}}
	if _, err := r.CreateQueue(r.ctx, "labels", c); !errors.Is(err, queuecore.ErrTooLarge) {
		t.Error(err)
	}
}

func TestRefusedMessages(t *testing.T) {
	r := newRig(t, nil)
	r.create("q", queuecore.QueueConfig{})
	q := queuecore.QueueNamed("q")
	for what, m := range map[string]queuecore.Message{
		"no destination": {},
		"odd kind":       {Destination: queuecore.Destination{Kind: 9, Name: "q"}},
		"no name":        {Destination: queuecore.QueueNamed("")},
		"topic's name":   {Destination: queuecore.TopicNamed("a\tb")},
		"group":          {Destination: q, Group: strings.Repeat("g", queuecore.MaxGroupBytes+1)},
		"dedup id":       {Destination: q, DedupID: strings.Repeat("d", queuecore.MaxDedupBytes+1)},
		"property type":  {Destination: q, Properties: queuecore.Properties{{Name: "x", Value: 1}}},
		"property name":  {Destination: q, Properties: queuecore.Properties{{Value: "x"}}},
		"deliver at":     {Destination: q, DeliverAt: time.Now().Add(2 * queuecore.MaxDelay)},
	} {
		if _, err := r.Send(r.ctx, &m); !errors.Is(err, queuecore.ErrInvalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
	large := queuecore.Message{Destination: q, Body: make([]byte, queuecore.DefaultMaxMessageBytes+1)}
	if _, err := r.Send(r.ctx, &large); !errors.Is(err, queuecore.ErrTooLarge) {
		t.Error(err)
	}
	large = queuecore.Message{Destination: q, Properties: queuecore.Properties{{Name: "x", Value: string(large.Body)}}}
	if _, err := r.Send(r.ctx, &large); !errors.Is(err, queuecore.ErrTooLarge) {
		t.Error(err)
	}
	if n := r.stats("q").Len(); n != 0 {
		t.Errorf("%d refused messages are there", n)
	}
}

func TestRefusedTransactions(t *testing.T) {
	r := newRig(t, nil)
	r.create("q", queuecore.QueueConfig{})
	if _, err := r.Commit(r.ctx, queuecore.Tx{Acks: make([]queuecore.Receipt, queuecore.MaxTxOps+1)}); !errors.Is(err, queuecore.ErrTooLarge) {
		t.Error(err)
	}
	var sends []*queuecore.Message
	for range 10 {
		sends = append(sends, text("q", string(make([]byte, 1<<20))))
	}
	if _, err := r.Commit(r.ctx, queuecore.Tx{Sends: sends}); !errors.Is(err, queuecore.ErrTooLarge) {
		t.Error(err)
	}
	if err := r.Nack(r.ctx, queuecore.Receipt{}, 2*queuecore.MaxDelay); !errors.Is(err, queuecore.ErrInvalid) {
		t.Error(err)
	}
	if err := r.Extend(r.ctx, queuecore.Receipt{}, 0); !errors.Is(err, queuecore.ErrInvalid) {
		t.Error(err)
	}
	if n := r.stats("q").Len(); n != 0 {
		t.Errorf("%d refused messages are there", n)
	}
}
