package bench

import "time"

// natsFigures has one value for each round.
type natsFigures struct {
	sync, async          natsLoad
	consume, fetch, push natsLoad // push: empty where the server refuses it
	syncAck              percentiles
	toAck, toTaker       percentiles
	late                 []float64 // 99th percentile of the generator, in microseconds
}

// natsLoad tells of the clients too.
type natsLoad struct {
	loadFigures
	client []float64 // µs of processor time a message
}

// spent is what some messages took.
type spent struct {
	messages          int
	took, cpu, client time.Duration // cpu is the server's
}

func (s *spent) and(t spent) {
	s.messages += t.messages
	s.took, s.cpu, s.client = s.took+t.took, s.cpu+t.cpu, s.client+t.client
}

func (l *natsLoad) add(s spent) {
	l.loadFigures.add(int64(s.messages), s.took, s.cpu)
	l.client = append(l.client, s.client.Seconds()*1e6/float64(s.messages))
}

func (l *natsLoad) report(r *Report, name string) {
	if len(l.rate) == 0 {
		return
	}
	l.loadFigures.report(r, name)
	r.figure(name+".client.cpu", "µs/message", target{}, l.client...)
}

// compare reports l by m, if both were measured.
func (l *natsLoad) compare(r *Report, m *natsLoad, name string, least float64) {
	if len(l.rate) > 0 && len(m.rate) > 0 {
		l.loadFigures.compare(r, &m.loadFigures, name, least)
	}
}

func (f *natsFigures) note(r *Report, server string, size, round int) {
	r.notef("nats, %d B, %s, round %d: %.0f sync publishes/s, %.0f async, %.0f consume+ack/s, %.0f with fetch",
		size, server, round+1, f.sync.rate[round], f.async.rate[round], f.consume.rate[round], f.fetch.rate[round])
}

func (f *natsFigures) report(r *Report, name string, o *NATSOptions) {
	f.sync.report(r, name+".publish.sync")
	f.syncAck.report(r, name+".publish.sync.latency")
	f.async.report(r, name+".publish.async")
	f.consume.report(r, name+".consume+ack")
	f.fetch.report(r, name+".fetch+ack")
	f.push.report(r, name+".push+ack")
	f.toAck.report(r, name+".latency.puback")
	f.toTaker.report(r, name+".latency.message")
	if o.Rate > 0 {
		r.figure(name+".latency.generator.p99", "µs", target{}, f.late...)
	}
}

func (f *natsFigures) compare(r *Report, g *natsFigures, name string, o *NATSOptions) {
	of := "." + o.Targets[0].Name + "/" + o.Targets[1].Name
	f.sync.compare(r, &g.sync, name+".publish.sync"+of, 0)
	r.figure(name+".publish.sync.latency.p99"+of, "x", target{}, divided(f.syncAck.p99, g.syncAck.p99)...)
	f.async.compare(r, &g.async, name+".publish.async"+of, o.AsyncTarget)
	f.consume.compare(r, &g.consume, name+".consume+ack"+of, o.TakeTarget)
	f.fetch.compare(r, &g.fetch, name+".fetch+ack"+of, 0)
	f.push.compare(r, &g.push, name+".push+ack"+of, 0)
	if len(f.toAck.p99) > 0 {
		r.figure(name+".latency.puback.p99"+of, "x", target{}, divided(f.toAck.p99, g.toAck.p99)...)
		r.figure(name+".latency.message.p99"+of, "x", target{}, divided(f.toTaker.p99, g.toTaker.p99)...)
	}
}
