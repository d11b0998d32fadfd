package panics

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync/atomic"
)

// Err is what Guard.Run returns in the place of a panic, which is in the log already.
var Err = errors.New("panic")

// Count is how many panics there have been since the start. It may be used from any goroutine.
type Count struct{ n atomic.Uint64 }

// Load returns the number.
func (c *Count) Load() uint64 { return c.n.Load() }

// Guard catches panics, from any goroutine.
type Guard struct {
	log   *slog.Logger
	count *Count
	who   slog.LogValuer // nil: log says it
}

// New returns a Guard that logs to log and counts in count (nil: in one of its own). Gateways of
// one dialect share a Count.
func New(log *slog.Logger, count *Count) *Guard {
	if count == nil {
		count = new(Count)
	}
	return &Guard{log: log, count: count}
}

// With returns a Guard with the same Count and another log, one that says which connection it is.
func (g *Guard) With(log *slog.Logger) *Guard { return &Guard{log: log, count: g.count} }

// Of returns a Guard with the same Count and log, which says besides what who does: a group. Unlike a
// log that has been told beforehand, that costs an idle connection nothing.
func (g *Guard) Of(who slog.LogValuer) *Guard { return &Guard{g.log, g.count, who} }

// Run returns what f does, or Err when f panics.
func (g *Guard) Run(f func() error) (err error) {
	defer g.Catch(func() { err = Err })
	return f()
}

// Catch is to be deferred. When the function that defers it panics, Catch counts and logs
// that, and then calls end (nil: nothing) to end what it was in. A panic of end is caught as well.
func (g *Guard) Catch(end func()) {
	v := recover()
	if v == nil {
		return
	}
	g.Caught(v)
	if end != nil {
		defer g.Catch(nil)
		end()
	}
}

// Caught counts and logs a panic that somebody else has recovered, on whose stack it is called.
func (g *Guard) Caught(v any) {
	g.count.n.Add(1)
	log := g.log
	if g.who != nil {
		log = log.With(slog.Any("", g.who))
	}
	log.Error("panic; what it was in is closed", "panic", v, "stack", string(debug.Stack()))
}

// Handler is h with its panics caught: the client gets 500, and its connection is closed. One whose
// answer has begun is cut off, so that it cannot take half of the answer for all of it.
func (g *Guard) Handler(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := &answered{ResponseWriter: w}
		defer func() {
			switch v := recover(); v {
			case nil:
			case http.ErrAbortHandler:
				panic(v) // it is what says to cut the connection
			default:
				g.Caught(v)
				x.apologize()
			}
		}()
		h.ServeHTTP(x, r)
	})
}

// HTTPLog returns where an http.Server is to log: panics that it has caught by itself, outside of
// its handler, are counted and logged as those of Catch are, and the rest goes to rest.
func (g *Guard) HTTPLog(rest io.Writer) io.Writer { return &httpLog{g, rest} }

type httpLog struct {
	guard *Guard
	rest  io.Writer
}

// Write takes one entry, whole, as log.Logger writes it.
func (l *httpLog) Write(p []byte) (int, error) {
	// net/http, server.go, conn.serve: "http: panic serving %v: %v\n%s"
	if !bytes.Contains(p, []byte("http: panic serving ")) {
		return l.rest.Write(p)
	}
	what, stack, _ := bytes.Cut(p, []byte("\n"))
	l.guard.count.n.Add(1)
	l.guard.log.Error("panic; what it was in is closed", "panic", string(what), "stack", string(stack))
	return len(p), nil
}
