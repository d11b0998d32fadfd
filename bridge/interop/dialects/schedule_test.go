package dialects_test

import (
	"context"
	"log/slog"
	"strconv"
	"testing"
	"time"

	"github.com/go-stomp/stomp/v3"
	"github.com/go-stomp/stomp/v3/frame"

	"github.com/sluicemq/sluice/bridge/interop/rig"
	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/store/badgerstore"
)

// A server that is killed again and again while messages go out by plans has sent each of them
// as often as its plan says, and no more: every time is one transaction.
func TestPlansSurviveKills(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	bin, err := rig.Build(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	const jobs, repeat, kills = 4, 149, 6
	p := &plannedServer{t: t, bin: bin, dir: t.TempDir()}
	p.start()
	for range jobs {
		p.plan("/queue/out", repeat)
	}
	p.plan("/queue/ticks", queuecore.Forever)
	for range kills {
		p.watch(15)
		p.server.Kill()
		p.start()
	}
	p.collect("/queue/out", jobs, repeat+1)
	p.stop()
	p.nothingLeft("out")
}

// plannedServer is the real program, and a client of its STOMP port.
type plannedServer struct {
	t        *testing.T
	bin, dir string
	server   *rig.Server
	client   *stomp.Conn
}

func (p *plannedServer) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatalf("%v; the server said:\n%s", err, p.server.Log())
	}
}

func (p *plannedServer) start() {
	p.t.Helper()
	var err error
	p.server, err = rig.Start(context.WithoutCancel(p.t.Context()), p.bin, p.dir)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(p.server.Kill)
	p.client, err = stomp.Dial("tcp", p.server.STOMP, rig.PatientSTOMP)
	p.must(err)
}

// stop stops the server in order.
func (p *plannedServer) stop() {
	p.t.Helper()
	p.must(p.client.Disconnect())
	p.must(p.server.Stop())
}

// plan has a message sent every 10 ms, and returns when that is on disk.
func (p *plannedServer) plan(to string, repeat int) {
	p.t.Helper()
	p.must(p.client.Send(to, "text/plain", []byte("x"), stomp.SendOpt.Receipt,
		stomp.SendOpt.Header("AMQ_SCHEDULED_PERIOD", "10"), stomp.SendOpt.Header("AMQ_SCHEDULED_REPEAT", strconv.Itoa(repeat))))
}

// watch returns once n messages have gone out.
func (p *plannedServer) watch(n int) {
	p.t.Helper()
	sub, err := p.client.Subscribe("/queue/ticks", stomp.AckAuto)
	p.must(err)
	for range n {
		p.must((<-sub.C).Err)
	}
}

// collect takes what the plans of so many jobs have sent: each so many messages with ids of
// their own.
func (p *plannedServer) collect(from string, jobs, each int) {
	p.t.Helper()
	sub, err := p.client.Subscribe(from, stomp.AckClientIndividual)
	p.must(err)
	ids, of := make(map[string]bool), make(map[string]int)
	for range jobs * each {
		m := <-sub.C
		p.must(m.Err)
		ids[m.Header.Get(frame.MessageId)] = true
		of[m.Header.Get("scheduledJobId")]++
		p.must(p.client.Ack(m))
	}
	if len(ids) != jobs*each || len(of) != jobs {
		p.t.Errorf("%d different messages of %d jobs", len(ids), len(of))
	}
	for job, n := range of {
		if n != each {
			p.t.Errorf("job %s sent %d messages, want %d", job, n, each)
		}
	}
}

// nothingLeft looks into the store of a stopped server: the queue is empty, and the plans that
// end are over.
func (p *plannedServer) nothingLeft(queue string) {
	p.t.Helper()
	s, err := badgerstore.Open(p.dir, badgerstore.Options{Log: slog.New(slog.DiscardHandler)})
	p.must(err)
	b, err := queuecore.Open(p.t.Context(), s, &queuecore.Options{Log: slog.New(slog.DiscardHandler)})
	p.must(err)
	defer func() { p.must(b.Close()) }()
	stats, err := b.Stats(p.t.Context(), queue)
	p.must(err)
	var jobs []queuecore.Browsed
	for end := time.Now().Add(patience); len(jobs) == 0 && time.Now().Before(end); { // one that fires meanwhile is now and then on no page
		jobs, err = b.Jobs(p.t.Context(), 0, 10)
		p.must(err)
	}
	if stats.Len() != 0 || len(jobs) != 1 || jobs[0].Destination.Name != "ticks" {
		p.t.Errorf("%d messages are left in %s, and %d jobs", stats.Len(), queue, len(jobs))
	}
}
