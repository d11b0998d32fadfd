package bench

import (
	"context"
	"time"
)

// natsBench is one server.
type natsBench struct {
	*NATSOptions
	target *NATSTarget
	cpu    func() (time.Duration, error) // that the server's process has used; nil: nobody knows
}

// serve runs fn beside the servers, and starts the one that has no address.
func (o *NATSOptions) serve(ctx context.Context, fn func([]natsBench) error) error {
	benches := make([]natsBench, len(o.Targets))
	for i := range benches {
		t := o.Targets[i]
		benches[i] = natsBench{NATSOptions: o, target: &t}
		if t.PID != 0 {
			benches[i].cpu = func() (time.Duration, error) { return processTime(t.PID) }
		}
	}
	for i := range benches {
		if benches[i].target.URL == "" {
			return o.serveOwn(ctx, &benches[i], func() error { return fn(benches) })
		}
	}
	return fn(benches)
}

// serveOwn starts a Sluice for b.
func (o *NATSOptions) serveOwn(ctx context.Context, b *natsBench, fn func() error) error {
	return inDir(o.Dir, func(dir string) error {
		return withServed(ctx, o.Program, natsServer, dir, o.Profile, "", func(s *served) error {
			b.target.URL = "nats://" + s.addr
			b.cpu = func() (time.Duration, error) {
				u, err := s.usage(asItIs)
				return u.CPU, err
			}
			return fn()
		})
	})
}

// measure tells what n messages take, when do is about them.
func (b *natsBench) measure(n int, do func() error) (s spent, err error) {
	before, err := b.used()
	if err != nil {
		return s, err
	}
	own, start := cpuTime(), time.Now()
	if err := do(); err != nil {
		return s, err
	}
	s = spent{messages: n, took: time.Since(start), client: cpuTime() - own}
	after, err := b.used()
	s.cpu = after - before
	return s, err
}

func (b *natsBench) used() (time.Duration, error) {
	if b.cpu == nil {
		return 0, nil
	}
	return b.cpu()
}
