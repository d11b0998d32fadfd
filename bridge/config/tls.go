package config

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// The listeners by what is spoken there, as settings are called after them. All of one name share
// a certificate.
const (
	STOMPName = "stomp"
	NATSName  = "nats"
	SQSName   = "sqs"
	AdminName = "admin"
)

// ClientAuth says whether clients that speak TLS show a certificate of their own.
type ClientAuth string

// What they may and must show.
const (
	ClientAuthNone     ClientAuth = "none"     // they are not asked
	ClientAuthOptional ClientAuth = "optional" // they may show one, which must be good
	ClientAuthRequired ClientAuth = "required" // who has none, or speaks no TLS, is turned away
)

// SQSPort has SQS clients speak HTTPS, and nothing else, once there is a certificate. Its
// fields are as those of STOMPPort.
type SQSPort struct {
	TLSCert       string     `yaml:"sqs_tls_cert"`
	TLSKey        string     `yaml:"sqs_tls_key"`
	TLSClientCA   string     `yaml:"sqs_tls_client_ca"`
	TLSClientAuth ClientAuth `yaml:"sqs_tls_client_auth"`
}

// AdminPort is the same for the admin listener.
type AdminPort struct {
	TLSCert       string     `yaml:"admin_tls_cert"`
	TLSKey        string     `yaml:"admin_tls_key"`
	TLSClientCA   string     `yaml:"admin_tls_client_ca"`
	TLSClientAuth ClientAuth `yaml:"admin_tls_client_auth"`
}

// TLS is what makes the listeners of a name speak TLS, in files in PEM.
type TLS struct {
	Name      string
	Cert, Key string // "": they do not speak it
	// ClientCA has the certificates of those who vouch for clients.
	ClientCA   string
	ClientAuth ClientAuth
}

// On reports whether there is a certificate.
func (t TLS) On() bool { return t.Cert != "" }

// TLS returns what is set for the listeners of a name.
func (c *Config) TLS(name string) TLS {
	switch name {
	case STOMPName:
		p := &c.STOMPPort
		return TLS{name, p.TLSCert, p.TLSKey, p.TLSClientCA, p.TLSClientAuth}
	case NATSName:
		p := &c.NATSPort
		return TLS{name, p.TLSCert, p.TLSKey, p.TLSClientCA, p.TLSClientAuth}
	case SQSName:
		p := &c.SQSPort
		return TLS{name, p.TLSCert, p.TLSKey, p.TLSClientCA, p.TLSClientAuth}
	}
	p := &c.AdminPort
	return TLS{name, p.TLSCert, p.TLSKey, p.TLSClientCA, p.TLSClientAuth}
}

func (c *Config) checkTLS() error {
	for _, name := range []string{STOMPName, NATSName, SQSName, AdminName} {
		if err := c.TLS(name).check(); err != nil {
			return err
		}
	}
	return c.checkPlainText()
}

func (t TLS) check() error {
	key := t.Name + "_tls_"
	return cmp.Or(
		checkPair(key+"cert", t.Cert, key+"key", t.Key),
		oneOf(key+"client_auth", cmp.Or(t.ClientAuth, ClientAuthNone), ClientAuthNone, ClientAuthOptional, ClientAuthRequired),
		t.checkClients(key),
	)
}

// checkClients refuses what would be taken for a check of clients and is none.
func (t TLS) checkClients(key string) error {
	asks := cmp.Or(t.ClientAuth, ClientAuthNone) != ClientAuthNone
	switch {
	case asks && !t.On():
		return fmt.Errorf("%sclient_auth is %s and %scert is empty: clients show certificates in TLS alone", key, t.ClientAuth, key)
	case asks && t.ClientCA == "":
		return fmt.Errorf("%sclient_auth is %s and %sclient_ca is empty: name the file of the CAs that vouch for clients", key, t.ClientAuth, key)
	case !asks && t.ClientCA != "":
		return fmt.Errorf("%sclient_ca is set and %sclient_auth is none: it must be optional or required, or clients are not asked", key, key)
	}
	return nil
}

// PlainText reports whether the configuration says in words that others may read what is said
// at the listeners of a name.
func (c *Config) PlainText(name string) bool {
	return c.InsecureListen || slices.Contains(words(c.PlainTextListen), name)
}

// checkPlainText refuses words that would do nothing, besides those that are none.
func (c *Config) checkPlainText() error {
	for _, name := range words(c.PlainTextListen) {
		if err := oneOf("a word of plain_text_listen", name, STOMPName, NATSName, SQSName, AdminName); err != nil {
			return err
		}
		switch t := c.TLS(name); {
		case name == STOMPName && t.ClientAuth == ClientAuthRequired:
			return errors.New("plain_text_listen names stomp and stomp_tls_client_auth is required: a client without TLS shows no certificate")
		case name != STOMPName && t.On():
			return fmt.Errorf("plain_text_listen names %s and %s_tls_cert is set: with a certificate nothing but TLS is spoken there", name, name)
		}
	}
	return nil
}
