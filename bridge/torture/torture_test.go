package torture_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sluicemq/sluice/bridge/torture"
	"github.com/sluicemq/sluice/bridge/torture/ledger"
)

var (
	kills = flag.Int("kills", 20, "how often to kill the server")
	sends = flag.Int("sends", 0, "how many sends must have been confirmed")
	seed  = flag.Uint64("seed", 0, "of the kills and of what clients do; 0: a new one")
)

// build compiles the server.
func build(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "sluice")
	out, err := exec.Command("go", "build", "-buildvcs=false", "-o", bin, "github.com/sluicemq/sluice/cmd/sluice").CombinedOutput()
	if err != nil {
		t.Fatalf("building the server: %v: %s", err, out)
	}
	return bin
}

// A server that is killed, at random moments and at each named point, keeps
// its promises.
func TestTorture(t *testing.T) {
	o := torture.Options{
		Binary: build(t), Dir: t.TempDir(), Kills: *kills, Sends: *sends, Seed: *seed, CheckEvery: 5, MaxOpen: 2000, Progress: testLog{t},
	}
	if testing.Short() {
		o.Kills, o.Points = min(*kills, 4), []string{torture.Random, "answer", "load"}
	}
	if o.Seed == 0 {
		o.Seed = uint64(time.Now().UnixNano())
	}
	t.Logf("the same again: -seed %d -kills %d", o.Seed, o.Kills)
	result, err := torture.Run(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	var table strings.Builder
	if err := result.WriteTable(&table); err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + table.String())
	if err := result.Err(); err != nil {
		t.Error(err)
	}
	if result.Killed() < o.Kills || result.Counts.Sent == 0 || result.Counts.Acked == 0 || result.Counts.Units == 0 {
		t.Errorf("%d kills, %+v: too little was done to prove anything", result.Killed(), result.Counts)
	}
	for _, point := range o.Points {
		if result.Kills[point] == 0 {
			t.Errorf("nothing was killed at %s", point)
		}
	}
}

// testLog writes progress to the log of a test.
type testLog struct{ t *testing.T }

func (l testLog) Write(b []byte) (int, error) {
	l.t.Log(strings.TrimSpace(string(b)))
	return len(b), nil
}

func TestOptionsAreChecked(t *testing.T) {
	for _, x := range []struct {
		o    torture.Options
		want string
	}{
		{torture.Options{}, "kills must be 1 or more"},
		{torture.Options{Kills: 1, Points: []string{"nowhere"}}, `no point "nowhere"`},
		{torture.Options{Kills: 1, Dir: "doc.go"}, "doc.go"},
	} {
		if _, err := torture.Run(context.Background(), x.o); err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%+v: %v, want %s", x.o, err, x.want)
		}
	}
}

// A server that cannot be started is told of, with what it said last.
func TestBrokenServer(t *testing.T) {
	bin := filepath.Join(t.TempDir(), "none")
	if _, err := torture.Run(context.Background(), torture.Options{Binary: bin, Dir: t.TempDir(), Kills: 1}); err == nil {
		t.Error("no error without a server")
	}
	if path, err := exec.LookPath("false"); err == nil {
		_, err := torture.Run(context.Background(), torture.Options{Binary: path, Dir: t.TempDir(), Kills: 1})
		if err == nil || !strings.Contains(err.Error(), "before it was ready") {
			t.Errorf("a server that ends at once: %v", err)
		}
	}
}

func TestResult(t *testing.T) {
	x := &torture.Result{Seed: 7, Seconds: 1, Kills: map[string]int{torture.Random: 2, "sync": 1}, Faults: []string{"lost: message 1"}}
	if x.Killed() != 3 || x.Err() != nil {
		t.Errorf("%d kills, %v", x.Killed(), x.Err())
	}
	x.Broken = map[ledger.Promise]int{"lost": 1}
	if err := x.Err(); err == nil || !strings.Contains(err.Error(), "--seed 7") {
		t.Errorf("a lost message: %v", err)
	}
	var table, line bytes.Buffer
	if err := x.WriteTable(&table); err != nil || !strings.Contains(table.String(), "lost: message 1") {
		t.Errorf("%v\n%s", err, &table)
	}
	if err := x.WriteJSON(io.Writer(&line)); err != nil {
		t.Fatal(err)
	}
	var back torture.Result
	if err := json.Unmarshal(line.Bytes(), &back); err != nil || back.Kills["sync"] != 1 || back.Broken["lost"] != 1 {
		t.Errorf("%v: %s", err, &line)
	}
}
