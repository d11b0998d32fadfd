package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sluicemq/sluice/bridge/auth"
	"github.com/sluicemq/sluice/bridge/cert"
	"github.com/sluicemq/sluice/bridge/users"
)

func userCertCommand() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "cert NAME [CERTIFICATE ...] [--file FILE]",
		Short: "Let a user log in with a certificate of his own",
		Long: `Cert names a certificate by which a user is known where listeners ask clients for one: by its subject, as
RFC 4514 spells it (CN=anna,O=Example), or an alternative name (dns:a.example.org, email:a@example.org,
uri:spiffe://example.org/a). It must be that name to the letter. With --file the subject is that of the first certificate in
a file in PEM, or its first alternative name if it has no subject. It prints what was added.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			names, err := certificateNames(args[1:], file)
			if err != nil {
				return err
			}
			return edit(cmd, false, strings.Join(names, "\n"), func(e *users.Edit) error { return addCertificates(e, args[0], names) })
		},
	}
	cmd.Flags().StringVar(&file, "file", "", "`file` with the certificate, in PEM")
	return cmd
}

func addCertificates(e *users.Edit, user string, names []string) error {
	for _, name := range names {
		if err := e.AddCertificate(user, name); err != nil {
			return err
		}
	}
	return nil
}

// certificateNames are those that are given, and the first one of a certificate in a file.
func certificateNames(given []string, file string) ([]string, error) {
	if file == "" && len(given) == 0 {
		return nil, errors.New("which certificate? give its subject, or an alternative name, or --file")
	}
	if file == "" {
		return given, nil
	}
	all, err := cert.Read(file)
	if err != nil {
		return nil, err
	}
	names, err := auth.CertificateNames(all[0])
	if err == nil && len(names) == 0 {
		err = errors.New("the certificate has neither a subject nor an alternative name of DNS, mail or URI")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return append(given, names[0]), nil
}
