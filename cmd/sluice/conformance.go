package main

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"time"

	"github.com/spf13/cobra"

	"github.com/sluicemq/sluice/bridge/conformance/stomp"
)

// conformanceCommand is sluice conformance.
func conformanceCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "conformance",
		Short: "Hold a running server, of whatever make, to the standard that it speaks",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(stompConformanceCommand())
	return c
}

func stompConformanceCommand() *cobra.Command {
	var o stomp.Options
	var secure tlsFlags
	var asJSON, list bool
	c := &cobra.Command{
		Use:   "stomp",
		Short: "Check a STOMP server against STOMP 1.0, 1.1 and 1.2, on the wire",
		Long: `Stomp connects to a server and checks, sentence by sentence, what the standard
says of one. It sends and receives in queues of its own, called by the prefix and a
random name; they are left behind, without messages. It prints a table and, for whatever did not
pass, the sentence, what was sent, what should have come and what came.

A MUST that is broken fails, a SHOULD that is not followed deviates, what a server
may do and does not is skipped. The exit code is 1 when something failed.`,
		Args: exactly(0),
		RunE: func(c *cobra.Command, _ []string) error {
			if list {
				for _, id := range stomp.IDs() {
					fmt.Fprintln(c.OutOrStdout(), id)
				}
				return nil
			}
			var err error
			if o.TLS, err = secure.config(); err != nil {
				return err
			}
			return runStompConformance(c, o, asJSON)
		},
	}
	f := c.Flags()
	f.SortFlags = false
	f.StringVar(&o.Addr, "addr", "127.0.0.1:61613", "`host:port` of the server")
	secure.add(f)
	f.StringVar(&o.Login, "login", "", "login header of CONNECT")
	f.StringVar(&o.Passcode, "passcode", "", "passcode header of CONNECT")
	f.StringVar(&o.Host, "host", "", "virtual `host` (the host of --addr; / for RabbitMQ)")
	f.StringVar(&o.Prefix, "destination-prefix", "/queue/conformance-", "what the names of queues begin with")
	f.StringSliceVar(&o.Versions, "versions", []string{"1.0", "1.1", "1.2"}, "of the standard")
	f.StringSliceVar(&o.Only, "only", nil, "checks to run, or how their ids begin, as ack. or receipts.order")
	f.DurationVar(&o.Timeout, "timeout", 10*time.Second, "of each check; those of heart-beats take longer")
	f.DurationVar(&o.Grace, "grace", 300*time.Millisecond, "how long nothing must come where nothing may")
	f.IntVar(&o.Parallel, "parallel", 8, "checks at the same time")
	f.BoolVar(&asJSON, "json", false, "print the result as one line of JSON")
	f.BoolVar(&list, "list", false, "print the ids of the checks, and check nothing")
	return c
}

func runStompConformance(c *cobra.Command, o stomp.Options, asJSON bool) error {
	ctx, stop := signal.NotifyContext(c.Context(), os.Interrupt)
	defer stop()
	report, err := stomp.Run(ctx, o)
	if report == nil {
		return err
	}
	write := report.WriteTable
	if asJSON {
		write = report.WriteJSON
	}
	return errors.Join(err, write(c.OutOrStdout()), report.Err())
}
