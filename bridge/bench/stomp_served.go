package bench

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// serve runs fn beside the servers, and starts the one that has no address.
func (o *STOMPOptions) serve(ctx context.Context, fn func([]stompBench) error) error {
	benches := make([]stompBench, len(o.Targets))
	for i := range benches {
		t := o.Targets[i]
		benches[i] = stompBench{STOMPOptions: o, target: &t}
		if t.PID != 0 {
			benches[i].cpu = func() (time.Duration, error) { return processTime(t.PID) }
		}
	}
	for i := range benches {
		if benches[i].target.Addr == "" {
			return o.serveOwn(ctx, &benches[i], func() error { return fn(benches) })
		}
	}
	return fn(benches)
}

// serveOwn starts a Sluice for b.
func (o *STOMPOptions) serveOwn(ctx context.Context, b *stompBench, fn func() error) error {
	return inDir(o.Dir, func(dir string) error {
		return withServed(ctx, o.Program, stompServer, dir, o.Profile, "", func(s *served) error {
			b.target.Addr = s.addr
			b.cpu = func() (time.Duration, error) {
				u, err := s.usage(asItIs)
				return u.CPU, err
			}
			return fn()
		})
	})
}

// clockTicks is how many of the ticks of /proc make a second, on every Linux.
const clockTicks = 100

// processTime returns the processor time that a process has used. Only Linux tells.
func processTime(pid int) (time.Duration, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, fmt.Errorf("processor time of the server: %w", err)
	}
	_, rest, _ := strings.Cut(string(b), ") ") // behind the program's name
	f := strings.Fields(rest)
	if len(f) < 13 {
		return 0, fmt.Errorf("processor time of the server: cannot read %q", b)
	}
	var ticks int64
	for _, s := range f[11:13] { // utime and stime
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("processor time of the server: %w", err)
		}
		ticks += n
	}
	return time.Duration(ticks) * time.Second / clockTicks, nil
}
