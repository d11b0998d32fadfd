package sqs

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/sluicemq/sluice/protocols/sqs/wire"
	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
)

// out returns deliveries of a queue with these sequence numbers.
func out(seqs ...uint64) (list []queuecore.Delivery) {
	for _, seq := range seqs {
		list = append(list, queuecore.Delivery{Receipt: queuecore.Receipt{Queue: 1, Seq: seq, Attempt: 1}})
	}
	return list
}

// answered has a receive with an id answered with messages.
func answered(t *testing.T, s *answers, id string, now time.Time, seqs ...uint64) *answer {
	t.Helper()
	a, first := s.claim(answerKey{1, "", id}, true, now)
	if !first {
		t.Fatalf("%s is there", id)
	}
	s.end(a, out(seqs...), now)
	return a
}

// knows reports whether the answer to an id is remembered, and claims nothing.
func (s *answers) knows(id string, now time.Time) bool {
	a, first := s.claim(answerKey{1, "", id}, true, now)
	if first {
		s.end(a, nil, now)
	}
	return !first
}

// empty fails unless nothing at all is remembered.
func (s *answers) empty(t *testing.T) {
	t.Helper()
	if len(s.byKey)+len(s.byReceipt)+s.line.Len()+s.bytes != 0 {
		t.Errorf("%d answers, %d receipts, %d in line, %d bytes", len(s.byKey), len(s.byReceipt), s.line.Len(), s.bytes)
	}
}

// So many answers and so many bytes are remembered; the oldest go first.
func TestAnswersAreBounded(t *testing.T) {
	now := time.Unix(1e9, 0)
	for name, s := range map[string]*answers{
		"answers": newAnswers(10, 1<<20),
		"bytes":   newAnswers(1000, 10*(answerBytes+3+2*handedBytes)),
	} {
		for i := range 100 {
			answered(t, s, fmt.Sprintf("%03d", i), now, uint64(2*i), uint64(2*i+1))
		}
		if s.line.Len() != 10 || len(s.byKey) != 10 || len(s.byReceipt) != 20 {
			t.Errorf("%s: %d answers, %d keys, %d receipts", name, s.line.Len(), len(s.byKey), len(s.byReceipt))
		}
		if s.knows("089", now) || !s.knows("090", now) || !s.knows("099", now) {
			t.Errorf("%s: others than the last ten", name)
		}
	}
}

// What is too old goes when the next receive with an id comes, whatever that is.
func TestAnswersGoByThemselves(t *testing.T) {
	s, now := newAnswers(10, 1<<20), time.Unix(1e9, 0)
	answered(t, s, "a", now, 1)
	answered(t, s, "b", now.Add(time.Minute), 2)
	if now = now.Add(answerWindow - 1); !s.knows("a", now) || s.line.Len() != 2 {
		t.Error("a is gone")
	}
	if now = now.Add(1); s.knows("c", now) || s.line.Len() != 1 || s.knows("a", now) || !s.knows("b", now) {
		t.Error("a is there, or b is not")
	}
	s.knows("c", now.Add(time.Minute))
	s.empty(t)
}

// An answer without messages is not remembered; one goes with the first of its
// messages, and only the latest of an id counts.
func TestAnswersAreForgotten(t *testing.T) {
	s, now := newAnswers(10, 1<<20), time.Unix(1e9, 0)
	answered(t, s, "a", now)
	s.empty(t)
	a := answered(t, s, "a", now, 1, 2, 3)
	s.forget(out(2)[0].Receipt)
	s.forget(out(2)[0].Receipt)
	s.empty(t)
	b := answered(t, s, "a", now, 4)
	s.void(a)
	if !s.knows("a", now) {
		t.Error("a later answer went with an earlier one")
	}
	s.void(b)
	s.void(b)
	s.empty(t)
}

// A message is settled when the answer that it is in is not being given.
func TestSettlingWaitsForGiving(t *testing.T) {
	s, now := newAnswers(10, 1<<20), time.Unix(1e9, 0)
	a := answered(t, s, "a", now, 1)
	given, saw := false, make(chan bool)
	a.giving.Lock()
	// Ends when the answer is forgotten.
	go func() {
		s.forget(out(1)[0].Receipt)
		saw <- given
	}()
	given = true
	a.giving.Unlock()
	if !<-saw {
		t.Error("forgotten while it was being given")
	}
	s.empty(t)
}

