package queuecore_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/store"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
)

// dyingEnv says to the test's own program what is to panic in it.
const dyingEnv = "SLUICE_TEST_DYING"

// A panic on the core's own goroutines is nobody's to recover: the process says so and ends.
func TestPanicOfTheCoreEndsTheProcess(t *testing.T) {
	if who := os.Getenv(dyingEnv); who != "" {
		die(t, who)
		return
	}
	for _, who := range []string{"loop", "writer"} {
		t.Run(who, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestPanicOfTheCoreEndsTheProcess$")
			cmd.Env = append(os.Environ(), dyingEnv+"="+who)
			var out, errOut bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &errOut
			var exit *exec.ExitError
			if err := cmd.Run(); !errors.As(err, &exit) || exit.ExitCode() != 2 {
				t.Fatalf("ended with %v, want status 2", err)
			}
			for _, want := range []string{"panic in the core: the process ends", "in=" + who, "panic: " + who + " explodes", "queuecore.(*" + who + ")"} {
				if !strings.Contains(errOut.String(), want) {
					t.Errorf("not said: %q in\n%s", want, &errOut)
				}
			}
			if strings.Contains(out.String(), "confirmed") {
				t.Errorf("went on:\n%s", &out)
			}
		})
	}
}

// die sends a message to a broker whose loop or writer panics with it.
func die(t *testing.T, who string) {
	o := &queuecore.Options{Log: slog.New(slog.NewTextHandler(os.Stderr, nil))}
	s := &dyingStore{Store: memstore.New()}
	var sent atomic.Bool
	o.Now = func() time.Time {
		if sent.Load() && who == "loop" && bytes.Contains(debug.Stack(), []byte("(*loop)")) {
			panic("loop explodes")
		}
		return time.Now()
	}
	b, err := queuecore.Open(context.Background(), s, o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.CreateQueue(t.Context(), "q", queuecore.QueueConfig{}); err != nil {
		t.Fatal(err)
	}
	sent.Store(true)
	s.dies.Store(who == "writer")
	_, err = b.Send(t.Context(), &queuecore.Message{Destination: queuecore.QueueNamed("q"), Body: []byte("x")})
	_, _ = os.Stdout.WriteString("confirmed\n")
	t.Log(err)
}

type dyingStore struct {
	store.Store
	dies atomic.Bool
}

func (s *dyingStore) Write(b *store.Batch) error {
	if s.dies.Load() {
		panic("writer explodes")
	}
	return s.Store.Write(b)
}
