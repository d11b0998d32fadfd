package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/debug"
	"time"

	"github.com/sluicemq/sluice/bridge"
	"github.com/sluicemq/sluice/bridge/config"
)

// ChildVerb is the first argument of a program that runs RunChild with the rest.
const ChildVerb = "bench-child"

// The servers that a child can be.
const (
	sqsServer      = "sqs"
	stompServer    = "stomp"
	natsServer     = "nats"
	constantServer = "constant" // see plain
	syncedServer   = "synced"
	waitingServer  = "waiting"
)

// opener opens a server, which may keep things in dir.
type opener func(ctx context.Context, dir string) (addr string, stop func() error, err error)

func openerOf(server string) opener {
	switch server {
	case sqsServer:
		return openSQS
	case stompServer:
		return openSTOMP
	case natsServer:
		return openNATS
	case constantServer:
		return openConstant
	case syncedServer:
		return openSynced
	case waitingServer:
		return openWaiting
	}
	return nil
}

// The access key of the benchmarks; the secret comes by the environment.
const (
	keyID     = "BENCH"
	secretEnv = "SLUICE_BENCH_SECRET"
)

// RunChild is a server in a process of its own, or hostile clients (see Hostile). Of a server, args are which one, the directory
// of its store, and a file for a profile of its processor time or nothing. Its
// first line on out is its address. For each line of in, which is a question, it
// writes its usage. It stops when in ends.
func RunChild(ctx context.Context, args []string, in io.Reader, out io.Writer) error {
	if len(args) != 3 {
		return fmt.Errorf("%s: want a server, a directory and a profile", ChildVerb)
	}
	if args[0] == hostileClients {
		return runHostile(args[1], in, out)
	}
	open := openerOf(args[0])
	if open == nil {
		return fmt.Errorf("%s: there is no server %q", ChildVerb, args[0])
	}
	addr, stop, err := open(ctx, args[1])
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(out, addr); err != nil {
		return errors.Join(err, stop())
	}
	return errors.Join(Profile(args[2], func() error { return answerUsage(in, out) }), stop())
}

// usage is what a process has used and holds.
type usage struct {
	CPU      time.Duration // since it began
	Resident float64       // bytes; 0 where the system does not tell
}

// The questions.
const (
	asItIs  = "now"
	settled = "settled" // after a collection, with what is free given back
)

func answerUsage(in io.Reader, out io.Writer) error {
	e := json.NewEncoder(out)
	questions := bufio.NewScanner(in)
	for questions.Scan() {
		if questions.Text() == settled {
			debug.FreeOSMemory()
		}
		if err := e.Encode(usage{cpuTime(), resident(os.Getpid())}); err != nil {
			return err
		}
	}
	return questions.Err()
}

// openSQS is the whole server with SQS as its only port: signatures are verified,
// and it answers when what it answers is on the disk.
func openSQS(ctx context.Context, dir string) (addr string, stop func() error, err error) {
	c := config.Default()
	c.SQSAddr = "127.0.0.1:0"
	c.STOMPAddr, c.NATSAddr, c.AdminAddr = "", "", ""
	c.AccessKeys = []config.AccessKey{{ID: keyID, Secret: "env:" + secretEnv, User: "bench"}}
	h, err := openHouse(ctx, dir, c)
	if err != nil {
		return "", nil, err
	}
	return h.Addrs().SQS, func() error { return h.Close(context.WithoutCancel(ctx)) }, nil
}

// openSTOMP is the whole server with STOMP as its only port.
func openSTOMP(ctx context.Context, dir string) (addr string, stop func() error, err error) {
	c := config.Default()
	c.STOMPAddr = "127.0.0.1:0"
	c.NATSAddr, c.SQSAddr, c.AdminAddr = "", "", ""
	h, err := openHouse(ctx, dir, c)
	if err != nil {
		return "", nil, err
	}
	return h.Addrs().STOMP, func() error { return h.Close(context.WithoutCancel(ctx)) }, nil
}

// openNATS is the whole server with NATS as its only port.
func openNATS(ctx context.Context, dir string) (addr string, stop func() error, err error) {
	c := config.Default()
	c.NATSAddr = "127.0.0.1:0"
	c.STOMPAddr, c.SQSAddr, c.AdminAddr = "", "", ""
	h, err := openHouse(ctx, dir, c)
	if err != nil {
		return "", nil, err
	}
	return h.Addrs().NATS, func() error { return h.Close(context.WithoutCancel(ctx)) }, nil
}

func openHouse(ctx context.Context, dir string, c config.Config) (*bridge.House, error) {
	c.DataDir = dir
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	return bridge.Open(ctx, c, log)
}