// That a client goes away while it is given an answer again says nothing of the messages.
func TestClientGoesAwayAgain(t *testing.T) {
	b, err := queuecore.Open(t.Context(), memstore.New(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if _, err := b.CreateQueue(t.Context(), "q.fifo", queuecore.QueueConfig{GroupOrder: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Send(t.Context(), &queuecore.Message{Destination: queuecore.QueueNamed("q.fifo"), Body: []byte("a")}); err != nil {
		t.Fatal(err)
	}
	q, err := b.Queue("q.fifo")
	if err != nil {
		t.Fatal(err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	g := New(b, Options{})
	for range 20 { // whichever is noticed first
		if n, err := polled(t.Context(), g, &q); err != nil || n != 1 {
			t.Fatalf("%d messages, %v", n, err)
		}
		if _, err := polled(gone, g, &q); err != nil && err != context.Canceled {
			t.Fatal(err)
		}
	}
}

// polled returns how many messages a short poll with an id gets.
func polled(ctx context.Context, g *Gateway, q *queuecore.QueueInfo) (int, error) {
	c := &call{Gateway: g}
	list, _, err := c.receiveOnce(ctx, q, &wire.ReceiveMessage{AttemptID: "one"}, queuecore.ReceiveOptions{})
	return len(list), err
}

// What did not reach its client is taken back, unless somebody was given it again.
func TestAnswersAreTakenBack(t *testing.T) {
	s, now := newAnswers(10, 1<<20), time.Unix(1e9, 0)
	a := answered(t, s, "a", now, 1)
	if !s.takeBack(a) {
		t.Error("not taken back")
	}
	s.empty(t)
	if s.reuse(a) {
		t.Error("given again after that")
	}
	a = answered(t, s, "a", now, 1)
	if !s.reuse(a) || s.takeBack(a) || !s.knows("a", now) {
		t.Error("taken back from somebody else")
	}
}

// A user has ids of his own.
func TestAnswersAreTheUsersOwn(t *testing.T) {
	s, now := newAnswers(10, 1<<20), time.Unix(1e9, 0)
	answered(t, s, "a", now, 1)
	for _, key := range []answerKey{{1, "eve", "a"}, {2, "", "a"}} {
		if _, first := s.claim(key, true, now); !first {
			t.Errorf("%v is there", key)
		}
	}
}

// BenchmarkAnswers is what an id costs a receiver that never asks again: one message
// is received and deleted.
func BenchmarkAnswers(b *testing.B) {
	s, now := newAnswers(maxAnswers, maxAnswerBytes), time.Unix(1e9, 0)
	list := out(1)
	b.ReportAllocs()
	for b.Loop() {
		list[0].Receipt.Seq++
		a, _ := s.claim(answerKey{1, "", "7b1f2c1e-5f0f-4b5c-9d7e-0123456789ab"}, true, now)
		s.end(a, list, now)
		s.forget(list[0].Receipt)
	}
}

// BenchmarkAnswerBytes tells what an answer of one message, or of ten, takes of memory, and
// what is reckoned for it.
func BenchmarkAnswerBytes(b *testing.B) {
	for _, messages := range []int{1, 10} {
		b.Run(fmt.Sprint(messages), func(b *testing.B) {
			for b.Loop() {
				before := heap()
				s := newAnswers(20_000, 1<<30)
				for i := range 20_000 {
					a, _ := s.claim(answerKey{1, "", fmt.Sprintf("%036d", i)}, true, time.Unix(1e9, 0))
					list := out(make([]uint64, messages)...)
					for k := range list {
						list[k].Receipt.Seq = uint64(i*messages + k)
					}
					s.end(a, list, time.Unix(1e9, 0))
				}
				b.ReportMetric(float64(heap()-before)/20_000, "B/answer")
				b.ReportMetric(float64(s.bytes)/20_000, "reckoned-B/answer")
			}
		})
	}
}

// heap returns the bytes in use.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
