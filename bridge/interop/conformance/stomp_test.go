package conformance_test

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/sluicemq/sluice/bridge"
	"github.com/sluicemq/sluice/bridge/config"
	"github.com/sluicemq/sluice/bridge/conformance"
	"github.com/sluicemq/sluice/bridge/conformance/stomp"
	"github.com/sluicemq/sluice/bridge/interop/rig"
)

var rewrite = flag.Bool("rewrite", false, "write the tables of what is known of other servers anew")

// A house of ours keeps to all that the kit checks, does what it may, and deviates
// from nothing: SPEC.md knows of no SHOULD that is not followed.
func TestHouseConforms(t *testing.T) {
	r, err := stomp.Run(t.Context(), stomp.Options{Addr: openHouse(t), Timeout: 5 * time.Minute, Parallel: 16})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range r.Results {
		skip := x.Outcome == conformance.Skipped && x.ID == "connect.credentials" // the house knows no passwords
		if x.Outcome != conformance.Pass && !skip {
			t.Errorf("%s in %s: %s\nsent %q\nexpected %s\ngot %s%s", x.ID, x.Version, x.Outcome, x.Sent, x.Expected, x.Got, x.Why)
		}
	}
	if len(r.Results) < 290 || !strings.HasPrefix(r.Server, "Sluice/") {
		t.Errorf("%d checks of %q", len(r.Results), r.Server)
	}
}

// openHouse serves STOMP from a house in this process, and returns its address.
func openHouse(t *testing.T) string {
	t.Helper()
	cfg := config.Default()
	cfg.DataDir = t.TempDir()
	cfg.STOMPAddr, cfg.NATSAddr, cfg.SQSAddr, cfg.AdminAddr = "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0", ""
	log := &rig.Log{}
	h, err := bridge.Open(t.Context(), cfg, slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := h.Close(ctx); err != nil {
			t.Errorf("closing the house: %v\n%s", err, log)
		}
	})
	return h.Addrs().STOMP
}

// What the kit finds in RabbitMQ 3.10 is what is known of it: the checks see real
// breaches, and pass where another make of server is right.
func TestRabbitMQ(t *testing.T) {
	if testing.Short() || raceDetector {
		t.Skip("short run, or one with the race detector, which sees nothing of another process")
	}
	broker, err := rig.StartRabbitMQ(t.Context(), t.TempDir())
	if rig.MayBeLeftOut(err) {
		t.Skipf("RabbitMQ is left out: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, broker) })
	r, err := stomp.Run(t.Context(), stomp.Options{
		Addr: broker.STOMP, Host: "/", Login: "guest", Passcode: "guest",
		// A good third of it waits for what does not come, all at once, and for as long as an answer may take on a busy machine.
		Timeout: 45 * time.Second, Grace: 500 * time.Millisecond, Parallel: 100,
	})
	if err != nil {
		t.Fatal(err)
	}
	stop(t, broker)
	compare(t, known(t, r.Server), r)
}

// stop ends the broker, and sees to it that nothing of it is left.
func stop(t *testing.T, broker *rig.RabbitMQ) {
	t.Helper()
	if err := broker.Stop(); err != nil {
		t.Error(err)
	}
	if nc, err := net.Dial("tcp", broker.STOMP); err == nil {
		_ = nc.Close()
		t.Errorf("somebody listens on %s still", broker.STOMP)
	}
}

// known is the file with what is known of this version of RabbitMQ, as "RabbitMQ/3.10.8".
func known(t *testing.T, server string) string {
	t.Helper()
	minor := server[:max(0, strings.LastIndexByte(server, '.'))]
	file := fmt.Sprintf("testdata/%s.txt", strings.ToLower(strings.ReplaceAll(minor, "/", "-")))
	if _, err := os.Stat(file); err != nil && !*rewrite {
		t.Skipf("nothing is known of %s: write it down with -rewrite", server)
	}
	return file
}

// compare holds the outcomes to a file.
func compare(t *testing.T, file string, r *conformance.Report) {
	t.Helper()
	got := outcomes(r)
	if *rewrite {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(got, "\n") {
		if !strings.Contains(string(want), line+"\n") && line != "" {
			x := &conformance.Result{}
			if i > 0 {
				x = &r.Results[i-1]
			}
			t.Errorf("not known: %s\nsent %q\nexpected %s\ngot %s%s", line, x.Sent, x.Expected, x.Got, x.Why)
		}
	}
	if n := strings.Count(string(want), "\n"); n != len(r.Results)+1 {
		t.Errorf("%d results, and %d are known: write the table anew with -rewrite", len(r.Results)+1, n)
	}
}

// outcomes is a line for the server, and one for each check.
func outcomes(r *conformance.Report) string {
	b := &strings.Builder{}
	fmt.Fprintf(b, "%s\n", r.Server)
	for _, x := range r.Results {
		fmt.Fprintf(b, "%s %-33s %-8s %s\n", x.Version, x.ID, x.Outcome, x.Level)
	}
	return b.String()
}
