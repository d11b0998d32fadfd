package stomp

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sluicemq/sluice/bridge/conformance"
)

// Options say what to check, and how.
type Options struct {
	Addr            string      // host:port of the server
	TLS             *tls.Config // the server speaks TLS; nil: it does not
	Login, Passcode string      // sent with CONNECT unless Login is empty
	Host            string      // the virtual host; empty: the host of Addr
	Prefix          string      // of the destinations, which must be queues; empty: /queue/conformance-
	Versions        []string    // of 1.0, 1.1 and 1.2; none: all
	Only            []string    // ids of checks, or their beginnings as "ack."; none: all

	Timeout  time.Duration // of each check; checks of heart-beats take longer. 0: 10 s
	Grace    time.Duration // how long nothing must come where nothing may. 0: 300 ms
	Parallel int           // checks at the same time. 0: 8
}

func (o *Options) complete() error {
	host, _, err := net.SplitHostPort(o.Addr)
	if err != nil {
		return fmt.Errorf("%w: it must be host:port", err)
	}
	setDefault(&o.Host, host)
	setDefault(&o.Prefix, "/queue/conformance-")
	setDefault(&o.Timeout, 10*time.Second)
	setDefault(&o.Grace, 300*time.Millisecond)
	setDefault(&o.Parallel, 8)
	if len(o.Versions) == 0 {
		o.Versions = []string{v10, v11, v12}
	}
	for _, v := range o.Versions {
		if !slices.Contains([]string{v10, v11, v12}, v) {
			return fmt.Errorf("there is no version %q of STOMP: 1.0, 1.1 and 1.2", v)
		}
	}
	o.Versions = slices.Compact(slices.Sorted(slices.Values(o.Versions)))
	for _, only := range o.Only {
		if !slices.ContainsFunc(IDs(), func(id string) bool { return strings.HasPrefix(id, only) }) {
			return fmt.Errorf("no check is called %s", only)
		}
	}
	return nil
}

// dial connects, and shakes hands where that is asked for.
func (o *Options) dial(ctx context.Context, d *net.Dialer) (net.Conn, error) {
	if o.TLS == nil {
		return d.DialContext(ctx, "tcp", o.Addr)
	}
	return (&tls.Dialer{NetDialer: d, Config: o.TLS}).DialContext(ctx, "tcp", o.Addr)
}

func setDefault[T comparable](p *T, value T) {
	var zero T
	if *p == zero {
		*p = value
	}
}

// The levels, short for the tables.
const (
	must   = conformance.Must
	should = conformance.Should
	may    = conformance.May
)

// check is an entry of the tables.
type check struct {
	id, does string
	clauses  []conformance.Clause // one for each version that has the sentence
	run      func(*probe)
}

// group is a chapter of the standard.
type group struct {
	name   string
	checks []check
}

// groups are all checks there are.
func groups() []group {
	return []group{
		{"Frames", frameChecks()},
		{"Escapes", escapeChecks()},
		{"Bodies", bodyChecks()},
		{"Connecting", connectChecks()},
		{"Heart-beating", beatChecks()},
		{"SEND", sendChecks()},
		{"SUBSCRIBE", subscribeChecks()},
		{"ACK and NACK", ackChecks()},
		{"Transactions", transactionChecks()},
		{"Receipts", receiptChecks()},
		{"ERROR", errorChecks()},
		{"Size limits", limitChecks()},
	}
}

// on makes the clause of each version, where they say the same.
func on(versions string, level conformance.Level, section, sentence string) []conformance.Clause {
	var cs []conformance.Clause
	for v := range strings.FieldsSeq(versions) {
		cs = append(cs, conformance.Clause{Version: v, Section: section, Level: level, Sentence: sentence})
	}
	return cs
}

// IDs returns the ids of all checks.
func IDs() []string {
	var ids []string
	for _, g := range groups() {
		for _, c := range g.checks {
			ids = append(ids, c.id)
		}
	}
	return ids
}

