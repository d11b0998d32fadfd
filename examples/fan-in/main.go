// Command fan-in shows three programs that have never heard of each other filling
// one queue: a till that speaks STOMP, a web shop that speaks Amazon SQS and an app that speaks
// NATS. A warehouse reads all their orders with NATS JetStream.
//
//	go run ./examples/fan-in
//
// It starts a server of its own. To use one that is running, name its addresses:
//
//	go run ./examples/fan-in -stomp 127.0.0.1:61613 -sqs 127.0.0.1:9324 -nats 127.0.0.1:4222
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"log/slog"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sluicemq/sluice/bridge"
	"github.com/sluicemq/sluice/bridge/config"
)

// queue is a STOMP destination, an SQS queue and a JetStream stream at once.
const queue = "orders"

func main() {
	var at bridge.Addrs
	flag.StringVar(&at.STOMP, "stomp", "", "`address` of the STOMP listener")
	flag.StringVar(&at.SQS, "sqs", "", "`address` of the SQS listener")
	flag.StringVar(&at.NATS, "nats", "", "`address` of the NATS listener")
	flag.Parse()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := serveAndRun(ctx, at, os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// serveAndRun starts a server if no address is given.
func serveAndRun(ctx context.Context, at bridge.Addrs, out io.Writer) error {
	if at != (bridge.Addrs{}) {
		return run(ctx, at, out)
	}
	dir, err := os.MkdirTemp("", "fan-in-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	cfg := config.Default()
	cfg.DataDir = dir
	cfg.NATSLimits.LoginTimeout = time.Minute // on a machine that is busy
	cfg.STOMPAddr, cfg.NATSAddr, cfg.SQSAddr, cfg.AdminAddr = "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0", ""
	server, err := bridge.Open(ctx, cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	err = run(ctx, server.Addrs(), out)
	if closing := server.Close(ctx); err == nil {
		err = closing
	}
	return err
}

// run lets the three producers send at the same time, and prints what arrives.
func run(ctx context.Context, at bridge.Addrs, out io.Writer) error {
	w, err := openWarehouse(ctx, at.NATS)
	if err != nil {
		return fmt.Errorf("warehouse: %w", err)
	}
	defer w.close()
	producers, ctx := errgroup.WithContext(ctx)
	producers.Go(func() error { return till(at.STOMP, "2 kg apples") })
	producers.Go(func() error { return webShop(ctx, at.SQS, "1 bicycle") })
	producers.Go(func() error { return app(ctx, at.NATS, "3 books") })
	producers.Go(func() error { return w.read(ctx, 3, out) })
	return producers.Wait()
}
