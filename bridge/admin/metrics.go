package admin

import (
	"context"
	"errors"
	"log/slog"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"golang.org/x/sync/errgroup"

	"github.com/sluicemq/sluice/protocols/panics"
	"github.com/sluicemq/sluice/queuecore"
)

func newRegistry(h *health, a *auditing, o Options, guard *panics.Guard) *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(
		collectors.NewGoCollector(collectors.WithGoCollectorRuntimeMetrics(liveHeap())),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		buildInfo(o),
	)
	own := []prometheus.Collector{newCollector(h, o, guard), newDoorCollector(o.Doors), newPanicCollector(o.Panics), newLimitCollector(&o), newAuditCollector(a)}
	if o.Payloads != nil {
		own = append(own, newPayloadCollector(o.Payloads))
	}
	if o.TLS != nil {
		own = append(own, newTLSCollector(o.TLS))
	}
	if o.Users != nil {
		own = append(own, newUserCollector(o.Users))
	}
	for _, c := range own {
		r.MustRegister(caught{c, guard})
	}
	return r
}

func buildInfo(o Options) prometheus.Collector {
	g := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "sluice_build_info",
		Help: "Always 1; the labels say what is running.",
		ConstLabels: prometheus.Labels{
			"version": o.Version, "revision": o.Revision, "goversion": runtime.Version(),
		},
	})
	g.Set(1)
	return g
}

// collector reads the broker when it is scraped.
//
// The counters are of all queues together and never of one: a queue can be deleted,
// and a counter that vanishes makes nonsense of every rate over it.
type collector struct {
	health *health
	max    int
	log    *slog.Logger
	guard  *panics.Guard

	up, queues *prometheus.Desc
	refusing   *prometheus.Desc
	totals     []total
	messages   *prometheus.Desc
	bytes, age *prometheus.Desc

	noisyGroups, quiet *prometheus.Desc // of queues with fair groups
}

// total is one of the counters that the broker keeps.
type total struct {
	desc *prometheus.Desc
	read func(queuecore.Totals) uint64
}

func newCollector(h *health, o Options, guard *panics.Guard) *collector {
	gauge := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("sluice_"+name, help, labels, nil)
	}
	return &collector{
		health: h, max: o.MaxQueues, log: o.Log, guard: guard,
		up:       gauge("up", "1 while sends can be confirmed."),
		refusing: gauge("refusing", "1 while requests are refused for the reason: disk_full (sends alone) or store_failed (all).", "reason"),
		queues:   gauge("queues", "Durable queues, those without series of their own included."),
		totals:   newTotals(),
		messages: gauge("queue_messages", "Messages in a durable queue by state; resting is what was given back with a delay, delayed what was never handed out.", "queue", "state"),
		bytes:    gauge("queue_bytes", "Bytes of a durable queue's messages, properties included.", "queue"),
		age:      gauge("queue_oldest_message_age_seconds", "Time since the oldest message of a durable queue was sent; 0 when it is empty.", "queue"),

		noisyGroups: gauge("queue_noisy_groups", "Groups of a durable queue with fair groups that are noisy; ApproximateNumberOfNoisyGroups of CloudWatch.", "queue"),
		quiet: gauge("queue_quiet_messages", "Messages in a durable queue with fair groups that are not of noisy groups, by state; "+
			"ApproximateNumberOfMessagesVisibleInQuietGroups (ready), …DelayedInQuietGroups and …NotVisibleInQuietGroups (leased) of CloudWatch; what rests is in delayed here.", "queue", "state"),
	}
}

func newTotals() []total {
	count := func(name, help string, read func(queuecore.Totals) uint64) total {
		return total{prometheus.NewDesc("sluice_messages_"+name+"_total", help+" since the start.", nil, nil), read}
	}
	return []total{
		count("sent", "Messages put into queues", func(t queuecore.Totals) uint64 { return t.Sent }),
		count("duplicate", "Sends that a queue knew already by their dedup id", func(t queuecore.Totals) uint64 { return t.Duplicate }),
		count("delivered", "Messages handed out, the first time or again", func(t queuecore.Totals) uint64 { return t.Delivered }),
		count("redelivered", "Messages handed out again", func(t queuecore.Totals) uint64 { return t.Redelivered }),
		count("acked", "Messages settled by their receivers", func(t queuecore.Totals) uint64 { return t.Acked }),
		count("nacked", "Messages given back by their receivers", func(t queuecore.Totals) uint64 { return t.Nacked }),
		count("expired", "Messages that came to their time before a receiver", func(t queuecore.Totals) uint64 { return t.Expired }),
		count("dead_lettered", "Messages given up", func(t queuecore.Totals) uint64 { return t.DeadLettered }),
		count("dropped", "Messages dropped to keep a queue within its bounds", func(t queuecore.Totals) uint64 { return t.Dropped }),
	}
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.up, c.refusing, c.queues, c.messages, c.bytes, c.age, c.noisyGroups, c.quiet} {
		out <- d
	}
	for _, t := range c.totals {
		out <- t.desc
	}
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	p, b := c.health.get()
	up := 0.0
	if p == serving && b.Err() == nil {
		up = 1
	}
	out <- prometheus.MustNewConstMetric(c.up, prometheus.GaugeValue, up)
	if b == nil {
		return
	}
	c.collectRefusing(b.Err(), out)
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	err := errors.Join(c.collectTotals(ctx, b, out), c.collectQueues(ctx, b, out))
	if err != nil && p == serving {
		c.log.Warn("metrics are incomplete", "err", err)
	}
}

