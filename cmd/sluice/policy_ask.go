package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sluicemq/sluice/bridge/auth"
	"github.com/sluicemq/sluice/bridge/config"
	"github.com/sluicemq/sluice/bridge/users"
	"github.com/sluicemq/sluice/queuecore"
)

// notAllowed is the exit code of a test that says denied, and notAsked that of one that could not say.
const (
	notAllowed = 1
	notAsked   = 2
)

func policyTestCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "test USER ACTION DESTINATION",
		Short: "Say whether a user may do something, and which statement decides",
		Long: `Test prints allowed or denied, and the statement that decides. The exit code is 0 when it is allowed, 1 when it
is denied, and 2 when there is no answer: no such user, say. DESTINATION is /queue/NAME, /topic/NAME, or
the name of a queue; a topic may have wildcards, as in a subscription: it is allowed if all that it may match is. The
file decides alone: a policy of SQS that a queue has may deny more.`,
		Args: func(cmd *cobra.Command, args []string) error { return unanswered(exactly(3)(cmd, args)) },
		RunE: func(cmd *cobra.Command, args []string) error {
			x, err := decide(cmd, args[0], args[1], args[2])
			if err != nil {
				return unanswered(err)
			}
			if _, err := fmt.Fprintln(cmd.OutOrStdout(), verdict(x.Allowed, x.By)); err != nil {
				return unanswered(err)
			}
			if !x.Allowed {
				return codedError{errSaid, notAllowed}
			}
			return nil
		},
	}
	cmd.SetFlagErrorFunc(flagUnanswered)
	return cmd
}

// flagUnanswered keeps a mistyped flag apart from the answer no.
func flagUnanswered(cmd *cobra.Command, err error) error {
	return unanswered(fmt.Errorf("%w: see %s --help", err, cmd.CommandPath()))
}

func unanswered(err error) error {
	if err == nil {
		return nil
	}
	return codedError{err, notAsked}
}

// decide asks the file of users.
func decide(cmd *cobra.Command, user, action, destination string) (x auth.Decision, err error) {
	f, err := policies(cmd)
	if err != nil {
		return x, err
	}
	u, err := users.UserOf(&f, user)
	if err != nil {
		return x, err
	}
	a, ok := users.ActionNamed(config.Action(action))
	if !ok {
		return x, fmt.Errorf("action %q: it must be one of %s", action, actionList())
	}
	d, err := destinationOf(destination)
	if err != nil {
		return x, err
	}
	return users.GrantOf(u).Decide(a, d), nil
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
