package hostile_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sluicemq/sluice/bridge/hostile"
)

// What a server may hold while it is attacked: its memory_target and what is not counted in that.
const (
	memoryTarget  = "256" // MiB
	residentBound = 640 << 20
)

// Every kind of hostility at every port of a real process: whoever means well is answered, nothing
// is lost, memory is bounded, and afterwards nothing is left of it.
func TestHostileClients(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a minute")
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "sluice")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "../../cmd/sluice").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	s, err := hostile.Start(program, dir, os.Stderr, "--memory-target="+memoryTarget, "--stomp-write-timeout=10s")
	if err != nil {
		t.Fatal(err)
	}
	f := &field{t, s, filepath.Join(dir, "data"), nil, hostile.Usage{}}
	defer func() {
		if err := s.Stop(); err != nil {
			t.Error("the server: ", err)
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Minute)
	defer cancel()
	if f.good, err = hostile.NewGood(ctx, s); err != nil {
		t.Fatal(err)
	}
	f.good.Begin(5 * time.Millisecond)
	f.answered(20)
	f.before = f.usage()
	for _, k := range hostile.Kinds() {
		t.Run(k.Name, func(t *testing.T) { (&field{t, s, f.data, f.good, f.before}).withstand(k) })
	}
	f.good.Close()
	f.nothingLost()
}

// field is a server with good clients at work.
type field struct {
	*testing.T
	server *hostile.Server
	data   string // its directory
	good   *hostile.Good
	before hostile.Usage
}

func (f *field) usage() hostile.Usage {
	f.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	u, err := f.server.Usage(ctx)
	if err != nil {
		f.Fatal(err)
	}
	files, err := os.ReadDir(f.data)
	if err != nil {
		f.Fatal(err)
	}
	u.Descriptors -= len(files) // the store has more of them with time, all open
	return u
}

// await asks again and again until something is so.
func (f *field) await(what string, is func() bool) {
	f.Helper()
	end := time.Now().Add(2 * patience)
	for !is() {
		if time.Now().After(end) {
			f.Errorf("waited in vain for: %s", what)
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// answered waits until each good client has had so many more answers.
func (f *field) answered(more int) {
	f.Helper()
	before := f.good.Done()
	f.await("good clients to be answered", func() bool {
		if _, err := f.good.Times(); err != nil {
			f.Fatal(err)
		}
		for dialect, n := range f.good.Done() {
			if n < before[dialect]+more {
				return false
			}
		}
		return true
	})
}

// mustCut are the kinds whose connections the server has to end. A NATS client that has said
// nothing yet is no stranger where nobody needs a password: it is pinged, and ended when it does
// not answer for minutes, as by nats-server. What is churn or a flood ends by itself.
func mustCut(kind, way string) bool {
	switch kind {
	case "half-open":
		return way != "nats"
	case "slow":
		return !strings.HasPrefix(way, "nats")
	case "huge", "malformed":
		return true
	}
	return false
}

// lastWords are what the server says, in the words of each dialect, before it ends a connection for
// what it claims or says.
func lastWords(way string) string {
	switch way {
	case "stomp", "stomp-tls", "stomp-ws":
		return "ERROR"
	case "nats", "nats-ws":
		return "-ERR"
	}
	return "HTTP/1.1 4"
}

func (f *field) withstand(k hostile.Kind) {
	a := k.Start(f.server)
	defer a.Stop()
	for way, tally := range a.Tallies {
		f.await(k.Name+" at "+way, func() bool {
			opened, cut, _ := tally.Counts()
			return opened > 0 && (cut > 0 || !mustCut(k.Name, way))
		})
		if k.Name == "huge" || k.Name == "malformed" {
			f.await(way+" to be told what is wrong", func() bool { return strings.Contains(tally.Words(), lastWords(way)) })
		}
	}
	f.answered(50)
	during := f.usage()
	if during.Resident > residentBound {
		f.Errorf("the server holds %.0f MiB", during.Resident/(1<<20))
	}
	a.Stop()
	for way, tally := range a.Tallies {
		opened, cut, failed := tally.Counts()
		f.Logf("%-10s %5d opened, %5d ended by the server, %d did not come in: %.300s", way, opened, cut, failed, tally.Words())
	}
	var u hostile.Usage
	f.await("everything to be given back", func() bool {
		u = f.usage()
		return u.Connections <= f.before.Connections && u.Descriptors <= f.before.Descriptors+2 && u.Goroutines <= f.before.Goroutines+5
	})
	f.Logf("%.0f MiB, %d goroutines and %d descriptors during, %d and %d after, %d and %d before", during.Resident/(1<<20), during.Goroutines,
		during.Descriptors, u.Goroutines, u.Descriptors, f.before.Goroutines, f.before.Descriptors)
	if u.Panics != 0 {
		f.Errorf("%d panics", u.Panics)
	}
}

// nothingLost wants what was confirmed to be there.
func (f *field) nothingLost() {
	if _, err := f.good.Times(); err != nil {
		f.Error(err)
	}
	done := f.good.Done()
	for queue, want := range map[string]int{hostile.GoodSTOMP: done["stomp"], hostile.GoodNATS: done["nats"], hostile.GoodSQS: 0} {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		n, err := f.server.Waiting(ctx, queue)
		cancel()
		if err != nil || n != want {
			f.Errorf("%d messages in %s, want %d; %v", n, queue, want, err)
		}
	}
}
