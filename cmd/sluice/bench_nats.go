package main

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/sluicemq/sluice/bridge/bench"
)

const benchNATSLong = `Producers publish and wait for each PubAck; then with a window of publishes under
way; consumers take what was published with Consume, with Fetch and from a push
consumer, and ack each message; then messages come at an even rate, and how long
one takes to its PubAck and to a consumer is told in percentiles. A server that
refuses push consumers is measured without, and the reason is printed.

Without --url a Sluice is started in a process of its own and measured. With
--url it is the server with JetStream there, of whatever make, and with --compare
both, in turn, round by round, with their ratios. The flags from --url to --pid are for
that server. The client is nats.go in this process; what it uses for a message is told
beside what the server does.

The stream is a work queue in files with a name of its own, deleted afterwards.`

// benchNATSFlags are what is not in the options themselves.
type benchNATSFlags struct {
	other   bench.NATSTarget
	compare bool
}

func benchNATSCommand() *cobra.Command {
	var o bench.NATSOptions
	var x benchNATSFlags
	c := &cobra.Command{
		Use:   "nats",
		Short: "A server with JetStream: publishes, consume and ack, latencies; alone, or another one beside Sluice",
		Long:  benchNATSLong,
		Args:  exactly(0),
		RunE:  func(c *cobra.Command, _ []string) error { return runBenchNATS(c, o, x) },
	}
	f := c.Flags()
	f.SortFlags = false
	x.add(f)
	dirFlag(f, &o.Dir)
	f.IntVar(&o.Producers, "producers", 4, "connections that publish")
	f.IntVar(&o.Consumers, "consumers", 4, "connections that take and ack")
	f.IntSliceVar(&o.Sizes, "size", []int{128, 1024}, "sizes of bodies, in bytes")
	f.IntVar(&o.Window, "window", 4000, "publishes of one producer that are not confirmed; nats.go has 4000 by itself")
	f.IntVar(&o.Batch, "batch", 500, "messages that one consumer asks for at once")
	f.IntVar(&o.Messages, "messages", 100_000, "messages of each phase but the synchronous one")
	f.IntVar(&o.SyncMessages, "sync-messages", 4000, "messages of the synchronous phase, over all producers")
	f.IntVar(&o.Rounds, "rounds", 3, "rounds; figures are medians")
	f.Float64Var(&o.Rate, "rate", 1000, "messages a second of the even load (0: no latencies)")
	f.DurationVar(&o.LatencyFor, "latency-for", 5*time.Second, "how long the even load lasts in each round")
	f.Float64Var(&o.AsyncTarget, "async-target", 0, "what the ratio of asynchronous publishes should be at least, with --compare (0: nothing)")
	f.Float64Var(&o.TakeTarget, "consume-target", 0, "what the ratio of consume and ack should be at least, with --compare (0: nothing)")
	return c
}

func (x *benchNATSFlags) add(f *pflag.FlagSet) {
	f.StringVar(&x.other.URL, "url", "", "`URL` of a server with JetStream, nats://[user:password@]host:port (a Sluice is started)")
	f.StringVar(&x.other.Name, "name", "server", "what it is called in the figures")
	f.StringVar(&x.other.Credentials, "creds", "", "`file` with credentials, a JWT and a seed")
	f.IntVar(&x.other.PID, "pid", 0, "its process on this machine, to tell its processor time (Linux)")
	f.BoolVar(&x.compare, "compare", false, "measure a Sluice in turn with it")
}

// targets are the servers to measure.
func (x *benchNATSFlags) targets() ([]bench.NATSTarget, error) {
	own := bench.NATSTarget{Name: "sluice"}
	switch {
	case x.other.URL == "" && x.compare:
		return nil, errors.New("--compare needs --url, the server to compare with")
	case x.other.URL == "":
		return []bench.NATSTarget{own}, nil
	case x.compare:
		return []bench.NATSTarget{own, x.other}, nil
	}
	return []bench.NATSTarget{x.other}, nil
}

// runBenchNATS has its Sluice run in a process of this program. The profile is of that.
func runBenchNATS(c *cobra.Command, o bench.NATSOptions, x benchNATSFlags) (err error) {
	if o.Targets, err = x.targets(); err != nil {
		return err
	}
	foreign := ""
	if !x.compare && x.other.URL != "" {
		foreign = "--url"
	}
	if o.Program, o.Profile, err = ownProcess(c, foreign); err != nil {
		return err
	}
	return printed(c, func(ctx context.Context, r *bench.Report) error { return bench.NATS(ctx, r, o) })
}
