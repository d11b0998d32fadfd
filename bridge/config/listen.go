package config

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
)

const (
	stompKey = "stomp_addr"
	sqsKey   = "sqs_addr"
	natsKey  = "nats_addr"
	webKey   = "nats_ws_addr"
)

// Listener is one address that the house may listen on.
type Listener struct {
	Key  string // the setting, as it is spelled in the file
	Addr string
}

// Listeners returns the five listeners, those that are switched off included:
// STOMP, NATS, SQS, admin, and NATS in WebSockets; and behind them the further ones for STOMP.
func (c *Config) Listeners() []Listener {
	all := []Listener{
		{stompKey, c.STOMPAddr},
		{natsKey, c.NATSAddr},
		{sqsKey, c.SQSAddr},
		{"admin_addr", c.AdminAddr},
		{webKey, c.NATSPort.WSAddr},
	}
	for i, l := range c.STOMPFurther {
		all = append(all, Listener{fmt.Sprintf("%s[%d].addr", stompListenersKey, i), l.Addr})
	}
	return all
}

// Resolve returns the address to bind for l, or nil when l is switched off. An
// address that other machines can reach is refused unless InsecureListen is set, or
// clients have to say who they are, and do so in TLS or where PlainTextListen says that they need not. Whoever binds must bind
// the address returned and not look the name up again, because the second answer of
// a name server need not be the first.
func (c *Config) Resolve(ctx context.Context, l Listener) (*net.TCPAddr, error) {
	if l.Addr == "" {
		return nil, nil
	}
	host, port, err := splitAddr(l.Addr)
	if err != nil {
		return nil, fmt.Errorf("%s is %q: %w", l.Key, l.Addr, err)
	}
	ip, err := lookUp(ctx, host)
	if err != nil {
		return nil, fmt.Errorf("%s is %q: %w", l.Key, l.Addr, err)
	}
	if !ip.IP.IsLoopback() && !c.InsecureListen {
		if err := c.exposed(l); err != nil {
			return nil, err
		}
	}
	return &net.TCPAddr{IP: ip.IP, Zone: ip.Zone, Port: port}, nil
}

// knows reports whether the clients of l have to say who they are.
func (c *Config) knows(l Listener) bool {
	return c.UsersFile != "" || l.Key == sqsKey && len(c.AccessKeys) > 0
}

// Name is what is spoken at l.
func (l Listener) Name() string {
	switch {
	case l.Key == stompKey, strings.HasPrefix(l.Key, stompListenersKey):
		return STOMPName
	case l.Key == natsKey, l.Key == webKey:
		return NATSName
	case l.Key == sqsKey:
		return SQSName
	}
	return AdminName
}

// exposed says why an address is refused that other machines can reach, and what to set.
func (c *Config) exposed(l Listener) error {
	name := l.Name()
	why, instead := "", ""
	switch t := c.TLS(name); {
	case !c.knows(l):
		why = "clients need no password: name a users_file" + orKeys(l) + notByTLS(t)
	case !t.On() && !c.PlainText(name):
		why = whatGoes(l) + " would go there unencrypted, for want of " + name + "_tls_cert"
		instead = fmt.Sprintf("plain_text_listen: %s (--plain-text-listen, SLUICE_PLAIN_TEXT_LISTEN) or ", name)
	default:
		return nil
	}
	return fmt.Errorf("%s is %q: other machines can reach that address and %s; "+
		"to listen there all the same, set %sinsecure_listen: true (--insecure-listen, SLUICE_INSECURE_LISTEN=true)",
		l.Key, l.Addr, why, instead)
}

// whatGoes is what others could read. A signature of SQS gives no secret away.
func whatGoes(l Listener) string {
	if l.Key == sqsKey {
		return "messages"
	}
	return "passwords and messages"
}

func orKeys(l Listener) string {
	if l.Key == sqsKey {
		return ", or give access_keys"
	}
	return ""
}

// notByTLS tells somebody who has a certificate that it keeps nobody out.
func notByTLS(t TLS) string {
	if t.On() {
		return " (" + t.Name + "_tls_cert encrypts, and does not ask clients who they are)"
	}
	return ""
}

func splitAddr(addr string) (host string, port int, err error) {
	host, text, err := net.SplitHostPort(addr)
	if err != nil {
		return "", 0, errors.New("it must be host:port, with an IPv6 host in brackets")
	}
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return "", 0, errors.New("the port must be a number from 0 to 65535")
	}
	return host, int(n), nil
}

// lookUp returns the address of host. No host means every address of the
// machine. A name with several addresses gets one of them, an IPv4 one if it can,
// as net.Listen does.
func lookUp(ctx context.Context, host string) (net.IPAddr, error) {
	if host == "" {
		return net.IPAddr{}, nil
	}
	ips, err := net.DefaultResolver.LookupIPAddr(ctx, host)
	if err != nil {
		return net.IPAddr{}, err
	}
	for _, ip := range ips {
		if ip.IP.To4() != nil {
			return ip, nil
		}
	}
	return ips[0], nil
}
