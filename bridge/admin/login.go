package admin

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/queuecore"
)

// callerKey is where the context of a request has who asks.
type callerKey struct{}

// login finds out who asks, by HTTP Basic (RFC 7617) or his certificate, and has may know it. Where there are no
// users everybody goes on; elsewhere who is none is answered.
func (s *Server) login(w http.ResponseWriter, r *http.Request) (*http.Request, bool) {
	if s.auth == nil {
		return r, true
	}
	ctx, cancel := context.WithTimeout(r.Context(), loginTimeout)
	defer cancel()
	who, err := s.authenticate(ctx, r)
	switch {
	case err == nil:
		return r.WithContext(context.WithValue(r.Context(), callerKey{}, who)), true
	case errors.Is(err, protocols.ErrDenied):
		s.log.Info("admin request refused", "remote", r.RemoteAddr, "path", r.URL.Path)
		w.Header().Set("WWW-Authenticate", `Basic realm="sluice", charset="UTF-8"`)
		refuse(w, http.StatusUnauthorized, "the user or the password is not right, or missing")
	default:
		refuse(w, http.StatusServiceUnavailable, "too many log in at the same time; try again")
	}
	return r, false
}

// authenticate takes a user with his password, or with his certificate, or with both. Nobody without a name may ask here.
func (s *Server) authenticate(ctx context.Context, r *http.Request) (protocols.Principal, error) {
	shown := protocols.Credentials{Remote: remote(r.RemoteAddr)}
	if peer := protocols.PeerOf(r.TLS); time.Now().Before(peer.Until) {
		shown.Certificate = peer.Certificate
	}
	ok := false
	shown.User, shown.Password, ok = r.BasicAuth()
	if byCertificate := shown.Certificate != nil && r.Header.Get("Authorization") == ""; !byCertificate && (!ok || shown.User == "") {
		return nil, protocols.ErrDenied
	}
	return s.auth.Authenticate(ctx, shown)
}

// remote is a net.Addr made of what net/http knows of the client.
type remote string

func (remote) Network() string  { return "tcp" }
func (a remote) String() string { return string(a) }

var _ net.Addr = remote("")

// may asks whether whoever asks may look after a queue. "" is all of them.
func may(r *http.Request, queue string) error {
	who, ok := r.Context().Value(callerKey{}).(protocols.Principal)
	if !ok || who.May(protocols.Admin, queuecore.QueueNamed(queue)) {
		return nil
	}
	if queue == "" {
		queue = "of any name"
	}
	return fmt.Errorf("user %q may not administer the queue %s: %w", who.Name(), queue, protocols.ErrDenied)
}

// mayMove asks for both queues of a move. Dead letters that go to where they came from go
// to queues that nobody has named, so that takes a user who may administer all of them.
func mayMove(r *http.Request, m *MoveRequest) error {
	if err := may(r, m.From); err != nil {
		return err
	}
	return may(r, m.To)
}
