// Command rabbitmq measures Sluice and Debian's RabbitMQ in turn with "sluice bench stomp --compare",
// on durable classic queues and then on quorum queues, and prints the ratios.
//
//	rabbitmq SLUICE [FLAG ...]     the flags are more of "sluice bench stomp"
//
// RabbitMQ is the one that is installed, or Debian's, which is fetched into the cache directory; nothing is
// installed and nothing needs root. It runs on the loopback, in a directory of its own, which goes away.
//
// In the environment, SLUICE_BENCH_DIR is where the stores of both are, on a real disk ($TMPDIR), and
// SLUICE_BENCH_QUEUES has the kinds of queues to compare with ("classic quorum").
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/sluicemq/sluice/bridge/interop/rig"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "rabbitmq:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) (err error) {
	if len(args) == 0 {
		return errors.New("want the sluice program as the first argument")
	}
	kinds := strings.Fields(cmp.Or(os.Getenv("SLUICE_BENCH_QUEUES"), "classic quorum"))
	for _, kind := range kinds {
		if _, err := flagsOf(kind); err != nil {
			return err
		}
	}
	work, err := os.MkdirTemp(os.Getenv("SLUICE_BENCH_DIR"), "sluice-rabbitmq-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	broker, err := rig.StartRabbitMQ(ctx, filepath.Join(work, "rabbitmq"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, broker.Stop()) }()
	for _, kind := range kinds {
		if err := compare(ctx, broker, work, kind, args); err != nil {
			return err
		}
	}
	return nil
}

// compare measures both, with one kind of queue.
func compare(ctx context.Context, broker *rig.RabbitMQ, work, kind string, args []string) error {
	fmt.Printf("RabbitMQ's %s queue, durable; persistent messages, a receipt for each:\n", kind)
	flags := []string{
		"bench", "stomp", "--compare", "--addr", broker.STOMP, "--name", "rabbitmq-" + kind, "--pid", strconv.Itoa(broker.Pid()),
		"--login", "guest", "--passcode", "guest", "--queue", "/queue/bench-" + kind, "--dir", work,
	}
	more, err := flagsOf(kind)
	if err != nil {
		return err
	}
	flags = append(append(flags, more...), args[1:]...)
	cmd := exec.CommandContext(ctx, args[0], flags...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd.Run()
}

// flagsOf returns the flags for a kind of queue: what the ratios should be, or headers that ask RabbitMQ for it.
func flagsOf(kind string) ([]string, error) {
	switch kind {
	case "classic":
		return []string{"--send-target", "8", "--get-target", "5"}, nil
	case "quorum":
		return []string{"--header", "x-queue-type:quorum", "--header", "durable:true", "--header", "auto-delete:false"}, nil
	}
	return nil, fmt.Errorf("SLUICE_BENCH_QUEUES knows classic and quorum, not %s", kind)
}
