package main

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/sluicemq/sluice/bridge/bench"
)

const benchSTOMPLong = `Producers send with a receipt for each message, consumers ack each message, and
both at once; then messages come at an even rate, and how long one takes to its
RECEIPT and to a consumer is told in percentiles.

Without --addr a Sluice is started in a process of its own and measured. With
--addr it is the server there, of whatever make, and with --compare both, in turn,
round by round, with their ratios. The flags from --addr to --header are for that server.

The queue is used up: whatever is in it is acked. Artemis takes
activemq.prefetchSize for bytes; --header consumer-window-size:-1 helps.`

// benchSTOMPFlags are what is not in the options themselves.
type benchSTOMPFlags struct {
	other   bench.STOMPTarget
	queue   string
	version string
	compare bool
}

func benchSTOMPCommand() *cobra.Command {
	var o bench.STOMPOptions
	var x benchSTOMPFlags
	c := &cobra.Command{
		Use:   "stomp",
		Short: "A STOMP server: confirmed sends, get and ack, latencies; alone, or another one beside Sluice",
		Long:  benchSTOMPLong,
		Args:  exactly(0),
		RunE:  func(c *cobra.Command, _ []string) error { return runBenchSTOMP(c, o, x) },
	}
	f := c.Flags()
	f.SortFlags = false
	x.add(f)
	dirFlag(f, &o.Dir)
	f.IntVar(&o.Producers, "producers", 4, "connections that send")
	f.IntVar(&o.Consumers, "consumers", 4, "connections that get and ack")
	f.IntVar(&o.Size, "size", 128, "size of bodies, in bytes")
	f.IntVar(&o.Window, "window", 100, "sends of one producer that are not confirmed")
	f.IntVar(&o.Prefetch, "prefetch", 100, "messages of one consumer that are not acked")
	f.IntVar(&o.Messages, "messages", 100_000, "messages of each phase (0: as --for says)")
	f.DurationVar(&o.For, "for", 5*time.Second, "how long producers send in each phase, with --messages 0")
	f.BoolVar(&o.Persistent, "persistent", true, "send persistent:true; Sluice keeps all messages on disk")
	f.IntVar(&o.Rounds, "rounds", 3, "rounds; figures are medians")
	f.Float64Var(&o.Rate, "rate", 1000, "messages a second of the even load (0: no latencies)")
	f.DurationVar(&o.LatencyFor, "latency-for", 5*time.Second, "how long the even load lasts in each round")
	f.Float64Var(&o.SendTarget, "send-target", 0, "what the ratio of sends should be at least, with --compare (0: nothing)")
	f.Float64Var(&o.TakeTarget, "get-target", 0, "what the ratio of get and ack should be at least, with --compare (0: nothing)")
	return c
}

func (x *benchSTOMPFlags) add(f *pflag.FlagSet) {
	f.StringVar(&x.other.Addr, "addr", "", "`host:port` of a STOMP server (a Sluice is started)")
	f.StringVar(&x.other.Name, "name", "server", "what it is called in the figures")
	f.StringVar(&x.other.Login, "login", "", "login header")
	f.StringVar(&x.other.Passcode, "passcode", "", "passcode header")
	f.StringVar(&x.other.Host, "host", "/", "host header; RabbitMQ's virtual host")
	f.IntVar(&x.other.PID, "pid", 0, "its process on this machine, to tell its processor time (Linux)")
	f.StringArrayVar(&x.other.Headers, "header", nil, "`name:value` for SEND and SUBSCRIBE; may be repeated")
	f.BoolVar(&x.compare, "compare", false, "measure a Sluice in turn with it")
	f.StringVar(&x.queue, "queue", "/queue/bench", "destination")
	f.StringVar(&x.version, "version", "1.2", "version of STOMP")
}

// targets are the servers to measure.
func (x *benchSTOMPFlags) targets() ([]bench.STOMPTarget, error) {
	x.other.Queue, x.other.Version = x.queue, x.version
	own := bench.STOMPTarget{Name: "sluice", Host: "/", Version: x.version, Queue: x.queue}
	switch {
	case x.other.Addr == "" && x.compare:
		return nil, errors.New("--compare needs --addr, the server to compare with")
	case x.other.Addr == "":
		return []bench.STOMPTarget{own}, nil
	case x.compare:
		return []bench.STOMPTarget{own, x.other}, nil
	}
	return []bench.STOMPTarget{x.other}, nil
}

// runBenchSTOMP has its Sluice run in a process of this program. The profile is of that.
func runBenchSTOMP(c *cobra.Command, o bench.STOMPOptions, x benchSTOMPFlags) (err error) {
	if o.Targets, err = x.targets(); err != nil {
		return err
	}
	foreign := ""
	if !x.compare && x.other.Addr != "" {
		foreign = "--addr"
	}
	if o.Program, o.Profile, err = ownProcess(c, foreign); err != nil {
		return err
	}
	return printed(c, func(ctx context.Context, r *bench.Report) error { return bench.STOMP(ctx, r, o) })
}
