package admin

import (
	"fmt"
	"net"
	"net/http"
	"strings"

	"github.com/sluicemq/sluice/protocols"
)

// guarded lets those through to h who run the house: programs on this machine. Whoever can
// open a connection from here is trusted, as on the other listeners; so what is kept out is
// everybody else, and pages that a browser on this machine shows. Where there are users, he
// must be one besides; see login. One of them may come from elsewhere if he comes in TLS.
func (s *Server) guarded(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if code, why := stranger(r, s.auth != nil && r.TLS != nil); code != 0 {
			witnessed(r, fmt.Errorf("%w: %s", protocols.ErrDenied, why))
			refuse(w, code, why)
			return
		}
		h(w, r)
	}
}

// forUsers lets who comes from another machine through to h if he is any of the users, where there are any. By
// Prometheus's settings he is one: basic_auth, or a certificate in tls_config.
func (s *Server) forUsers(h http.Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if s.auth != nil && !s.open && !isLocal(r.RemoteAddr) {
			witnessOf(r).looks = true
			known, ok := s.login(w, r)
			if !ok {
				return
			}
			r = known
		}
		h.ServeHTTP(w, r)
	}
}

// stranger says why a request is none of theirs, or 0. Where they may come from elsewhere, they
// call the server by any name.
func stranger(r *http.Request, fromElsewhere bool) (code int, why string) {
	switch {
	case !fromElsewhere && !isLocal(r.RemoteAddr):
		return http.StatusForbidden, "queues are looked after from the server's own machine; connect over its loopback address, or in TLS as a user"
	case passedOn(r):
		return http.StatusForbidden, "queues are not looked after through a proxy"
	case !fromElsewhere && !isLocalName(r.Host): // a name that somebody has point here: DNS rebinding
		return http.StatusForbidden, "the host of the request must be localhost or a loopback address"
	case r.Header.Get("Origin") != "" || r.Header.Get("Sec-Fetch-Site") != "":
		return http.StatusForbidden, "queues are not looked after from a browser"
	case r.Header.Get("Content-Encoding") != "":
		return http.StatusUnsupportedMediaType, "the body must be sent as it is, without a content encoding"
	case r.Method == http.MethodPost && !isJSON(r.Header.Get("Content-Type")):
		return http.StatusUnsupportedMediaType, "the content type must be application/json"
	}
	return 0, ""
}

// passedOn reports whether a proxy has left its mark on a request. HTTP/1.0 is what nginx speaks
// by default, which leaves no other.
func passedOn(r *http.Request) bool {
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip", "Via"} {
		if r.Header.Get(name) != "" {
			return true
		}
	}
	return !r.ProtoAtLeast(1, 1)
}

func isLocal(address string) bool {
	host, _, err := net.SplitHostPort(address)
	ip := net.ParseIP(host)
	return err == nil && ip != nil && ip.IsLoopback()
}

func isLocalName(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

func isJSON(contentType string) bool {
	kind, _, _ := strings.Cut(contentType, ";")
	return strings.EqualFold(strings.TrimSpace(kind), "application/json")
}
