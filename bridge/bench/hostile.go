package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/sluicemq/sluice/bridge/hostile"
)

// HostileOptions are the settings of Hostile.
type HostileOptions struct {
	Program string // runs "serve", and RunChild behind ChildVerb; the server and the hostile clients are processes of their own
	Dir     string // for the store; empty: the system's temporary one
	Rounds  int
	For     time.Duration // of each phase: each kind of hostility has a quiet one before it
	Pace    time.Duration // between two requests of one good client
	Kinds   []string      // names; none: all
	Args    []string      // of the server, besides
}

// hostileClients is what RunChild is asked for, with the name of the kind behind it.
const (
	hostileClients = "hostile"
	hostileEnv     = "SLUICE_BENCH_HOSTILE" // has the server's addresses
)

// hostileBound is how many times its quiet value the slowest hundredth of a good client's requests may take.
const hostileBound = 3

// Hostile measures what good clients of each dialect notice of hostile ones, kind by kind: the 99th
// percentile of an answer, beside what it was just before. Hostile clients run at the lowest
// priority, where the system has that, and at bounded rates: what they take of the processors themselves is
// no server's fault.
func Hostile(ctx context.Context, r *Report, o HostileOptions) error {
	return inDir(o.Dir, func(dir string) error {
		s, err := hostile.Start(o.Program, dir, os.Stderr, o.Args...)
		if err != nil {
			return err
		}
		m := &hostileRun{o: o, r: r, server: s, figures: make(map[string]map[string]*hostileFigures), resident: make(map[string][]float64), busy: make(map[string]*hostileFigures)}
		return errors.Join(m.run(ctx), s.Stop(), r.err)
	})
}

// hostileRun is a run of Hostile.
type hostileRun struct {
	o      HostileOptions
	r      *Report
	server *hostile.Server
	good   *hostile.Good

	figures  map[string]map[string]*hostileFigures // by kind and dialect
	resident map[string][]float64                  // MiB, by kind
	busy     map[string]*hostileFigures            // % of a processor, by kind; none where the system does not tell
}

// hostileFigures are those of all rounds, in milliseconds.
type hostileFigures struct{ quiet, p99, ratio []float64 }

func (m *hostileRun) run(ctx context.Context) (err error) {
	if m.good, err = hostile.NewGood(ctx, m.server); err != nil {
		return err
	}
	defer m.good.Close()
	m.good.Begin(m.o.Pace)
	kinds := m.kinds()
	for i := range m.o.Rounds {
		m.r.notef("hostile: round %d", i+1)
		for _, k := range kinds {
			if err := m.phases(ctx, k); err != nil {
				return fmt.Errorf("%s: %w", k, err)
			}
		}
	}
	m.tell(kinds)
	return nil
}

func (m *hostileRun) kinds() []string {
	if len(m.o.Kinds) > 0 {
		return m.o.Kinds
	}
	var names []string
	for _, k := range hostile.Kinds() {
		names = append(names, k.Name)
	}
	return names
}

// phases is a quiet phase and one with a kind of hostility.
func (m *hostileRun) phases(ctx context.Context, kind string) error {
	quiet, calm, err := m.phase(ctx)
	if err != nil {
		return err
	}
	c, err := startHostile(ctx, m.o.Program, kind, m.server)
	if err != nil {
		return err
	}
	during, busy, err := m.phase(ctx)
	if err != nil {
		return errors.Join(err, c.stop())
	}
	u, err := m.server.Usage(ctx)
	if err := errors.Join(err, c.stop()); err != nil {
		return err
	}
	m.resident[kind] = append(m.resident[kind], u.Resident/(1<<20))
	m.noteBusy(kind, calm, busy)
	for dialect := range quiet {
		m.note(kind, dialect, quiet[dialect], during[dialect])
	}
	return m.calm(ctx)
}

// phase returns the times of good clients' requests, and the part of a processor that the server takes.
func (m *hostileRun) phase(ctx context.Context) (times map[string][]time.Duration, busy float64, err error) {
	if _, err := m.good.Times(); err != nil { // those before
		return nil, 0, err
	}
	before, _ := processTime(m.server.PID) // only Linux tells
	select {
	case <-time.After(m.o.For):
	case <-ctx.Done():
		return nil, 0, ctx.Err()
	}
	after, _ := processTime(m.server.PID)
	times, err = m.good.Times()
	return times, (after - before).Seconds() / m.o.For.Seconds(), err
}

