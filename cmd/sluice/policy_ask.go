package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sluicemq/sluice/bridge/config"
	"github.com/sluicemq/sluice/bridge/users"
	"github.com/sluicemq/sluice/queuecore"
)

func policyTestCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "test USER ACTION DESTINATION",
		Short: "Say whether a user may do something, and which statement decides",
		Long: `Test prints allowed or denied, and the statement that decides. DESTINATION is /queue/NAME, /topic/NAME, or
the name of a queue; a topic may have wildcards, as in a subscription: it is allowed if all that it may match is. The
file decides alone: a policy of SQS that a queue has may deny more.`,
		Args: exactly(3),
		RunE: func(cmd *cobra.Command, args []string) error {
			f, err := policies(cmd)
			if err != nil {
				return err
			}
			u, err := users.UserOf(&f, args[0])
			if err != nil {
				return err
			}
			action, ok := users.ActionNamed(config.Action(args[1]))
			if !ok {
				return fmt.Errorf("action %q: it must be one of %s", args[1], actionList())
			}
			d, err := destinationOf(args[2])
			if err != nil {
				return err
			}
			x := users.GrantOf(u).Decide(action, d)
			_, err = fmt.Fprintln(cmd.OutOrStdout(), verdict(x.Allowed, x.By))
			return err
		},
	}
}

func verdict(allowed bool, by string) string {
	switch {
	case by == "":
		return "denied: no statement allows it"
	case allowed:
		return "allowed by " + by
	}
	return "denied by " + by
}

func destinationOf(text string) (queuecore.Destination, error) {
	if topic, ok := strings.CutPrefix(text, "/topic/"); ok {
		if _, err := queuecore.ParsePattern(topic); err != nil {
			return queuecore.Destination{}, fmt.Errorf("topic: %w", err)
		}
		return queuecore.TopicNamed(topic), nil
	}
	queue := strings.TrimPrefix(text, "/queue/")
	if queue == "" || strings.HasPrefix(queue, "/") {
		return queuecore.Destination{}, fmt.Errorf("destination %q: it must be /queue/NAME, /topic/NAME or the name of a queue", text)
	}
	return queuecore.QueueNamed(queue), nil
}
