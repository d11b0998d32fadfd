package stomp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/panics"
	"github.com/sluicemq/sluice/protocols/stomp/frame"
	"github.com/sluicemq/sluice/queuecore"
)

func TestEveryErrorHasWords(t *testing.T) {
	for _, err := range []error{
		queuecore.ErrNotFound, queuecore.ErrExists, queuecore.ErrInvalid, queuecore.ErrTooLarge, queuecore.ErrFull,
		queuecore.ErrStale, queuecore.ErrClosed, queuecore.ErrUnavailable, queuecore.ErrNoSpace, protocols.ErrDenied,
	} {
		r, known := explain(fmt.Errorf("queue %q: %w", "a", err))
		if !known || r.message == "" || r.detail == "" {
			t.Errorf("%v: %+v", err, r)
		}
	}
	if r, known := explain(errors.New("secret")); known || strings.Contains(r.detail, "secret") {
		t.Errorf("an unknown error is shown: %+v", r)
	}
}

func TestErrorFrameCanAlwaysBeWritten(t *testing.T) {
	r := &refusal{message: "bad\nthing\x00!", detail: "a\x00b"}
	for v := frame.Unnegotiated; v <= frame.V12; v++ {
		for _, receipt := range []string{"1", "a:b\\", "a\nb"} {
			b := errorFrame(nil, v, r, receipt, true)
			in := frame.NewReader(strings.NewReader(string(b)), frame.Limits{Headers: 10, HeaderBytes: 1000, Body: 1000})
			in.SetVersion(v)
			f, err := in.Read()
			if err != nil {
				t.Errorf("version %s: %q: %v", v, b, err)
			}
			if m, _ := f.Header("message"); m != "bad thing !" || string(f.Body) != "a\x00b\n" {
				t.Errorf("version %s: %+v", v, f)
			}
		}
	}
}

func TestBeats(t *testing.T) {
	const own = 500 * time.Millisecond
	tests := []struct {
		header  string
		in, out time.Duration
	}{
		{"0,0", 0, 0},
		{"1000,0", time.Second, 0},
		{"0,1000", 0, time.Second},
		{"100,100", own, own},
		{"2147483647,1", 2147483647 * time.Millisecond, own},
	}
	for _, tt := range tests {
		can, wants, err := parseBeats(tt.header)
		if b := agree(can, wants, own); err != nil || b.in != tt.in || b.out != tt.out {
			t.Errorf("%s: %+v, %v", tt.header, b, err)
		}
	}
}

func TestPipelineAnswersInOrder(t *testing.T) {
	woken := 0
	p := newPipeline(func() { woken++ }, func() { woken++ }, spareNone)
	ctx := context.Background()
	var places []*place
	for i := range 3 {
		x, err := p.reserve(ctx, answer{receipt: fmt.Sprint(i), wants: true})
		if err != nil {
			t.Fatal(err)
		}
		places = append(places, x)
	}
	places[2].done(nil, nil)
	places[1].done(nil, errors.New("no"))
	if as, more := p.take(nil); len(as) != 0 || !more || woken != 0 {
		t.Errorf("took %d answers, woken %d times", len(as), woken)
	}
	places[0].done(nil, nil)
	as, more := p.take(nil)
	if len(as) != 3 || !more || woken != 1 || as[0].receipt != "0" || as[1].err == nil || as[2].receipt != "2" {
		t.Errorf("took %+v, woken %d times", as, woken)
	}
	p.close()
	if _, more := p.take(nil); more {
		t.Error("there is more to come of a closed pipeline")
	}
}

func TestPipelineIsBounded(t *testing.T) {
	for name, receipt := range map[string]string{"frames": "", "bytes": strings.Repeat("x", 60_000)} {
		t.Run(name, func(t *testing.T) {
			p := newPipeline(func() {}, func() {}, spareNone)
			var first *place
			n := 0
			for x := p.tryReserve(answer{receipt: receipt}); x != nil; x = p.tryReserve(answer{receipt: receipt}) {
				if n++; first == nil {
					first = x
				}
			}
			if want := map[string]int{"frames": pipelineFrames, "bytes": pipelineBytes / 60_000}[name]; n != want {
				t.Errorf("%d places, want %d", n, want)
			}
			ctx, cancel := context.WithCancelCause(context.Background())
			cancel(errGone)
			if _, err := p.reserve(ctx, answer{receipt: receipt}); err != errGone {
				t.Errorf("reserve without room: %v", err)
			}
			p.settle(first, nil)
			p.take(nil)
			if x, err := p.reserve(context.Background(), answer{receipt: receipt}); x == nil || err != nil {
				t.Errorf("reserve with room: %v", err)
			}
		})
	}
}

