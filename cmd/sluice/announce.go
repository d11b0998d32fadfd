package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"

	"github.com/sluicemq/sluice/bridge"
	"github.com/sluicemq/sluice/bridge/config"
)

// readyLine is what --ready-json prints.
type readyLine struct {
	Ready   bool   `json:"ready"`
	Version string `json:"version"`
	PID     int    `json:"pid"`
	bridge.Addrs
	STOMPListeners []string `json:"stomp_listeners,omitempty"`
	DataDir        string   `json:"data_dir"`
}

// announce tells on w where the house listens, in one write: whoever waits for it
// may close the pipe after the first line.
func announce(w io.Writer, h *bridge.House, cfg *config.Config) {
	version, _ := bridge.Version()
	text := readyText(version, h.Addrs(), h.DataDir(), cfg) + furtherText(h.STOMPListeners(), cfg) + webText(h.Addrs().Web, cfg)
	if cfg.ReadyJSON {
		line, _ := json.Marshal(readyLine{true, version, os.Getpid(), h.Addrs(), h.STOMPListeners(), h.DataDir()}) // plain values always marshal
		text = string(line) + "\n" + text
	}
	_, _ = io.WriteString(w, text) // a server serves also when nobody listens to it
}

// readyText has for each listener its address and a line to try it with.
func readyText(version string, a bridge.Addrs, dataDir string, cfg *config.Config) string {
	var b strings.Builder
	fmt.Fprintf(&b, "sluice %s is ready; messages are kept in %s\n", version, dataDir)
	for _, l := range []struct{ name, addr, as, try string }{
		{"STOMP", a.STOMP, asText(cfg.STOMPListeners()[0]), tryStomp(a.STOMP, cfg)},
		{"NATS", a.NATS, "", tryNATS(a.NATS, cfg)},
		{"SQS", a.SQS, "", trySQS(a.SQS, cfg)},
		{"admin", a.Admin, "", tryAdmin(a.Admin, cfg)},
	} {
		if l.addr == "" {
			fmt.Fprintf(&b, "\n%-6s off\n", l.name)
			continue
		}
		fmt.Fprintf(&b, "\n%-6s %s%s\n  %s\n", l.name, l.addr, l.as, l.try)
	}
	return b.String()
}

// furtherText has the further listeners for STOMP with their dialects.
func furtherText(addrs []string, cfg *config.Config) string {
	var b strings.Builder
	for i, addr := range addrs {
		l := cfg.STOMPFurther[i]
		fmt.Fprintf(&b, "\nSTOMP  %s, as %s%s\n", addr, l.Dialect, errorsText(l))
	}
	return b.String()
}

// webText has the listener for NATS in WebSockets, which is off unless somebody asks for it.
func webText(addr string, cfg *config.Config) string {
	switch {
	case addr == "":
		return ""
	case cfg.NATSPort.TLSCert != "":
		return "\nNATS   wss://" + addr + "\n"
	}
	return "\nNATS   ws://" + addr + "\n"
}

// asText says how the main listener for STOMP differs from one that nothing was said of.
func asText(l config.STOMPListener) string {
	if l.Dialect == config.STOMPPlain {
		return errorsText(l)
	}
	return ", as " + string(l.Dialect) + errorsText(l)
}

func errorsText(l config.STOMPListener) string {
	if l.Errors == config.STOMPLenient {
		return ", lenient with errors"
	}
	return ""
}

// tryStomp sends one message to the queue demo with nothing but a shell and nc.
// The server answers the DISCONNECT and closes, which ends nc. Where clients have to say
// who they are, here and below, the name and the password are for the reader to put in.
func tryStomp(addr string, cfg *config.Config) string {
	host, port, _ := net.SplitHostPort(reachable(addr))
	login := ""
	if cfg.UsersFile != "" {
		login = `login:NAME\npasscode:PASSWORD\n`
	}
	frames := `CONNECT\naccept-version:1.2\nhost:/\n` + login + `\n\0` +
		`SEND\ndestination:/queue/demo\nreceipt:sent\n\nhello\0` +
		`DISCONNECT\nreceipt:bye\n\n\0`
	if needsCertificate(cfg, config.STOMPName) {
		return fmt.Sprintf("printf '%s' | openssl s_client -quiet -connect %s -cert CERT -key KEY", frames, reachable(addr))
	}
	return fmt.Sprintf("printf '%s' | nc %s %s", frames, host, port)
}

