package conformance_test

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sluicemq/sluice/bridge"
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
	cfg := rig.Config()
	cfg.DataDir = t.TempDir()
	cfg.STOMPLimits.HeartBeat = 4 * time.Second // the longest that the kit waits for: either side may be stopped for a while
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
		// A good third of it waits for what does not come, all at once. Who is only late is judged again.
		Timeout: 8 * time.Second, Grace: 500 * time.Millisecond, Parallel: 100,
	})
	if err != nil {
		t.Fatal(err)
	}
	file := known(t, r.Server)
	again(t, broker, file, r)
	stop(t, broker)
	compare(t, file, r)
}

// again judges anew, with time enough for a busy machine, what is otherwise than a file has it: a broker that was only
// late looks as if it had not answered.
func again(t *testing.T, broker *rig.RabbitMQ, file string, r *conformance.Report) {
	t.Helper()
	want, err := os.ReadFile(file)
	if err != nil {
		return // compare says so
	}
	late := make(map[string]bool)
	for i := range r.Results {
		if !strings.Contains(string(want), outcome(&r.Results[i])) {
			late[r.Results[i].ID] = true
		}
	}
	if len(late) == 0 {
		return
	}
	second, err := stomp.Run(t.Context(), stomp.Options{
		Addr: broker.STOMP, Host: "/", Login: "guest", Passcode: "guest", Only: slices.Sorted(maps.Keys(late)),
		Timeout: time.Minute, Grace: 10 * time.Second, Parallel: 32,
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range second.Results {
		same := func(y conformance.Result) bool { return y.ID == x.ID && y.Version == x.Version }
		r.Results[slices.IndexFunc(r.Results, same)] = x
	}
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
	for i := range r.Results {
		b.WriteString(outcome(&r.Results[i]))
	}
	return b.String()
}

func outcome(x *conformance.Result) (line string) {
	return fmt.Sprintf("%s %-33s %-8s %s\n", x.Version, x.ID, x.Outcome, x.Level)
}