func (m *hostileRun) noteBusy(kind string, quiet, during float64) {
	f := m.busy[kind]
	if f == nil {
		f = &hostileFigures{}
		m.busy[kind] = f
	}
	f.quiet, f.p99 = append(f.quiet, 100*quiet), append(f.p99, 100*during)
}

func (m *hostileRun) note(kind, dialect string, quiet, during []time.Duration) {
	if m.figures[kind] == nil {
		m.figures[kind] = make(map[string]*hostileFigures)
	}
	f := m.figures[kind][dialect]
	if f == nil {
		f = &hostileFigures{}
		m.figures[kind][dialect] = f
	}
	q, p := hostile.Quantile(quiet, 0.99).Seconds()*1e3, hostile.Quantile(during, 0.99).Seconds()*1e3
	f.quiet, f.p99 = append(f.quiet, q), append(f.p99, p)
	if q > 0 {
		f.ratio = append(f.ratio, p/q)
	}
	m.r.notef("  %s, %s: %d answers in %.1f ms, then %d in %.1f ms", kind, dialect, len(quiet), q, len(during), p)
}

// calm waits until hostile connections are gone.
func (m *hostileRun) calm(ctx context.Context) error {
	for {
		u, err := m.server.Usage(ctx)
		if err != nil || u.Connections <= 4 {
			return err
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (m *hostileRun) tell(kinds []string) {
	for _, kind := range kinds {
		name := "hostile." + kind
		for _, dialect := range []string{"stomp", "nats", "sqs"} {
			f := m.figures[kind][dialect]
			m.r.figure(name+"."+dialect+".quiet", "ms", target{}, f.quiet...)
			m.r.figure(name+"."+dialect+".p99", "ms", target{}, f.p99...)
			if len(f.ratio) > 0 {
				m.r.figure(name+"."+dialect+".ratio", "x", atMost(hostileBound), f.ratio...)
			}
		}
		m.r.figure(name+".processor.quiet", "%", target{}, m.busy[kind].quiet...)
		m.r.figure(name+".processor", "%", target{}, m.busy[kind].p99...)
		m.r.figure(name+".resident", "MiB", target{}, m.resident[kind]...)
	}
}

// hostileProcess is a process of hostile clients.
type hostileProcess struct {
	cmd *exec.Cmd
	in  io.WriteCloser
}

// startHostile returns once the clients of a kind are at work.
func startHostile(ctx context.Context, program, kind string, s *hostile.Server) (*hostileProcess, error) {
	addrs, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	args := []string{program, ChildVerb, hostileClients, kind, ""}
	if nice, err := exec.LookPath("nice"); err == nil {
		args = append([]string{nice, "-n", "19"}, args...)
	}
	p := &hostileProcess{cmd: exec.CommandContext(ctx, args[0], args[1:]...)}
	p.cmd.Env = append(os.Environ(), hostileEnv+"="+string(addrs))
	p.cmd.Stderr = os.Stderr
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		return nil, errors.Join(fmt.Errorf("the hostile clients did not start: %w", err), p.stop())
	}
	return p, nil
}

func (p *hostileProcess) stop() error { return errors.Join(p.in.Close(), p.cmd.Wait()) }

// runHostile is the process of the hostile clients of a kind, until in ends.
func runHostile(kind string, in io.Reader, out io.Writer) error {
	var s hostile.Server
	if err := json.Unmarshal([]byte(os.Getenv(hostileEnv)), &s); err != nil {
		return fmt.Errorf("%s: %w", hostileEnv, err)
	}
	for _, k := range hostile.Kinds() {
		if k.Name != kind {
			continue
		}
		a := k.Start(&s)
		defer a.Stop()
		if err := a.Begun(); err != nil {
			return err
		}
		_, err := fmt.Fprintln(out, "begun")
		_, _ = io.Copy(io.Discard, in)
		return err
	}
	return fmt.Errorf("there is no hostility %q", kind)
}
