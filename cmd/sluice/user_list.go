package main

import (
	"cmp"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/sluicemq/sluice/bridge/config"
	"github.com/sluicemq/sluice/bridge/users"
)

func userRmCommand() *cobra.Command {
	var key, certificate string
	cmd := &cobra.Command{
		Use:   "rm NAME [--key ID | --cert CERTIFICATE]",
		Short: "Remove a user, or one of his access keys or certificates",
		Args:  exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if certificate != "" {
				return edit(cmd, false, "removed the certificate "+certificate+" of "+args[0], func(e *users.Edit) error { return e.RemoveCertificate(args[0], certificate) })
			}
			if key != "" {
				return edit(cmd, false, "removed the key "+key+" of "+args[0], func(e *users.Edit) error { return e.RemoveKey(args[0], key) })
			}
			return edit(cmd, false, "removed "+args[0], func(e *users.Edit) error { return e.Remove(args[0]) })
		},
	}
	cmd.Flags().StringVar(&key, "key", "", "`id` of the access key to remove; its secret's file stays")
	cmd.Flags().StringVar(&certificate, "cert", "", "`name` of the certificate to remove, as sluice user ls has it")
	cmd.MarkFlagsMutuallyExclusive("key", "cert")
	return cmd
}

func userLsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "ls",
		Short: "List users and the kinds of their credentials",
		Args:  exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			path, err := usersFile(cmd)
			if err != nil {
				return err
			}
			e, err := users.Begin(path, false)
			if err != nil {
				return err
			}
			all, err := e.Users()
			if err != nil {
				return err
			}
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "NAME\tCREDENTIALS\tACTIONS\tQUEUES")
			for i := range all {
				u := &all[i]
				actions, queues := words(u.Actions), words(u.Queues)
				if u.HasPolicy() {
					actions, queues = "policy", "policy" // which "sluice policy ls" shows
				}
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", u.Name, kinds(u), actions, queues)
			}
			return w.Flush()
		},
	}
}

// kinds says what a user can show, and no more of it than the ids of keys.
func kinds(u *config.User) string {
	var all []string
	if u.Password != "" {
		all = append(all, "password")
	}
	for _, k := range u.AccessKeys {
		all = append(all, "key "+k.ID)
	}
	if n := len(u.Tokens); n > 0 {
		all = append(all, fmt.Sprintf("%d tokens", n))
	}
	if n := len(u.NKeys); n > 0 {
		all = append(all, fmt.Sprintf("%d nkeys", n))
	}
	for _, c := range u.Certificates {
		all = append(all, "certificate "+c)
	}
	return cmp.Or(strings.Join(all, ", "), "none")
}

func words[T ~string](list []T) string {
	all := make([]string, len(list))
	for i, w := range list {
		all[i] = string(w)
	}
	return cmp.Or(strings.Join(all, ","), "all")
}