// What the broker settles after a panic concerns nobody.
func TestPipelineAbandoned(t *testing.T) {
	p := newPipeline(func() {}, func() {}, spareNone)
	x, err := p.reserve(context.Background(), answer{})
	if err != nil {
		t.Fatal(err)
	}
	p.abandon(answer{err: panics.Err})
	x.done(nil, nil)
	p.close()
	as, more := p.take(nil)
	x.done(nil, nil)
	if len(as) != 1 || as[0].err != panics.Err || more {
		t.Errorf("took %+v, more %v", as, more)
	}
}

func TestNextBatch(t *testing.T) {
	of := func(n, size int) int {
		ds := make([]queuecore.Delivery, n)
		for i := range ds {
			ds[i].Message = &queuecore.Message{Body: make([]byte, size)}
		}
		return nextBatch(ds, outboxBytes)
	}
	if n := of(16, 10); n != receiveMax {
		t.Errorf("small messages: %d", n)
	}
	if n := of(1, 1<<20); n != 1 {
		t.Errorf("large messages: %d", n)
	}
	if n := of(3, 10_000); n < 20 || n > 30 {
		t.Errorf("messages of 10 kB: %d", n)
	}
	if n := of(0, 0); n < 1 {
		t.Errorf("no messages: %d", n)
	}
}

func spareNone(error) bool { return false }

// asleep is a socket whose owner was stopped between its deadlines and its reads, as long as naps says.
type asleep struct {
	net.Conn
	naps int
}

func (a *asleep) SetReadDeadline(t time.Time) error {
	if a.naps--; a.naps >= 0 {
		t = time.Unix(1, 0)
	}
	return a.Conn.SetReadDeadline(t)
}

// A beat that has come while the server stood still is one. It counts when it is there, not when it is read.
func TestBeatThatCameWhileTheServerStoodStill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		defer ours.Close()
		defer theirs.Close()
		// Ends when the beat is read.
		go func() { _, _ = ours.Write([]byte("\n")) }()
		synctest.Wait()
		s := &source{net: &asleep{theirs, 1}, ctx: t.Context(), flush: func() error { return nil }, every: time.Second}
		if n, err := s.Read(make([]byte, 10)); n != 1 || err != nil {
			t.Errorf("%d bytes, %v", n, err)
		}
		begun := time.Now()
		if n, err := s.Read(make([]byte, 10)); n != 0 || err != errSilent || time.Since(begun) != time.Second+lastLook {
			t.Errorf("%d bytes, %v after %v", n, err, time.Since(begun))
		}
		s.until = time.Now().Add(time.Second) // a login has its time and no more
		begun = time.Now()
		if _, err := s.Read(make([]byte, 10)); err != errLogin || time.Since(begun) != time.Second {
			t.Errorf("%v after %v", err, time.Since(begun))
		}
	})
}

// counted is a context that knows how many others hang on it.
type counted struct {
	context.Context
	done chan struct{}
	n    atomic.Int64
}

func (c *counted) Done() <-chan struct{} { return c.done }

func (c *counted) AfterFunc(func()) (stop func() bool) {
	c.n.Add(1)
	return func() bool { return c.n.Add(-1) >= 0 }
}

// Of a connection that is refused at the door nothing is left, however many there are.
func TestRefusedConnectionsLeaveNothing(t *testing.T) {
	g := New(nil, Options{Limits: Limits{Connections: 1}})
	all := &counted{Context: context.Background(), done: make(chan struct{})}
	g.ctx = all
	ours, theirs := net.Pipe()
	defer ours.Close()
	if _, err := g.bounds.enter(theirs); err != nil {
		t.Fatal(err)
	}
	g.admit(theirs)
	if said, err := io.ReadAll(ours); err != nil || !strings.Contains(string(said), "too many connections") {
		t.Errorf("%q, %v", said, err)
	}
	g.all.Wait()
	if n := all.n.Load(); n != 0 {
		t.Errorf("%d contexts still hang on the gateway's", n)
	}
}
