package sqs

import (
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
)

// baseURL returns what queue URLs begin with: the configured address, or the one by
// which the client has called the server.
//
// What proxies say of that is believed without asking who said it, since anybody can
// write these headers and nothing but the URLs in this one answer follows from them:
// no right, no signature, no other client's answer.
func (c *call) baseURL() string {
	if c.PublicURL != "" {
		return c.PublicURL
	}
	scheme, host := calledAs(c.r)
	return scheme + "://" + host
}

// calledAs returns the scheme and the host of a request, as its client knows them. A
// value that cannot be what it says it is counts for nothing.
func calledAs(r *http.Request) (scheme, host string) {
	scheme = "http"
	if r.TLS != nil {
		scheme = "https"
	}
	p := proxied(r.Header)
	if p.proto == "http" || p.proto == "https" {
		scheme = p.proto
	}
	for _, host = range []string{p.host, r.Host, localAddr(r)} {
		if name, port, ok := splitHost(host); ok {
			if port == "" && isPort(p.port) {
				port = p.port
			}
			return scheme, withPort(scheme, name, port)
		}
	}
	return scheme, host // the address of a listener that is not of this world
}

// localAddr returns the address that the client has connected to; HTTP/1.0 knows
// requests without a Host.
func localAddr(r *http.Request) string {
	if a, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok {
		return a.String()
	}
	return ""
}

// withPort leaves out the port that goes without saying.
func withPort(scheme, name, port string) string {
	usual := map[string]string{"http": "80", "https": "443"}[scheme]
	if port == "" || port == usual {
		return name
	}
	return name + ":" + port
}

// splitHost takes a host with or without a port apart, and reports whether it is one: a
// name, an IPv4 address, or an IPv6 address in brackets.
// RFC 3986, section 3.2.2.
func splitHost(s string) (name, port string, ok bool) {
	name = s
	if i := strings.LastIndexByte(s, ':'); i > strings.LastIndexByte(s, ']') {
		if name, port = s[:i], s[i+1:]; !isPort(port) {
			return "", "", false
		}
	}
	if inner, bracketed := strings.CutPrefix(name, "["); bracketed {
		inner, closed := strings.CutSuffix(inner, "]")
		ip, err := netip.ParseAddr(inner)
		return name, port, closed && err == nil && ip.Is6() && ip.Zone() == ""
	}
	return name, port, isHostName(name)
}

// isPort reports whether s is the number of a TCP port.
func isPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && n > 0
}

// isHostName reports whether s is a name as DNS has it, or as containers are named.
func isHostName(s string) bool {
	const longest = 253 // RFC 1035, section 2.3.4, without the dot at the end
	for i := range len(s) {
		if c := s[i]; !isAlphanumeric(c) && c != '.' && c != '-' && c != '_' {
			return false
		}
	}
	return s != "" && len(s) <= longest && isAlphanumeric(s[0])
}

// proxy is what the outermost proxy says of how it was called. Nothing is checked.
type proxy struct{ proto, host, port string }

// proxied reads Forwarded (RFC 7239), and for what that leaves out X-Forwarded-Proto,
// X-Forwarded-Host and X-Forwarded-Port.
func proxied(h http.Header) proxy {
	var p proxy
	p.proto, p.host = firstForwarded(h.Get("Forwarded"))
	if p.proto == "" {
		p.proto = first(h.Get("X-Forwarded-Proto"))
	}
	if p.host == "" {
		p.host = first(h.Get("X-Forwarded-Host"))
	}
	p.proto = strings.ToLower(p.proto)
	p.port = first(h.Get("X-Forwarded-Port"))
	return p
}

// first returns the part of a header that the outermost proxy has written.
func first(h string) string {
	h, _, _ = strings.Cut(h, ",")
	return strings.TrimSpace(h)
}

// firstForwarded returns two parameters of the first element of a Forwarded header, the
// one that the outermost proxy has written. What is not well formed says nothing.
// RFC 7239, section 4: forwarded-pair = token "=" value, value = token / quoted-string.
func firstForwarded(h string) (proto, host string) {
	for more := true; more; {
		name, rest, ok := strings.Cut(h, "=")
		if !ok {
			return "", ""
		}
		var value string
		if value, h, ok = forwardedValue(rest); !ok {
			return "", ""
		}
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "proto":
			proto = value
		case "host":
			host = value
		}
		h, more = strings.CutPrefix(strings.TrimLeft(h, " \t"), ";")
	}
	return proto, host
}

// forwardedValue reads a token or a quoted string and returns what follows.
func forwardedValue(s string) (value, rest string, ok bool) {
	if !strings.HasPrefix(s, `"`) {
		if i := strings.IndexAny(s, ",; \t"); i >= 0 {
			return s[:i], s[i:], true
		}
		return s, "", true
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '"':
			return b.String(), s[i+1:], true
		case '\\':
			if i++; i == len(s) {
				return "", "", false
			}
		}
		b.WriteByte(s[i])
	}
	return "", "", false
}
