package websocket

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// anyOrigin lets in pages of every origin.
const anyOrigin = "*"

// allowed reports whether a page may connect. A browser names the page's origin, and
// lets no script change it; who names none is no browser. RFC 6455, 10.2.
func (o *Options) allowed(r *http.Request) bool {
	values := r.Header.Values("Origin")
	if len(values) == 0 || slices.Contains(o.Origins, anyOrigin) {
		return true
	}
	origin := strings.ToLower(values[0])
	for _, known := range o.Origins {
		if strings.ToLower(known) == origin {
			return len(values) == 1
		}
	}
	u, err := url.Parse(origin)
	return len(values) == 1 && err == nil && fixed(u.Hostname()) && withPort(u.Scheme, u.Host) == withPort(u.Scheme, strings.ToLower(r.Host))
}

// fixed reports whether nobody but the machine says what a host is. A name may be
// made to mean us after a page was loaded from elsewhere (DNS rebinding); then origin
// and host are the same, and mean nothing.
func fixed(host string) bool { return host == "localhost" || net.ParseIP(host) != nil }

// withPort adds the port to a host that has none.
func withPort(scheme, host string) string {
	if u := (&url.URL{Host: host}); u.Port() != "" {
		return host
	}
	if scheme == "https" {
		return host + ":443"
	}
	return host + ":80"
}

// maxOrigin is how much of an origin an answer repeats, in octets.
const maxOrigin = 200

// quotedAll returns values as an answer shows them: on one line, and not long.
func quotedAll(values []string) []string {
	quoted := make([]string, min(len(values), 2))
	for i := range quoted {
		quoted[i] = strconv.QuoteToASCII(values[i][:min(len(values[i]), maxOrigin)])
	}
	return quoted
}
