package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"strings"

	"github.com/spf13/pflag"

	"github.com/sluicemq/sluice/bridge/admin"
	"github.com/sluicemq/sluice/bridge/cert"
	"github.com/sluicemq/sluice/bridge/config"
)

// tlsFlags are how a verb that connects to a server says whom it trusts and who it is.
type tlsFlags struct {
	on            bool
	ca, cert, key string
}

func (t *tlsFlags) add(fs *pflag.FlagSet) {
	fs.BoolVar(&t.on, "tls", false, "connect in TLS; the next three say so, too")
	fs.StringVar(&t.ca, "ca", "", "`file` with the certificates of whom to trust, in PEM; none: whom the system trusts")
	fs.StringVar(&t.cert, "cert", "", "`file` with a certificate to show, in PEM")
	fs.StringVar(&t.key, "key", "", "`file` with its private key")
}

func (t *tlsFlags) given() bool { return t.on || t.ca != "" || t.cert != "" || t.key != "" }

// config returns nil where nobody asks for TLS.
func (t *tlsFlags) config() (*tls.Config, error) {
	if !t.given() {
		return nil, nil
	}
	c, err := cert.Client(t.ca, t.cert, t.key)
	if err != nil {
		return nil, fmt.Errorf("--ca, --cert, --key: %w", err)
	}
	return c, nil
}

// speaks has a client of the admin listener speak TLS if the flags ask for it.
func (t *tlsFlags) speaks(c *admin.Client) error {
	config, err := t.config()
	if config == nil || err != nil {
		return err
	}
	use(c, config)
	return nil
}

func use(c *admin.Client, t *tls.Config) {
	c.TLS, c.HTTP = true, &http.Client{Transport: &http.Transport{TLSClientConfig: t}}
}

// knowsOwn has a client speak TLS to the server of the settings here, if that does. Unless flags say otherwise it is
// known by its own certificate, which is in its file, and called by a name that is in that.
func (t *tlsFlags) knowsOwn(c *admin.Client, settings config.TLS) error {
	if !settings.On() {
		return t.speaks(c)
	}
	client, err := cert.Client(t.ca, t.cert, t.key)
	if err == nil && t.ca == "" {
		err = trustOwn(client, settings.Cert)
	}
	if err != nil {
		return err
	}
	use(c, client)
	return nil
}

func trustOwn(client *tls.Config, path string) error {
	all, err := cert.Read(path)
	if err != nil {
		return fmt.Errorf("admin_tls_cert: %w; or name with --admin where the server is", err)
	}
	client.RootCAs = x509.NewCertPool()
	client.RootCAs.AddCert(all[0])
	if names := all[0].DNSNames; len(names) > 0 {
		client.ServerName = strings.Replace(names[0], "*", "sluice", 1)
	}
	return nil
}
