package bench

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
)

// constantAnswer is as long as the answer to SendMessage.
const constantAnswer = `{"MessageId":"01893b7e-9c5f-7000-8000-000000000000","MD5OfMessageBody":"d41d8cd98f00b204e9800998ecf8427e"}`

// plain is the least that a server of net/http can do for a call of SQS: it reads
// the body and answers with a constant, under the same headers.
type plain struct {
	// before is called when the body has been read; nil: nothing is.
	before func(context.Context)
}

func (p plain) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return // the client is gone
	}
	if p.before != nil {
		p.before(r.Context())
	}
	h := w.Header()
	h["Content-Type"] = []string{"application/x-amz-json-1.0"}
	h["X-Amzn-Requestid"] = []string{"01893b7e-9c5f-7000-8000-000000000000"}
	_, _ = io.WriteString(w, constantAnswer) // the client counts what it gets
}

// openConstant answers at once.
func openConstant(ctx context.Context, _ string) (addr string, stop func() error, err error) {
	return openPlain(ctx, plain{})
}

// openWaiting answers when the client is gone.
func openWaiting(ctx context.Context, _ string) (addr string, stop func() error, err error) {
	return openPlain(ctx, plain{before: func(ctx context.Context) { <-ctx.Done() }})
}

func openPlain(ctx context.Context, p plain) (addr string, stop func() error, err error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	s := &http.Server{Handler: p}
	served := make(chan error, 1)
	// Ends with Close in stop.
	go func() { served <- s.Serve(l) }()
	stop = func() error {
		err := s.Close()
		if served := <-served; !errors.Is(served, http.ErrServerClosed) {
			err = errors.Join(err, served)
		}
		return err
	}
	return l.Addr().String(), stop, nil
}

// openSynced answers when a file has been synced since the call came: the least that
// a server can do which promises that messages are on the disk. Whatever waits is
// answered after one sync, as in the core.
func openSynced(ctx context.Context, dir string) (addr string, stop func() error, err error) {
	f, err := os.Create(filepath.Join(dir, "synced"))
	if err != nil {
		return "", nil, err
	}
	g := group{f: f, waiting: make(chan chan<- struct{}, 1<<16), failed: make(chan error, 1)}
	// Ends when waiting is closed, in stop.
	go g.run()
	addr, stopPlain, err := openPlain(ctx, plain{before: g.wait})
	stop = func() error {
		err := stopPlain()
		close(g.waiting)
		return errors.Join(err, <-g.failed, f.Close())
	}
	if err != nil {
		stopPlain = func() error { return nil }
		return "", nil, errors.Join(err, stop())
	}
	return addr, stop, nil
}

// group syncs a file for all who wait at the same time.
type group struct {
	f       *os.File
	waiting chan chan<- struct{}
	failed  chan error // what became of run
}

// wait returns when the file has been synced, or ctx has ended.
func (g *group) wait(ctx context.Context) {
	done := make(chan struct{}, 1)
	g.waiting <- done
	select {
	case <-done:
	case <-ctx.Done():
	}
}

func (g *group) run() {
	var err error
	var all []chan<- struct{}
	page := make([]byte, 4<<10)
	for first := range g.waiting {
		all = append(all[:0], first)
		for range len(g.waiting) {
			all = append(all, <-g.waiting)
		}
		if err == nil {
			err = g.sync(page)
		}
		for _, done := range all {
			done <- struct{}{}
		}
	}
	g.failed <- err
}

func (g *group) sync(page []byte) error {
	if _, err := g.f.WriteAt(page, 0); err != nil {
		return err
	}
	return syncFile(g.f)
}
