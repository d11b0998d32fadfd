package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
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
	constantServer = "constant"
)

// The access key of the benchmarks; the secret comes by the environment.
const (
	keyID     = "BENCH"
	secretEnv = "SLUICE_BENCH_SECRET"
)

// RunChild is a server in a process of its own: args are which one, the directory
// of its store, and a file for a profile of its processor time or nothing. Its
// first line on out is its address. For each line of in, which is a question, it
// writes its usage. It stops when in ends.
func RunChild(ctx context.Context, args []string, in io.Reader, out io.Writer) error {
	if len(args) != 3 {
		return fmt.Errorf("%s: want a server, a directory and a profile", ChildVerb)
	}
	open := map[string]func(context.Context, string) (string, func() error, error){
		sqsServer: openSQS, constantServer: openConstant,
	}[args[0]]
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
	c.DataDir = dir
	c.STOMPAddr, c.NATSAddr, c.SQSAddr, c.AdminAddr = "", "", "127.0.0.1:0", ""
	c.AccessKeys = []config.AccessKey{{ID: keyID, Secret: "env:" + secretEnv, User: "bench"}}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	h, err := bridge.Open(ctx, c, log)
	if err != nil {
		return "", nil, err
	}
	return h.Addrs().SQS, func() error { return h.Close(context.WithoutCancel(ctx)) }, nil
}

// constantAnswer is as long as the answer to SendMessage.
const constantAnswer = `{"MessageId":"01893b7e-9c5f-7000-8000-000000000000","MD5OfMessageBody":"d41d8cd98f00b204e9800998ecf8427e"}`

// openConstant is the least that a server of net/http can do for a call of SQS: it
// reads the body and answers with a constant, under the same headers.
func openConstant(ctx context.Context, _ string) (addr string, stop func() error, err error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	s := &http.Server{Handler: http.HandlerFunc(answerConstant)}
	served := make(chan error, 1)
	// Ends with Close in stop.
	go func() { served <- s.Serve(l) }()
	stop = func() error {
		err := s.Close()
		if served := <-served; !errors.Is(served, http.ErrServerClosed) {
			err = errors.Join(err, served)
		}
		return err
	}
	return l.Addr().String(), stop, nil
}

func answerConstant(w http.ResponseWriter, r *http.Request) {
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return // the client is gone
	}
	h := w.Header()
	h["Content-Type"] = []string{"application/x-amz-json-1.0"}
	h["X-Amzn-Requestid"] = []string{"01893b7e-9c5f-7000-8000-000000000000"}
	_, _ = io.WriteString(w, constantAnswer) // the client counts what it gets
}