// Run checks a server and reports. Several checks run at the same time, each on
// connections and queues of its own, which are left behind, emptied. An error means that there is
// nothing to report: bad options, no check selected, nobody listens.
func Run(ctx context.Context, o Options) (*conformance.Report, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	r := &conformance.Report{Protocol: "STOMP", Addr: o.Addr, Versions: o.Versions}
	jobs := selected(&o)
	if len(jobs) == 0 {
		return nil, fmt.Errorf("%s is not checked in %s", strings.Join(o.Only, ", "), strings.Join(o.Versions, ", "))
	}
	refused, err := meet(ctx, &o, r)
	if err != nil {
		return nil, err
	}
	r.Results = make([]conformance.Result, len(jobs))
	used := make([][]string, len(jobs)) // queues
	var g errgroup.Group
	g.SetLimit(o.Parallel)
	for i, j := range jobs {
		// Ends with the check, which its deadline bounds.
		g.Go(func() error {
			r.Results[i], used[i] = j.result(ctx, &o, refused[j.clause.Version])
			return nil
		})
	}
	err = g.Wait()
	drain(ctx, &o, newestOf(&o, refused), slices.Concat(used...))
	return r, errors.Join(err, ctx.Err())
}

// job is a check in one version.
type job struct {
	group  string
	check  *check
	clause conformance.Clause
}

func selected(o *Options) []job {
	var jobs []job
	for _, g := range groups() {
		for i := range g.checks {
			c := &g.checks[i]
			for _, clause := range c.clauses {
				if slices.Contains(o.Versions, clause.Version) && o.wants(c.id) {
					jobs = append(jobs, job{g.name, c, clause})
				}
			}
		}
	}
	return jobs
}

func (o *Options) wants(id string) bool {
	return len(o.Only) == 0 || slices.ContainsFunc(o.Only, func(s string) bool { return strings.HasPrefix(id, s) })
}

// meet finds out what the server calls itself, and which versions it refuses. It is an
// error when nobody listens, or when the server refuses all of them.
func meet(ctx context.Context, o *Options, r *conformance.Report) (refused map[string]string, err error) {
	nc, err := o.dial(ctx, &net.Dialer{Timeout: o.Timeout})
	if err != nil {
		return nil, err
	}
	_ = nc.Close() // only asked whether somebody listens
	refused = make(map[string]string)
	for _, v := range o.Versions {
		p := newProbe(ctx, o, v)
		c := p.dial()
		c.sendConnect("CONNECT", v)
		f := c.next("CONNECTED")
		if s, ok := f.header("server"); ok {
			r.Server = s
		}
		if f.command == "ERROR" {
			refused[v] = f.String()
		}
		p.end()
	}
	if len(refused) == len(o.Versions) {
		return nil, fmt.Errorf("the server does not let the kit in: %s", refused[o.Versions[len(o.Versions)-1]])
	}
	return refused, nil
}

func newProbe(ctx context.Context, o *Options, version string) *probe {
	return &probe{ctx: ctx, o: o, version: version, run: rand.Text()[:10], deadline: time.Now().Add(o.Timeout)}
}

// newestOf is the newest version that the server speaks, of those asked for. There is one.
func newestOf(o *Options, refused map[string]string) (version string) {
	for _, v := range o.Versions {
		if refused[v] == "" {
			version = v
		}
	}
	return version
}

// result runs the check, and returns the queues that it has used as well.
func (j *job) result(ctx context.Context, o *Options, refusal string) (conformance.Result, []string) {
	r := conformance.Result{ID: j.check.id, Group: j.group, Clause: j.clause, Does: j.check.does}
	p := newProbe(ctx, o, j.clause.Version)
	if refusal != "" {
		p.skip("the server does not connect a client of %s: %s", p.version, refusal)
	}
	start := time.Now()
	if !p.over() {
		j.check.run(p)
	}
	p.end()
	r.Took = time.Since(start)
	p.judge(&r)
	return r, p.queues
}

// judge says what became of the check.
func (p *probe) judge(r *conformance.Result) {
	f := p.failure
	switch {
	case p.why != "":
		r.Outcome, r.Why = conformance.Skipped, p.why
	case f == nil:
		r.Outcome = conformance.Pass
	case r.Level == conformance.May && !f.basic:
		r.Outcome = conformance.Skipped
		r.Why = fmt.Sprintf("the server does not, and need not: expected %s, got %s", f.expected, f.got)
	default:
		r.Outcome = conformance.Fail
		if r.Level == conformance.Should && !f.basic {
			r.Outcome = conformance.Deviates
		}
		r.Sent, r.Expected, r.Got = p.sent, f.expected, f.got
	}
}
