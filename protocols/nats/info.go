package nats

import (
	"crypto/rand"
	"crypto/tls"
	"encoding/base32"
	"encoding/json"
	"net"
	"runtime"
	"strconv"

	"github.com/sluicemq/sluice/protocols/nats/jetstream"
	"github.com/sluicemq/sluice/protocols/nats/wire"
)

// info is what INFO says (NATS client protocol, "INFO").
type info struct {
	ID           string `json:"server_id"`
	Name         string `json:"server_name"`
	Version      string `json:"version"`
	Proto        int    `json:"proto"`
	Go           string `json:"go"`
	Host         string `json:"host"`
	Port         int    `json:"port"`
	Headers      bool   `json:"headers"`
	AuthRequired bool   `json:"auth_required,omitempty"`
	TLSRequired  bool   `json:"tls_required,omitempty"`
	TLSVerify    bool   `json:"tls_verify,omitempty"` // the client has to show a certificate
	MaxPayload   int    `json:"max_payload"`
	JetStream    bool   `json:"jetstream"`
	ClientID     uint64 `json:"client_id"`
	ClientIP     string `json:"client_ip,omitempty"`
	Nonce        string `json:"nonce,omitempty"`
	LameDuck     bool   `json:"ldm,omitempty"`
}

func newInfo(o *Options, l *Limits) info {
	i := info{
		ID: newServerID(), Name: o.Name, Version: o.Version, Proto: 1, Go: runtime.Version(),
		Headers: true, MaxPayload: l.Payload, JetStream: true, TLSRequired: o.TLS != nil,
		TLSVerify: o.TLS != nil && o.TLS.ClientAuth == tls.RequireAndVerifyClientCert,
	}
	if i.Name == "" {
		i.Name = i.ID
	}
	if i.Version == "" {
		i.Version = jetstream.Version
	}
	return i
}

// newServerID has the form of nats-server's: "N" and 55 letters and digits.
func newServerID() string {
	var b [35]byte
	_, _ = rand.Read(b[:]) // never fails
	return "N" + base32.StdEncoding.EncodeToString(b[:])[:55]
}

// line is the INFO for one connection.
func (i info) line(c *conn, lameDuck bool) []byte {
	i.ClientID, i.Nonce, i.LameDuck = c.id, c.nonce, lameDuck
	i.TLSRequired = i.TLSRequired || c.secure
	if host, port, err := net.SplitHostPort(c.raw.LocalAddr().String()); err == nil {
		i.Host = host
		i.Port, _ = strconv.Atoi(port)
	}
	if host, _, err := net.SplitHostPort(c.raw.RemoteAddr().String()); err == nil {
		i.ClientIP = host
	}
	b, err := json.Marshal(i)
	if err != nil {
		panic(err) // strings and numbers: it cannot fail
	}
	return wire.AppendInfo(nil, b)
}
