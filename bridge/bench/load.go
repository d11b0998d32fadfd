package bench

import "time"

// loadFigures is messages a second, and the microseconds of processor time that the
// server's process uses for each while the phase lasts.
type loadFigures struct{ rate, cpu []float64 }

func (p *loadFigures) add(messages int64, took, cpu time.Duration) {
	p.rate = append(p.rate, float64(messages)/took.Seconds())
	if cpu > 0 {
		p.cpu = append(p.cpu, cpu.Seconds()*1e6/float64(messages))
	}
}

func (p *loadFigures) report(r *Report, name string) {
	r.figure(name, "1/s", target{}, p.rate...)
	if len(p.cpu) == len(p.rate) {
		r.figure(name+".cpu", "µs/message", target{}, p.cpu...)
	}
}

// compare reports p by q.
func (p *loadFigures) compare(r *Report, q *loadFigures, name string, least float64) {
	t := target{}
	if least > 0 {
		t = atLeast(least)
	}
	r.figure(name, "x", t, divided(p.rate, q.rate)...)
	if len(p.cpu) == len(p.rate) && len(q.cpu) == len(q.rate) {
		r.figure(name+".cpu", "x", target{}, divided(p.cpu, q.cpu)...)
	}
}

// percentiles of latencies, in microseconds.
type percentiles struct{ p50, p99, p999, worst []float64 }

func (p *percentiles) add(took []time.Duration) {
	p.p50, p.p99 = append(p.p50, quantile(took, 0.5)), append(p.p99, quantile(took, 0.99))
	p.p999, p.worst = append(p.p999, quantile(took, 0.999)), append(p.worst, quantile(took, 1))
}

func (p *percentiles) report(r *Report, name string) {
	if len(p.p50) == 0 {
		return
	}
	r.figure(name+".p50", "µs", target{}, p.p50...)
	r.figure(name+".p99", "µs", target{}, p.p99...)
	r.figure(name+".p99.9", "µs", target{}, p.p999...)
	r.figure(name+".max", "µs", target{}, p.worst...)
}
