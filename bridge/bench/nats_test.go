package bench_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/sluicemq/sluice/bridge"
	"github.com/sluicemq/sluice/bridge/bench"
	"github.com/sluicemq/sluice/bridge/config"
)

// tinyNATS is enough to run every line once.
func tinyNATS(t *testing.T, targets ...bench.NATSTarget) bench.NATSOptions {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return bench.NATSOptions{
		Program: program, Dir: t.TempDir(), Targets: targets, Producers: 2, Consumers: 3, Sizes: []int{32, 64}, Window: 10, Batch: 10,
		Messages: 301, SyncMessages: 5, Rounds: 1, Rate: 2000, LatencyFor: 50 * time.Millisecond, AsyncTarget: 1e-9,
	}
}

// houseNATS is a whole server in this process.
func houseNATS(t *testing.T) (url string) {
	c := config.Default()
	c.DataDir = t.TempDir()
	c.NATSAddr, c.STOMPAddr, c.SQSAddr, c.AdminAddr = "127.0.0.1:0", "", "", ""
	h, err := bridge.Open(t.Context(), c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return "nats://" + h.Addrs().NATS
}

func TestNATSComparesTwoServers(t *testing.T) {
	o := tinyNATS(t, bench.NATSTarget{Name: "sluice"}, bench.NATSTarget{Name: "other", URL: houseNATS(t)})
	if o.Targets[1].PID = os.Getpid(); !hasProc() {
		o.Targets[1].PID = 0
	}
	wantFigures(t, func(ctx context.Context, r *bench.Report) error { return bench.NATS(ctx, r, o) },
		"nats.32.sluice.publish.sync", "nats.32.sluice.publish.sync.cpu", "nats.32.sluice.publish.sync.latency.p99",
		"nats.32.sluice.publish.async", "nats.32.sluice.publish.async.client.cpu", "nats.32.sluice.consume+ack",
		"nats.64.sluice.fetch+ack", "nats.64.sluice.latency.puback.p50", "nats.64.sluice.latency.message.p99.9",
		"nats.64.sluice.latency.generator.p99", "nats.64.other.publish.async", "nats.64.other.latency.puback.max",
		"nats.32.publish.sync.sluice/other", "nats.32.publish.async.sluice/other", "nats.32.consume+ack.sluice/other",
		"nats.64.fetch+ack.sluice/other", "nats.64.latency.message.p99.sluice/other")
	wantNoStreams(t, o.Targets[1].URL)
	if left, err := os.ReadDir(o.Dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// wantNoStreams wants nothing left on the server.
func wantNoStreams(t *testing.T, url string) {
	t.Helper()
	conn, err := nats.Connect(url, nats.Timeout(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	js, err := jetstream.New(conn, jetstream.WithDefaultTimeout(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	list := js.StreamNames(t.Context())
	for name := range list.Name() {
		t.Errorf("the stream %s is left behind", name)
	}
	if list.Err() != nil {
		t.Error(list.Err())
	}
}

// scriptedNATS is a server that says ok to whoever connects, and to requests what answer makes of
// their subject; "" hangs up.
func scriptedNATS(t *testing.T, answer func(subject string) string) (url string) {
	return "nats://" + listener(t, func(conn net.Conn) { answerNATS(conn, answer) })
}

func answerNATS(conn net.Conn, answer func(subject string) string) {
	defer conn.Close()
	fmt.Fprint(conn, "INFO {\"server_id\":\"x\",\"version\":\"2.12.1\",\"proto\":1,\"headers\":true,\"max_payload\":1048576}\r\n")
	sid := "1"
	for r := bufio.NewScanner(conn); r.Scan(); {
		f := strings.Fields(r.Text())
		switch {
		case len(f) == 0:
		case f[0] == "PING":
			fmt.Fprint(conn, "PONG\r\n")
		case f[0] == "SUB":
			sid = f[len(f)-1]
		case strings.HasSuffix(f[0], "PUB"):
			a := answer(f[1])
			if a == "" {
				return
			}
			fmt.Fprintf(conn, "MSG %s %s %d\r\n%s\r\n", f[2], sid, len(a), a)
		}
	}
}

const madeStream = `{"type":"io.nats.jetstream.api.v1.stream_create_response","config":{"name":"x"}}`

// refuseFrom refuses requests whose subjects begin so; others are well.
func refuseFrom(prefix, why string) func(string) string {
	return func(subject string) string {
		switch {
		case strings.HasPrefix(subject, prefix):
			return why
		case strings.HasPrefix(subject, "$JS.API.CONSUMER.CREATE"):
			return `{"error":{"code":500,"err_code":10012,"description":"none here"}}`
		case strings.HasPrefix(subject, "$JS.API.STREAM.DELETE"):
			return `{"success":true}`
		case strings.HasPrefix(subject, "BENCH"):
			return `{"stream":"x","seq":1}`
		}
		return madeStream
	}
}

// A server that says no, or goes, ends the benchmark with an error that says why.
func TestNATSFailures(t *testing.T) {
	for _, x := range []struct{ name, url, want string }{
		{"nobody listens", "nats://127.0.0.1:1", "x: nats: no servers available"},
		{"another protocol", "nats://" + greeter(t), "NATS server x: "},
		{"no stream", scriptedNATS(t, refuseFrom("$JS.API.STREAM.CREATE", `{"error":{"code":503,"err_code":10039,"description":"not enabled"}}`)), "no stream: *not enabled"},
		{"a publish", scriptedNATS(t, refuseFrom("BENCH", `{"error":{"code":503,"err_code":10077,"description":"disk full"}}`)), "synchronous publishes: *disk full"},
		{"gone at a publish", scriptedNATS(t, refuseFrom("BENCH", "")), "synchronous publishes: "},
		{"a consumer", scriptedNATS(t, refuseFrom("$JS.API.CONSUMER", `{"error":{"code":500,"err_code":10012,"description":"no consumers"}}`)), "consume+ack: *no consumers"},
	} {
		t.Run(x.name, func(t *testing.T) {
			err := bench.NATS(t.Context(), bench.NewReport(io.Discard, io.Discard), tinyNATS(t, bench.NATSTarget{Name: "x", URL: x.url}))
			if err == nil || !like(err.Error(), x.want) {
				t.Errorf("want %q, got %v", x.want, err)
			}
		})
	}
}

// greeter greets as servers of mail do.
func greeter(t *testing.T) (addr string) {
	return listener(t, func(conn net.Conn) {
		_, _ = conn.Write([]byte("220 mail\r\n")) // a client may have hung up
		_ = conn.Close()
	})
}

// Where push consumers are refused, the reason is told and the rest is measured.
func TestNATSTellsWhyPushIsSkipped(t *testing.T) {
	var notes strings.Builder
	url := scriptedNATS(t, refuseFrom("BENCH", ""))
	if err := bench.NATS(t.Context(), bench.NewReport(io.Discard, &notes), tinyNATS(t, bench.NATSTarget{Name: "x", URL: url})); err == nil {
		t.Error("a server that hangs up, and no error")
	}
	if !strings.Contains(notes.String(), "no push consumers are measured, since the server refuses them: ") || !strings.Contains(notes.String(), "none here") {
		t.Errorf("told: %s", &notes)
	}
}

// A benchmark that is told to stop does, however long the server thinks.
func TestNATSStops(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	answer := refuseFrom("BENCH", " ")
	url := scriptedNATS(t, func(subject string) string {
		if strings.HasPrefix(subject, "BENCH") {
			cancel(enough)
		}
		return answer(subject)
	})
	err := bench.NATS(ctx, bench.NewReport(io.Discard, io.Discard), tinyNATS(t, bench.NATSTarget{Name: "x", URL: url}))
	if !errors.Is(err, enough) {
		t.Errorf("%v", err)
	}
}

func TestNATSOptionsAreChecked(t *testing.T) {
	for want, change := range map[string]func(*bench.NATSOptions){
		"one server":    func(o *bench.NATSOptions) { o.Targets = nil },
		"window":        func(o *bench.NATSOptions) { o.Window = 0 },
		"in each phase": func(o *bench.NATSOptions) { o.SyncMessages = 0 },
		"bytes":         func(o *bench.NATSOptions) { o.Sizes = []int{1} },
		"even load":     func(o *bench.NATSOptions) { o.LatencyFor = 0 },
	} {
		o := tinyNATS(t, bench.NATSTarget{Name: "x", URL: "nats://127.0.0.1:1"})
		change(&o)
		err := bench.NATS(t.Context(), bench.NewReport(io.Discard, io.Discard), o)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}
