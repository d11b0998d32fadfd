package config

import (
	"cmp"
	"errors"
	"time"
)

// NATSPort says how NATS clients are reached besides in plain text.
type NATSPort struct {
	// WSAddr is where NATS clients open WebSockets; empty: nowhere. It is an address of its own,
	// because a NATS server speaks first and so cannot wait to see what a client is.
	WSAddr string `yaml:"nats_ws_addr"`
	// WSOrigins is as STOMPPort.WSOrigins.
	WSOrigins string `yaml:"nats_ws_origins"`
	// TLSCert and TLSKey are as those of STOMPPort. With them, NATS clients have to speak
	// TLS: after INFO, before it if TLSFirst is set, and around WebSockets.
	TLSCert  string `yaml:"nats_tls_cert"`
	TLSKey   string `yaml:"nats_tls_key"`
	TLSFirst bool   `yaml:"nats_tls_first"`
	// TLSClientCA and TLSClientAuth are as those of STOMPPort.
	TLSClientCA   string     `yaml:"nats_tls_client_ca"`
	TLSClientAuth ClientAuth `yaml:"nats_tls_client_auth"`
	// LameDuck is how long a stop lets NATS clients move to another server by themselves
	// once they are told, but no longer than half of DrainTimeout.
	LameDuck time.Duration `yaml:"nats_lame_duck"`
}

// Origins returns the origins in WSOrigins.
func (p *NATSPort) Origins() []string { return words(p.WSOrigins) }

func (p *NATSPort) check() error {
	err := cmp.Or(
		checkOrigins("nats_ws_origins", p.Origins()),
		between("nats_lame_duck", p.LameDuck, 0, MaxDrainTimeout),
	)
	if err == nil && p.TLSFirst && p.TLSCert == "" {
		return errors.New("nats_tls_first is set and nats_tls_cert is empty: name the file of the certificate, too")
	}
	return err
}
