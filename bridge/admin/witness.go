package admin

import (
	"context"
	"net"
	"net/http"
	"strings"

	"github.com/sluicemq/sluice/protocols"
)

// witnessKey is where the context of a request has its witness, which belongs to the request's
// goroutine.
type witnessKey struct{}

// witnessing gives a request its witness.
func (s *Server) witnessing(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		to := s.audit.Load()
		if to == nil {
			h(w, r)
			return
		}
		x := &witness{target: r.URL.Query().Get("queue")}
		x.Witness = protocols.Witness{Audit: to, Who: protocols.Audited{Remote: remote(r.RemoteAddr), Dialect: "admin"}}
		if l, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok {
			x.Who.Listener = l.String()
		}
		h(w, r.WithContext(context.WithValue(r.Context(), witnessKey{}, x)))
	}
}

// witness is that of one request, and what the request is about, once that is known.
type witness struct {
	protocols.Witness
	target string
	// looks says that the client may go on when the login cannot be recorded: what it looks at says that, too.
	looks bool
}

// witnessOf returns the witness of a request; one that tells nobody if it has none.
func witnessOf(r *http.Request) *witness {
	if x, ok := r.Context().Value(witnessKey{}).(*witness); ok {
		return x
	}
	return new(witness)
}

// witnessLogin tells how a login went. The error is err, or that the login cannot be recorded.
func witnessLogin(r *http.Request, shown *protocols.Credentials, who protocols.Principal, err error) error {
	x := witnessOf(r)
	a := shown.AuditedLogin()
	x.Who.User, x.Who.Credential = a.User, a.Credential
	if err == nil {
		x.Who.User = who.Name()
	}
	failed := x.Login(operation(r), err)
	if err == nil && x.looks {
		return nil
	}
	return failed
}

// witnessed tells what has come of a request.
func witnessed(r *http.Request, err error) {
	x := witnessOf(r)
	x.Saw(actionOf(r), operation(r), x.target, err)
}

func operation(r *http.Request) string {
	path := r.URL.Path
	if strings.HasPrefix(path, "/v1/moves/") {
		path = "/v1/moves"
	}
	return r.Method + " " + path
}

func actionOf(r *http.Request) protocols.AuditedAction {
	switch {
	case r.Method == http.MethodPost:
		return protocols.AuditMove
	case r.Method == http.MethodDelete:
		return protocols.AuditCancel
	case strings.HasSuffix(r.URL.Path, "/messages"):
		return protocols.AuditBrowse
	}
	return protocols.AuditList
}

// witnessMove notes what a move is about, before it is asked whether it may be.
func witnessMove(r *http.Request, m *MoveRequest) {
	witnessOf(r).target = strings.TrimSuffix(m.From+" to "+m.To, " to ")
}