func (c *collector) collectRefusing(err error, out chan<- prometheus.Metric) {
	full := errors.Is(err, queuecore.ErrNoSpace)
	for reason, holds := range map[string]bool{
		"disk_full":    full,
		"store_failed": errors.Is(err, queuecore.ErrUnavailable) && !full,
	} {
		v := 0.0
		if holds {
			v = 1
		}
		out <- prometheus.MustNewConstMetric(c.refusing, prometheus.GaugeValue, v, reason)
	}
}

func (c *collector) collectTotals(ctx context.Context, b *queuecore.Broker, out chan<- prometheus.Metric) error {
	all, err := b.Totals(ctx)
	if err != nil {
		return err
	}
	for _, t := range c.totals {
		out <- prometheus.MustNewConstMetric(t.desc, prometheus.CounterValue, float64(t.read(all)))
	}
	return nil
}

// collectQueues tells of the first queues by name: that choice stays the same from
// scrape to scrape. Transient queues come and go with their sessions and would
// leave a heap of series behind. The first error ends it.
func (c *collector) collectQueues(ctx context.Context, b *queuecore.Broker, out chan<- prometheus.Metric) error {
	durable := slices.DeleteFunc(b.Queues(""), func(q queuecore.QueueInfo) bool { return q.Config.Transient })
	out <- prometheus.MustNewConstMetric(c.queues, prometheus.GaugeValue, float64(len(durable)))
	readers, ctx := errgroup.WithContext(ctx)
	readers.SetLimit(readersPerScrape)
	for _, q := range durable[:min(c.max, len(durable))] {
		// Ends with its answer or ctx; Wait below waits for it.
		readers.Go(func() error { return c.guard.Run(func() error { return c.readQueue(ctx, b, &q, out) }) })
	}
	return readers.Wait()
}

func (c *collector) readQueue(ctx context.Context, b *queuecore.Broker, q *queuecore.QueueInfo, out chan<- prometheus.Metric) error {
	s, err := b.Stats(ctx, q.Name)
	if errors.Is(err, queuecore.ErrNotFound) {
		return nil // deleted since the list was made
	}
	if err == nil {
		c.collectQueue(q, s, out)
	}
	return err
}

func (c *collector) collectQueue(q *queuecore.QueueInfo, s queuecore.Stats, out chan<- prometheus.Metric) {
	name := strings.ToValidUTF8(q.Name, "\uFFFD") // all that a label can hold
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, append([]string{name}, labels...)...)
	}
	gauge(c.messages, float64(s.Ready), "ready")
	gauge(c.messages, float64(s.Delayed-s.Resting), "delayed")
	gauge(c.messages, float64(s.Resting), "resting")
	gauge(c.messages, float64(s.Leased), "leased")
	gauge(c.messages, float64(s.Parked), "parked")
	gauge(c.bytes, float64(s.Bytes))
	var age time.Duration
	if !s.OldestSentAt.IsZero() {
		age = max(0, time.Since(s.OldestSentAt))
	}
	gauge(c.age, age.Seconds())
	if !q.Config.FairGroups {
		return
	}
	gauge(c.noisyGroups, float64(s.Fair.NoisyGroups))
	gauge(c.quiet, float64(s.Fair.QuietReady), "ready")
	gauge(c.quiet, float64(s.Fair.QuietDelayed), "delayed")
	gauge(c.quiet, float64(s.Fair.QuietLeased), "leased")
}

// liveHeap is what the last collection found in use. The heap as it is at a moment has
// garbage in it, up to as much again.
func liveHeap() collectors.GoRuntimeMetricsRule {
	return collectors.GoRuntimeMetricsRule{Matcher: regexp.MustCompile(`^/gc/heap/live:bytes$`)}
}
