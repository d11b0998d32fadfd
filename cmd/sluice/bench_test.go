package main_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestBenchPrintsJSON(t *testing.T) {
	profile := filepath.Join(t.TempDir(), "cpu.prof")
	stdout, stderr, code := run(t, nil, "bench", "core", "--messages", "200", "--producers", "4", "--rounds", "1", "--size", "64",
		"--dir", t.TempDir(), "--json", "--cpu-profile", profile)
	var figures []struct{ Name, Unit string }
	if err := json.Unmarshal([]byte(stdout), &figures); err != nil || len(figures) == 0 || code != 0 {
		t.Errorf("%v, exit code %d\n%s\n%s", err, code, stdout, stderr)
	}
	if info, err := os.Stat(profile); err != nil || info.Size() == 0 {
		t.Errorf("the profile: %v, %v", info, err)
	}
}

func TestBenchPrintsTable(t *testing.T) {
	stdout, stderr, code := run(t, nil, "bench", "fanout", "--messages", "200", "--producers", "4", "--rounds", "1", "--size", "64",
		"--dir", t.TempDir())
	if code != 0 || !strings.HasPrefix(stdout, "figure") || !strings.Contains(stdout, "fanout.64.cheaper") {
		t.Errorf("exit code %d\n%s\n%s", code, stdout, stderr)
	}
	_, stderr, code = run(t, nil, "bench", "core", "--rounds", "0")
	if code != 1 || !strings.Contains(stderr, "rounds must be 1 or more") {
		t.Errorf("exit code %d\n%s", code, stderr)
	}
}

// The servers of bench sqs are processes of this program, and the profile is of one of them.
func TestBenchSQS(t *testing.T) {
	profile := filepath.Join(t.TempDir(), "cpu.prof")
	stdout, stderr, code := run(t, nil, "bench", "sqs", "--rounds", "1", "--for", "10ms", "--size", "64", "--connections", "2",
		"--idle", "10", "--idle-for", "10ms", "--backlog", "200", "--dir", t.TempDir(), "--cpu-profile", profile)
	if code != 0 || !strings.Contains(stdout, "\nsqs.64.2.send/constant ") || !strings.Contains(stdout, "\nsqs.idle.10.memory ") {
		t.Errorf("exit code %d\n%s\n%s", code, stdout, stderr)
	}
	if info, err := os.Stat(profile); err != nil || info.Size() == 0 {
		t.Errorf("the profile: %v, %v", info, err)
	}
}

// The Sluice that bench stomp starts is a process of this program, and so is the other
// server here; the profile is of the former.
func TestBenchSTOMP(t *testing.T) {
	profile := filepath.Join(t.TempDir(), "cpu.prof")
	other := serve(t, nil, append(freePorts(), "--data-dir", t.TempDir())...)
	stdout, stderr, code := run(t, nil, "bench", "stomp", "--addr", other.STOMP, "--compare", "--name", "other", "--rounds", "1",
		"--messages", "200", "--rate", "1000", "--latency-for", "20ms", "--get-target", "1e9", "--dir", t.TempDir(), "--cpu-profile", profile)
	other.stop()
	if code != 0 || !strings.Contains(stdout, "\nstomp.other.both ") || !strings.Contains(stdout, "\nstomp.get+ack.sluice/other ") ||
		!strings.Contains(stdout, ">= 1e+09") {
		t.Errorf("exit code %d\n%s\n%s", code, stdout, stderr)
	}
	if info, err := os.Stat(profile); err != nil || info.Size() == 0 {
		t.Errorf("the profile: %v, %v", info, err)
	}
	for _, args := range [][]string{{"--compare"}, {"--addr", other.STOMP, "--cpu-profile", profile}, {"--addr", other.STOMP}} {
		_, stderr, code := run(t, nil, append([]string{"bench", "stomp"}, args...)...)
		if code != 1 || strings.Count(stderr, "\n") != 1 || !strings.HasPrefix(stderr, "sluice: ") {
			t.Errorf("%q: exit code %d, %s", args, code, stderr)
		}
	}
}

// The Sluice that bench nats starts is a process of this program, and so is the other
// server here; the profile is of the former.
func TestBenchNATS(t *testing.T) {
	profile := filepath.Join(t.TempDir(), "cpu.prof")
	other := serve(t, nil, append(freePorts(), "--data-dir", t.TempDir())...)
	stdout, stderr, code := run(t, nil, "bench", "nats", "--url", "nats://"+other.NATS, "--compare", "--name", "other", "--rounds", "1", "--size", "64",
		"--messages", "200", "--sync-messages", "8", "--rate", "1000", "--latency-for", "20ms", "--consume-target", "1e9", "--dir", t.TempDir(), "--cpu-profile", profile)
	other.stop()
	if code != 0 || !strings.Contains(stdout, "\nnats.64.other.publish.async ") || !strings.Contains(stdout, "\nnats.64.consume+ack.sluice/other ") ||
		!strings.Contains(stdout, ">= 1e+09") {
		t.Errorf("exit code %d\n%s\n%s", code, stdout, stderr)
	}
	if info, err := os.Stat(profile); err != nil || info.Size() == 0 {
		t.Errorf("the profile: %v, %v", info, err)
	}
	for _, args := range [][]string{{"--compare"}, {"--url", "nats://" + other.NATS, "--cpu-profile", profile}, {"--url", "nats://" + other.NATS}} {
		_, stderr, code := run(t, nil, append([]string{"bench", "nats"}, args...)...)
		if code != 1 || strings.Count(stderr, "\n") != 1 || !strings.HasPrefix(stderr, "sluice: ") {
			t.Errorf("%q: exit code %d, %s", args, code, stderr)
		}
	}
}

// A soak starts a server, draws what it saw, and leaves no store behind. So short
// a one may fail its server: it ends within the first memory table.
func TestSoak(t *testing.T) {
	dir, results := t.TempDir(), t.TempDir()
	plot, page := filepath.Join(results, "soak.svg"), filepath.Join(results, "soak.md")
	stdout, stderr, code := run(t, nil, "soak", "--for", "1s", "--every", "100ms", "--calibrate", "200ms", "--backlog", "50",
		"--dir", dir, "--plot", plot, "--page", page)
	if code != 0 && !strings.Contains(stderr, "sluice: the server did not stay as it was\n") {
		t.Fatalf("exit code %d\n%s\n%s", code, stdout, stderr)
	}
	for _, name := range []string{plot, page} {
		text, err := os.ReadFile(name)
		if err != nil || !strings.Contains(string(text), "goroutines") {
			t.Errorf("%v in %q", err, text)
		}
	}
	if !strings.Contains(stdout, "resident memory") {
		t.Errorf("no table in %q", stdout)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
