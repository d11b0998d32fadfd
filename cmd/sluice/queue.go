package main

import (
	"cmp"
	"fmt"
	"net"
	"os"

	"github.com/spf13/cobra"

	"github.com/sluicemq/sluice/bridge/admin"
	"github.com/sluicemq/sluice/bridge/config"
)

// queueCommand is sluice queue.
func queueCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "queue",
		Short: "Look after the queues of a server",
		Long: `Queue asks the admin listener of a server on this machine, or on another one if it speaks TLS: the one that
--admin names, or else the admin_addr that "sluice serve" would have here. A server with a users_file wants to know
who asks: --user, and his password from the terminal, standard input or --password-file; or a certificate, --cert and --key.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.PersistentFlags().String("admin", "", "`host:port` of the server's admin listener")
	cmd.PersistentFlags().String("user", "", "`name` of a user with the action admin; none: nobody")
	cmd.PersistentFlags().String("password-file", "", "`file` with his password; none: it is asked for")
	new(tlsFlags).add(cmd.PersistentFlags())
	cmd.AddCommand(queueBrowseCommand(), queueMoveCommand(), queueMovesCommand(), queueCancelCommand())
	return cmd
}

// adminClient asks the server that --admin names, or else the one of the settings here, as
// the user that --user names.
func adminClient(cmd *cobra.Command) (*admin.Client, error) {
	c, err := adminServer(cmd)
	if err != nil {
		return nil, err
	}
	c.User, err = cmd.Flags().GetString("user")
	if err == nil && c.User != "" {
		c.Password, err = adminPassword(cmd, c.User)
	}
	return c, err
}

func adminPassword(cmd *cobra.Command, user string) (string, error) {
	path, err := cmd.Flags().GetString("password-file")
	if err != nil || path == "" {
		return readPassword(cmd, "Password of "+user+": ", false)
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	password, err := lineOf(f)
	if err != nil {
		err = fmt.Errorf("%s: there is no password in it", path)
	}
	return password, err
}

// adminServer is the server alone.
func adminServer(cmd *cobra.Command) (*admin.Client, error) {
	t := tlsOf(cmd)
	if addr, err := cmd.Flags().GetString("admin"); err != nil || addr != "" {
		c := &admin.Client{Addr: addr}
		return c, cmp.Or(err, t.speaks(c))
	}
	settings, err := config.Load(cmd.Context(), config.Sources{File: os.Getenv(config.EnvFile), Environ: os.Environ()})
	if err != nil {
		return nil, err
	}
	c := &admin.Client{Addr: loopback(settings.AdminAddr)}
	return c, t.knowsOwn(c, settings.TLS(config.AdminName))
}

// tlsOf reads the flags that a verb has from the one above it.
func tlsOf(cmd *cobra.Command) (t tlsFlags) {
	f := cmd.Flags()
	t.on, _ = f.GetBool("tls") // they are there
	t.ca, _ = f.GetString("ca")
	t.cert, _ = f.GetString("cert")
	t.key, _ = f.GetString("key")
	return t
}

// loopback returns the address on this machine of a listener that has all addresses.
func loopback(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if ip := net.ParseIP(host); err == nil && (host == "" || ip != nil && ip.IsUnspecified()) {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return addr
}
