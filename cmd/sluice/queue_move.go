package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sluicemq/sluice/bridge/admin"
)

func queueMoveCommand() *cobra.Command {
	var m admin.MoveRequest
	cmd := &cobra.Command{
		Use:   "move --from QUEUE [--to QUEUE] [--selector TEXT] [--rate N]",
		Short: "Begin to move messages to another queue, or dead letters back to theirs",
		Long: `Move begins to move what is ready in a queue to another one or, without --to, each dead
letter back to the queue that it came from. With --selector it takes what the text
matches, in the selector language of JMS, and leaves the rest where it is. Dead letters
have JMS_Sluice_DeadQueue, JMS_Sluice_DeadReason and JMS_Sluice_DeadAttempts as well:

  sluice queue move --from orders-dead --selector "JMS_Sluice_DeadReason = 'attempts' AND region = 'eu'"

The server goes on by itself, also after a restart. "sluice queue moves" shows how far it is.`,
		Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := adminClient(cmd)
			if err != nil {
				return err
			}
			v, err := c.StartMove(cmd.Context(), m)
			if err != nil {
				return err
			}
			return printMove(cmd.OutOrStdout(), &v)
		},
	}
	cmd.Flags().StringVar(&m.From, "from", "", "`queue` to move from")
	cmd.Flags().StringVar(&m.To, "to", "", "`queue` to move to; empty: where each dead letter came from")
	cmd.Flags().StringVar(&m.Selector, "selector", "", "`text` of a selector; empty: everything")
	cmd.Flags().IntVar(&m.Rate, "rate", 0, "at most this `number` of messages a second; 0: no bound")
	_ = cmd.MarkFlagRequired("from") // fails for a flag that is not there
	return cmd
}

func queueMovesCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "moves QUEUE",
		Short: "Show the last moves from a queue, the latest first",
		Args:  exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := adminClient(cmd)
			if err != nil {
				return err
			}
			all, err := c.Moves(cmd.Context(), args[0])
			for i := range all {
				if err := printMove(cmd.OutOrStdout(), &all[i]); err != nil {
					return err
				}
			}
			return err
		},
	}
}

func queueCancelCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "cancel QUEUE ID",
		Short: "End a move; what has been moved stays where it is",
		Args:  exactly(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := adminClient(cmd)
			if err != nil {
				return err
			}
			v, err := c.CancelMove(cmd.Context(), args[0], args[1])
			if err != nil {
				return err
			}
			return printMove(cmd.OutOrStdout(), &v)
		},
	}
}

// printMove prints a move on a line.
func printMove(out io.Writer, v *admin.Move) error {
	var b strings.Builder
	to, total := "their origins", "an unknown number"
	if v.To != "" {
		to = v.To
	}
	if v.Total != nil {
		total = strconv.Itoa(*v.Total)
	}
	fmt.Fprintf(&b, "%s %s: %d of %s moved from %s to %s", v.ID, v.Status, v.Moved, total, v.From, to)
	if v.Selector != "" {
		fmt.Fprintf(&b, " by %q", v.Selector)
	}
	if v.Reason != "" {
		fmt.Fprintf(&b, ": %s", strings.TrimPrefix(v.At+": "+v.Reason, ": "))
	}
	_, err := fmt.Fprintln(out, b.String())
	return err
}
