package main

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/sluicemq/sluice/bridge/auth"
	"github.com/sluicemq/sluice/bridge/config"
	"github.com/sluicemq/sluice/bridge/users"
)

// userCommand is sluice user.
func userCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "user",
		Short: "Change the file of users",
		Long: `User changes the file of users: the one that --users-file names, or else the users_file that
"sluice serve" would have here. A server that runs takes the new file within a second, and cuts off
whose user is gone or whose password is another one now.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.PersistentFlags().String("users-file", "", "`file` of users")
	cmd.AddCommand(userAddCommand(), userPasswdCommand(), userKeyCommand(), userCertCommand(), userRmCommand(), userLsCommand())
	return cmd
}

// usersFile is the file that --users-file names, or else the one of the settings here.
func usersFile(cmd *cobra.Command) (string, error) {
	if path, err := cmd.Flags().GetString("users-file"); err != nil || path != "" {
		return path, err
	}
	c, err := config.Load(cmd.Context(), config.Sources{File: os.Getenv(config.EnvFile), Environ: os.Environ()})
	if err == nil && c.UsersFile == "" {
		err = errors.New("which file? name it with --users-file or SLUICE_USERS_FILE, or name with " + config.EnvFile + " the configuration that has users_file")
	}
	return c.UsersFile, err
}

// edit has change change the file of users, and says what was done.
func edit(cmd *cobra.Command, create bool, done string, change func(*users.Edit) error) error {
	if err := save(cmd, create, change); err != nil {
		return err
	}
	_, err := fmt.Fprintln(cmd.OutOrStdout(), done)
	return err
}

// save has change change the file of users.
func save(cmd *cobra.Command, create bool, change func(*users.Edit) error) error {
	path, err := usersFile(cmd)
	if err != nil {
		return err
	}
	e, err := users.Begin(path, create)
	if err != nil {
		return err
	}
	if err := change(e); err != nil {
		return err
	}
	if err := e.Save(); err != nil {
		return err
	}
	if e.WideOpen() {
		fmt.Fprintf(cmd.ErrOrStderr(), "sluice: everybody on this machine can read %s: chmod o-r\n", path)
	}
	return nil
}

func userAddCommand() *cobra.Command {
	var u users.Added
	var without bool
	cmd := &cobra.Command{
		Use:   "add NAME",
		Short: "Add a user, with a password from the terminal or standard input",
		Long: `Add adds a user, and makes the file if it is not there. It asks for the password on the terminal,
or reads a line of standard input; of it only a hash (argon2id) is kept.`,
		Args: exactly(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			u.Name = args[0]
			if !without {
				if u.Hash, err = newHash(cmd, u.Name); err != nil {
					return err
				}
			}
			return edit(cmd, true, "added "+u.Name, func(e *users.Edit) error { return e.Add(u) })
		},
	}
	cmd.Flags().StringSliceVar(&u.Actions, "action", nil, "what the user may do, of `send,receive,browse,create,delete,purge,admin,create-by-use,redrive`; none: everything")
	cmd.Flags().StringSliceVar(&u.Queues, "queue", nil, "`pattern` of the queues; none: all, and topics")
	cmd.Flags().StringSliceVar(&u.NKeys, "nkey", nil, "public `key` of a NATS client, U…")
	cmd.Flags().StringArrayVar(&u.Certs, "cert", nil, "`name` in his certificates, as sluice user cert has it; may be repeated")
	cmd.Flags().BoolVar(&without, "no-password", false, "the user has none: he has keys")
	return cmd
}

// newHash asks for a new password, and returns the hash of it.
func newHash(cmd *cobra.Command, name string) (string, error) {
	password, err := readPassword(cmd, "Password for "+name+": ", true)
	if err != nil {
		return "", err
	}
	return auth.HashPassword(password)
}

func userPasswdCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "passwd NAME",
		Short: "Give a user another password, from the terminal or standard input",
		Args:  exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			hash, err := newHash(cmd, args[0])
			if err != nil {
				return err
			}
			return edit(cmd, false, "changed the password of "+args[0], func(e *users.Edit) error { return e.SetPassword(args[0], hash) })
		},
	}
}

func userKeyCommand() *cobra.Command {
	var id, file string
	cmd := &cobra.Command{
		Use:   "key NAME --secret-file FILE",
		Short: "Make an access key for SQS, and print its id",
		Long: `Key makes an access key. Its secret goes into a new file that its owner alone can read, which the
file of users names: the server must be able to read it. What is printed is the id of the key.`,
		Args: exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			path, err := filepath.Abs(file)
			if err != nil {
				return err
			}
			if id == "" {
				id = newKeyID()
			}
			if err := saveKey(cmd, args[0], id, path); err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), id)
			return err
		},
	}
	cmd.Flags().StringVar(&file, "secret-file", "", "new `file` for the secret")
	cmd.Flags().StringVar(&id, "id", "", "`id` of the key; none: one is made")
	_ = cmd.MarkFlagRequired("secret-file") // fails for a flag that is not there
	return cmd
}

// saveKey adds a key to the file of users. Its secret goes again if it does not come to be there.
func saveKey(cmd *cobra.Command, name, id, path string) error {
	written := false
	err := save(cmd, false, func(e *users.Edit) (err error) {
		err = addKey(e, name, id, path)
		written = err == nil
		return err
	})
	if err != nil && written && !errors.Is(err, users.ErrReplaced) {
		err = errors.Join(err, os.Remove(path))
	}
	return err
}

// addKey adds a key to the change, and then writes its secret: a server that reads the new
// file of users finds it.
func addKey(e *users.Edit, name, id, path string) error {
	if err := e.AddKey(name, id, config.SecretRef("file:"+path)); err != nil {
		return err
	}
	if _, err := e.Users(); err != nil {
		return err
	}
	return users.WriteSecret(path, newSecret())
}

// newKeyID is as long as those of AWS, and newSecret too.
func newKeyID() string {
	var b [10]byte
	_, _ = rand.Read(b[:]) // never fails
	return "SLUI" + base32.StdEncoding.EncodeToString(b[:])
}

func newSecret() string {
	var b [30]byte
	_, _ = rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}
