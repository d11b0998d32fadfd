package soak

import (
	"bufio"
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Sample is one look at the server. Sizes are in bytes; what the system does not
// tell is 0.
type Sample struct {
	At          time.Duration // since the even load began
	RSS         float64       // all that is resident, pages of mapped files included
	Own         float64       // resident and the process's own
	Heap        float64       // live objects and those that are not collected yet
	Live        float64       // what the last collection left
	Goroutines  float64
	Descriptors float64
	Disk        float64 // files of the store, holes not counted
	Depth       float64 // messages in all queues
	Rate        float64 // messages acked a second since the look before
	Latency     Latency // of confirmed sends since the look before
}

// Latency is how long the sends of a turn took, from the first until all were confirmed.
type Latency struct{ P50, P99, Max time.Duration }

// latencies collects what all workers measure.
type latencies struct {
	mu   sync.Mutex // guards what follows
	took []time.Duration
}

func (l *latencies) add(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.took = append(l.took, d)
}

// take returns what came since the last time.
func (l *latencies) take() (x Latency) {
	l.mu.Lock()
	took := l.took
	l.took = nil
	l.mu.Unlock()
	if len(took) == 0 {
		return x
	}
	slices.Sort(took)
	at := func(q float64) time.Duration { return took[min(int(q*float64(len(took))), len(took)-1)] }
	return Latency{P50: at(0.5), P99: at(0.99), Max: at(1)}
}

// watcher looks at a server from outside.
type watcher struct {
	server *Server
	client *http.Client
	acked  float64 // at the last look
	when   time.Time
}

func newWatcher(s *Server) *watcher {
	return &watcher{server: s, client: &http.Client{Timeout: turnPatience}}
}

func (w *watcher) look(ctx context.Context) (Sample, error) {
	m, err := w.scrape(ctx)
	if err != nil {
		return Sample{}, fmt.Errorf("metrics: %w", err)
	}
	now := time.Now()
	s := Sample{Goroutines: m["go_goroutines"], Heap: m["go_memstats_heap_alloc_bytes"], Live: m["go_gc_heap_live_bytes"], Depth: m["sluice_queue_messages"]}
	acked := m["sluice_messages_acked_total"]
	s.Rate = (acked - w.acked) / now.Sub(w.when).Seconds()
	w.acked, w.when = acked, now
	s.RSS, s.Own = residentBytes(w.server.PID)
	s.Descriptors = descriptors(w.server.PID)
	s.Disk, err = diskBytes(w.server.DataDir)
	return s, err
}

// scrape reads /metrics. Series of one name are added up.
func (w *watcher) scrape(ctx context.Context) (map[string]float64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+w.server.Admin+"/metrics", nil)
	if err != nil {
		return nil, err
	}
	resp, err := w.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %s", resp.Status)
	}
	sums := make(map[string]float64)
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		name, value, ok := parseSeries(lines.Text())
		if ok {
			sums[name] += value
		}
	}
	return sums, lines.Err()
}

// parseSeries reads a line name{labels} value.
func parseSeries(line string) (name string, value float64, ok bool) {
	if strings.HasPrefix(line, "#") {
		return "", 0, false
	}
	i := strings.LastIndexByte(line, ' ')
	if i < 0 {
		return "", 0, false
	}
	value, err := strconv.ParseFloat(line[i+1:], 64)
	name, _, _ = strings.Cut(line[:i], "{")
	return name, value, err == nil
}

// residentBytes returns VmRSS and of it what is the process's own; 0 where there is no /proc.
func residentBytes(pid int) (all, own float64) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, 0
	}
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		if len(f) < 2 {
			continue
		}
		kb, _ := strconv.ParseFloat(f[1], 64) // what is no number is not asked for
		switch f[0] {
		case "VmRSS:":
			all = kb * 1024
		case "RssAnon:":
			own = kb * 1024
		}
	}
	return all, own
}

func descriptors(pid int) float64 {
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		return 0
	}
	return float64(len(entries))
}

// diskBytes returns what the files below dir take up. Files come and go meanwhile.
func diskBytes(dir string) (sum float64, err error) {
	err = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			var info fs.FileInfo
			if info, err = d.Info(); err == nil {
				sum += float64(allocated(info))
			}
		}
		if os.IsNotExist(err) {
			return nil
		}
		return err
	})
	return sum, err
}
