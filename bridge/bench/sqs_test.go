package bench_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/sluicemq/sluice/bridge/bench"
)

// tinySQS is enough to run every line once.
func tinySQS(t *testing.T) bench.SQSOptions {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return bench.SQSOptions{
		Program: program, Dir: t.TempDir(), Sizes: []int{64}, Connections: []int{3}, Rounds: 1, For: 10 * time.Millisecond,
		Idle: 20, IdleFor: 10 * time.Millisecond, Backlog: 400,
	}
}

func TestSQS(t *testing.T) {
	o := tinySQS(t)
	wantFigures(t, func(ctx context.Context, r *bench.Report) error { return bench.SQS(ctx, r, o) },
		"sqs.64.3.constant", "sqs.64.3.constant.cpu", "sqs.64.3.constant.client.cpu", "sqs.64.3.synced",
		"sqs.64.3.send", "sqs.64.3.send.cpu", "sqs.64.3.send/constant", "sqs.64.3.send/synced", "sqs.64.3.send/constant.cpu",
		"sqs.64.3.batch", "sqs.64.3.batch.call.cpu", "sqs.64.3.batch/send", "sqs.64.3.receive+delete", "sqs.64.3.receive+delete.10",
		"sqs.fifo.few-groups.200", "sqs.fifo.few-groups.400", "sqs.fifo.few-groups.long/short", "sqs.fifo.many-groups.long/short",
		"sqs.idle.20.cpu.more", "sqs.idle.20.memory", "sqs.idle.20.memory.all", "sqs.idle.20.memory.plain")
	if left, err := os.ReadDir(o.Dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestSQSOptionsAreChecked(t *testing.T) {
	for want, change := range map[string]func(*bench.SQSOptions){
		"rounds":      func(o *bench.SQSOptions) { o.Rounds = 0 },
		"sizes":       func(o *bench.SQSOptions) { o.Sizes = []int{64, 1} },
		"connections": func(o *bench.SQSOptions) { o.Connections = nil },
		"backlog":     func(o *bench.SQSOptions) { o.Backlog = 1 },
		"idle polls":  func(o *bench.SQSOptions) { o.IdleFor = time.Minute },
	} {
		o := tinySQS(t)
		change(&o)
		err := bench.SQS(t.Context(), bench.NewReport(io.Discard, io.Discard), o)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// A program that is no server, and a child that is told nonsense, end with an error.
func TestChildIsChecked(t *testing.T) {
	for _, args := range [][]string{nil, {"other", "", ""}, {"sqs", t.TempDir(), ""}} {
		if err := bench.RunChild(t.Context(), args, strings.NewReader(""), io.Discard); err == nil {
			t.Errorf("%q: no error", args) // sqs has no secret here
		}
	}
	o := tinySQS(t)
	o.Program = "/nowhere"
	if err := bench.SQS(t.Context(), bench.NewReport(io.Discard, io.Discard), o); err == nil {
		t.Error("a program that is not there, and no error")
	}
}

// A child tells its address, answers questions, and ends with them.
func TestChildAnswers(t *testing.T) {
	for _, server := range []string{"constant", "synced", "waiting"} {
		var out bytes.Buffer
		if err := bench.RunChild(t.Context(), []string{server, t.TempDir(), ""}, strings.NewReader("now\nsettled\n"), &out); err != nil {
			t.Errorf("%s: %v", server, err)
		}
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		if len(lines) != 3 || !strings.HasPrefix(lines[0], "127.0.0.1:") || !strings.Contains(lines[2], `"CPU":`) {
			t.Errorf("%s said %q", server, lines)
		}
	}
}
