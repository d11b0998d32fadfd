package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/sluicemq/sluice/bridge/admin"
)

func queueBrowseCommand() *cobra.Command {
	var selector string
	var limit int
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "browse QUEUE [--selector TEXT] [--limit N]",
		Short: "Show messages of a queue without taking them",
		Long: `Browse shows the messages of a queue, the oldest first and in whatever state, on a line
each: number, state, attempts, id, size, and the beginning of the body. What it shows by a selector is
what "sluice queue move" would take, as far as it is ready. With --json everything is shown.`,
		Args: exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := adminClient(cmd)
			if err != nil {
				return err
			}
			if limit < 1 {
				return fmt.Errorf("--limit is %d: it must be at least 1", limit)
			}
			lines := json.NewEncoder(cmd.OutOrStdout())
			return c.Browse(cmd.Context(), args[0], selector, limit, func(m *admin.Message) error {
				if asJSON {
					return lines.Encode(m)
				}
				_, err := fmt.Fprintln(cmd.OutOrStdout(), messageLine(m))
				return err
			})
		},
	}
	cmd.Flags().StringVar(&selector, "selector", "", "`text` of a selector; empty: everything")
	cmd.Flags().IntVar(&limit, "limit", 20, "how many messages at the most")
	cmd.Flags().BoolVar(&asJSON, "json", false, "a line of JSON for each message")
	return cmd
}

// messageLine is a message in a line; a dead letter says why it is one.
func messageLine(m *admin.Message) string {
	body := fmt.Sprintf("%.60q", m.Body)
	if m.Bytes != nil {
		body = fmt.Sprintf("%.30x", m.Bytes)
	}
	line := fmt.Sprintf("%d %s %d %s %d %s", m.Seq, m.State, m.Attempts, m.ID, m.Size, body)
	if m.Dead != nil {
		line += fmt.Sprintf(" dead: %s in %s", m.Dead.Reason, m.Dead.Queue)
	}
	return line
}