func tryNATS(addr string, cfg *config.Config) string {
	nats := "nats --server nats://" + reachable(addr)
	if cfg.TLS(config.NATSName).On() {
		nats = "nats --server tls://" + reachable(addr) + " --tlsca CA"
	}
	if needsCertificate(cfg, config.NATSName) {
		nats += " --tlscert CERT --tlskey KEY"
	}
	if cfg.UsersFile != "" {
		nats += " --user NAME --password PASSWORD"
	}
	return nats + " stream add demo --subjects demo --retention work --defaults && " + nats + " pub -J demo hello"
}

// trySQS signs where clients have to, with the first key of the settings if there is one; the secret is for the
// reader to put in.
func trySQS(addr string, cfg *config.Config) string {
	who, unsigned := "", " --no-sign-request"
	switch {
	case len(cfg.AccessKeys) > 0:
		who, unsigned = "AWS_ACCESS_KEY_ID="+cfg.AccessKeys[0].ID+" AWS_SECRET_ACCESS_KEY=... ", ""
	case cfg.UsersFile != "":
		who, unsigned = "AWS_ACCESS_KEY_ID=... AWS_SECRET_ACCESS_KEY=... ", ""
	}
	if needsCertificate(cfg, config.SQSName) {
		return trySQSWithCertificate(addr, cfg)
	}
	at := "http://" + reachable(addr)
	if cfg.TLS(config.SQSName).On() {
		at = "https://" + reachable(addr) + " --ca-bundle CA"
	}
	return who + "aws --endpoint-url " + at +
		" --region us-east-1" + unsigned + " sqs create-queue --queue-name demo"
}

// trySQSWithCertificate does without the AWS CLI, which has no flag for a certificate of its own. Who is in the file of users
// is known by his, and signs nothing.
func trySQSWithCertificate(addr string, cfg *config.Config) string {
	signed := ""
	if cfg.UsersFile == "" && len(cfg.AccessKeys) > 0 {
		signed = " --aws-sigv4 aws:amz:us-east-1:sqs --user " + cfg.AccessKeys[0].ID + ":..."
	}
	return curl(config.SQSName, cfg) + signed + " 'https://" + reachable(addr) + "/?Action=CreateQueue&QueueName=demo'"
}

func tryAdmin(addr string, cfg *config.Config) string {
	if cfg.TLS(config.AdminName).On() {
		return curl(config.AdminName, cfg) + " https://" + reachable(addr) + "/readyz"
	}
	return "curl http://" + reachable(addr) + "/readyz"
}

// curl calls a listener in TLS, with a certificate of the reader's own where it wants one.
func curl(listener string, cfg *config.Config) string {
	if needsCertificate(cfg, listener) {
		return "curl --cacert CA --cert CERT --key KEY"
	}
	return "curl --cacert CA"
}

func needsCertificate(cfg *config.Config, listener string) bool {
	return cfg.TLS(listener).ClientAuth == config.ClientAuthRequired
}

// reachable is an address to connect to where addr is one to listen on: all
// addresses of the machine become its loopback.
func reachable(addr string) string {
	ap, err := netip.ParseAddrPort(addr)
	if err != nil || !ap.Addr().IsUnspecified() {
		return addr
	}
	if ap.Addr().Is4() {
		return fmt.Sprintf("127.0.0.1:%d", ap.Port())
	}
	return fmt.Sprintf("localhost:%d", ap.Port())
}
