package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sluicemq/sluice/bridge/config"
	"github.com/sluicemq/sluice/bridge/users"
)

// policyCommand is sluice policy.
func policyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "policy",
		Short: "Change and test what users may do",
		Long: `Policy changes the file of users as "sluice user" does. A policy is a list of statements, each of
which allows or denies actions at queues and topics: what one denies is refused, whatever others say, and what none
allows is refused, too. The actions are ` + actionList() + `;
all is every one of them.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.PersistentFlags().String("users-file", "", "`file` of users")
	cmd.AddCommand(policyLsCommand(), policyAddCommand(), policyRmCommand(), policyTestCommand())
	return cmd
}

func actionList() string {
	all := make([]string, 0, len(config.Actions()))
	for _, a := range config.Actions() {
		all = append(all, string(a))
	}
	return strings.Join(all, ", ")
}

// policies returns what is in the file of users.
func policies(cmd *cobra.Command) (f config.Users, err error) {
	path, err := usersFile(cmd)
	if err != nil {
		return f, err
	}
	e, err := users.Begin(path, false)
	if err != nil {
		return f, err
	}
	return e.File()
}

func policyLsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "ls [USER]",
		Short: "List statements, of all users and shared policies or of one user",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			f, err := policies(cmd)
			if err != nil {
				return err
			}
			if len(args) > 0 {
				u, err := users.UserOf(&f, args[0])
				if err == nil {
					listUser(cmd.OutOrStdout(), u)
				}
				return err
			}
			for i := range f.Users {
				listUser(cmd.OutOrStdout(), &f.Users[i])
			}
			for _, p := range f.Policies {
				fmt.Fprintf(cmd.OutOrStdout(), "policy %s\n", p.Name)
				listStatements(cmd.OutOrStdout(), p.Statements)
			}
			return nil
		},
	}
}

func listUser(w io.Writer, u *config.User) {
	fmt.Fprintf(w, "user %s\n", u.Name)
	switch {
	case u.HasPolicy():
	case u.Actions == nil && u.Queues == nil:
		fmt.Fprintln(w, "  no policy: everything is allowed")
	default:
		fmt.Fprintf(w, "  short form: actions %s, queues %s\n", words(u.Actions), words(u.Queues))
	}
	listStatements(w, u.Policy)
	for _, name := range u.Policies {
		fmt.Fprintf(w, "  and policy %s\n", name)
	}
}

func listStatements(w io.Writer, list []config.Statement) {
	for i, s := range list {
		effect := "allow"
		if s.Deny {
			effect = "deny"
		}
		fmt.Fprintf(w, "  %d. %s %s", i+1, effect, words(s.Actions))
		if s.Queues != nil {
			fmt.Fprintf(w, " queues %s", words(s.Queues))
		}
		if s.Topics != nil {
			fmt.Fprintf(w, " topics %s", words(s.Topics))
		}
		fmt.Fprintln(w)
	}
}

func policyAddCommand() *cobra.Command {
	var s users.Statement
	var shared bool
	var use string
	cmd := &cobra.Command{
		Use:   "add NAME (--allow ACTIONS | --deny ACTIONS | --use POLICY)",
		Short: "Add a statement to the policy of a user, or to one that users share",
		Long: `Add adds a statement to the end of the policy of the user NAME, or with --shared of the policy NAME, which
is made if it is not there. Without --queue and --topic it is about all queues and topics. A user who has had
no policy might do everything until then. With --use the user shares a policy from then on.`,
		Args: exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			h := users.Holder{Name: args[0], Shared: shared}
			if use != "" {
				return edit(cmd, false, fmt.Sprintf("%v has policy %q", h, use), func(e *users.Edit) error { return e.Share(h.Name, use, true) })
			}
			return edit(cmd, false, fmt.Sprintf("added a statement to %v", h), func(e *users.Edit) error { return e.AddStatement(h, s) })
		},
	}
	cmd.Flags().StringSliceVar(&s.Allow, "allow", nil, "`actions` that are allowed")
	cmd.Flags().StringSliceVar(&s.Deny, "deny", nil, "`actions` that are denied")
	cmd.Flags().StringSliceVar(&s.Queues, "queue", nil, "`pattern` of queues, in which * is any characters")
	cmd.Flags().StringSliceVar(&s.Topics, "topic", nil, "`pattern` of topics, in which * is one part and > at the end the rest")
	cmd.Flags().BoolVar(&shared, "shared", false, "NAME is a policy that users share")
	cmd.Flags().StringVar(&use, "use", "", "shared `policy` for the user")
	cmd.MarkFlagsOneRequired("allow", "deny", "use")
	cmd.MarkFlagsMutuallyExclusive("allow", "deny", "use")
	cmd.MarkFlagsMutuallyExclusive("shared", "use")
	return cmd
}

func policyRmCommand() *cobra.Command {
	var shared bool
	var use string
	cmd := &cobra.Command{
		Use:   "rm NAME (NUMBER | --use POLICY)",
		Short: "Remove a statement, by the number that ls shows, or a policy that the user shares",
		Args:  cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			h := users.Holder{Name: args[0], Shared: shared}
			if use != "" && len(args) == 1 {
				return edit(cmd, false, fmt.Sprintf("%v does not have policy %q any more", h, use), func(e *users.Edit) error { return e.Share(h.Name, use, false) })
			}
			if use != "" || len(args) == 1 {
				return fmt.Errorf("either the number of a statement or --use: see %s --help", cmd.CommandPath())
			}
			n, err := strconv.Atoi(args[1])
			if err != nil {
				return fmt.Errorf("%q is no number of a statement: see %s --help", args[1], cmd.CommandPath())
			}
			return edit(cmd, false, fmt.Sprintf("removed statement %d of %v", n, h), func(e *users.Edit) error { return e.RemoveStatement(h, n) })
		},
	}
	cmd.Flags().BoolVar(&shared, "shared", false, "NAME is a policy that users share")
	cmd.Flags().StringVar(&use, "use", "", "shared `policy` of the user")
	cmd.MarkFlagsMutuallyExclusive("shared", "use")
	return cmd
}
