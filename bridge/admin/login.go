package admin

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/quota"
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
	ctx, cancel := context.WithTimeout(r.Context(), s.limits.LoginTimeout)
	defer cancel()
	shown, ok := shownBy(r)
	who, err := s.authenticate(ctx, &shown, ok)
	var locked *protocols.Locked
	err = witnessLogin(r, &shown, who, err)
	switch {
	case err == nil && !s.belongs(w, r, who):
		return r, false
	case err == nil:
		return r.WithContext(context.WithValue(r.Context(), callerKey{}, who)), true
	case errors.As(err, &locked):
		s.log.Info("admin request refused", "remote", r.RemoteAddr, "path", r.URL.Path, "err", err)
		later(w, locked.For)
		refuse(w, http.StatusTooManyRequests, "too many logins have failed; try again later (the setting is "+locked.Setting+")")
	case errors.Is(err, protocols.ErrDenied):
		s.log.Info("admin request refused", "remote", r.RemoteAddr, "path", r.URL.Path)
		if isOver(r) { // the client may have another one for another connection
			w.Header().Set("Connection", "close")
		}
		w.Header().Set("WWW-Authenticate", `Basic realm="sluice", charset="UTF-8"`)
		refuse(w, http.StatusUnauthorized, "the user or the password is not right, or missing")
	case errors.Is(err, protocols.ErrUnrecorded):
		refuse(w, http.StatusServiceUnavailable, err.Error())
	default:
		s.tally.Add(settingLoginTimeout)
		refuse(w, http.StatusServiceUnavailable, "too many log in at the same time; try again (the setting is "+settingLoginTimeout+")")
	}
	return r, false
}

// belongs makes the connection who's, and counts the request as his. Who has too many is answered.
func (s *Server) belongs(w http.ResponseWriter, r *http.Request, who protocols.Principal) bool {
	user, err := quota.SeatOf(r.Context()).Take(s.quotas, who)
	if err == nil {
		err = user.Afford(int(max(0, r.ContentLength)))
	}
	var over *quota.Over
	if !errors.As(err, &over) {
		return true
	}
	later(w, over.Wait)
	refuse(w, http.StatusTooManyRequests, over.Error())
	return false
}

// later says after which time a request is worth to be made again. RFC 9110, section 10.2.3: seconds.
func later(w http.ResponseWriter, d time.Duration) {
	w.Header().Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(d.Seconds())))))
}

// shownBy returns what a request shows of who asks, and whether that may be somebody: a user with his password, or with
// his certificate, or with both. Nobody without a name may ask here.
func shownBy(r *http.Request) (shown protocols.Credentials, ok bool) {
	peer := protocols.PeerOf(r.TLS)
	shown = protocols.Credentials{Certificate: peer.Certificate, Remote: remote(r.RemoteAddr), Secure: r.TLS != nil}
	shown.User, shown.Password, ok = r.BasicAuth()
	byCertificate := peer.Certificate != nil && r.Header.Get("Authorization") == ""
	return shown, !isOver(r) && (byCertificate || ok && shown.User != "")
}

// isOver reports whether a request has come by a connection of a client with a certificate whose time is over.
func isOver(r *http.Request) bool {
	peer := protocols.PeerOf(r.TLS)
	return peer.Certificate != nil && !time.Now().Before(peer.Until)
}

func (s *Server) authenticate(ctx context.Context, shown *protocols.Credentials, ok bool) (protocols.Principal, error) {
	if !ok {
		return nil, protocols.ErrDenied
	}
	return s.auth.Authenticate(ctx, *shown)
}

// remote is a net.Addr made of what net/http knows of the client.
type remote string

func (remote) Network() string  { return "tcp" }
func (a remote) String() string { return string(a) }

var _ net.Addr = remote("")

// may asks whether whoever asks may look after a queue, and do further actions to it. "" is all queues.
func may(r *http.Request, queue string, further ...protocols.Action) error {
	who, ok := r.Context().Value(callerKey{}).(protocols.Principal)
	if !ok {
		return nil
	}
	for _, a := range append([]protocols.Action{protocols.Admin}, further...) {
		if who.May(a, queuecore.QueueNamed(queue)) {
			continue
		}
		if queue == "" {
			queue = "of any name"
		}
		if a == protocols.Admin {
			return fmt.Errorf("user %q may not administer the queue %s: %w", who.Name(), queue, protocols.ErrDenied)
		}
		return fmt.Errorf("user %q may administer the queue %s, but not %s: %w", who.Name(), queue, a, protocols.ErrDenied)
	}
	return nil
}

// mayMove asks for both queues of a move. Dead letters that go to where they came from go
// to queues that nobody has named, so that takes a user who may administer all of them.
func mayMove(r *http.Request, m *MoveRequest) error {
	if err := may(r, m.From, protocols.Divert); err != nil {
		return err
	}
	return may(r, m.To, protocols.Fill)
}
