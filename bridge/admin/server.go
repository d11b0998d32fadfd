package admin

import (
	"context"
	"errors"
	"log"
	"log/slog"
	"net"
	"net/http"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/door"
	"github.com/sluicemq/sluice/protocols/panics"
	"github.com/sluicemq/sluice/protocols/quota"
	"github.com/sluicemq/sluice/protocols/tally"
)

// Options are the settings of a Server.
type Options struct {
	// MaxQueues bounds the queues that have series of their own.
	MaxQueues int
	// Payloads returns what has become of payloads in S3 (nil: there are none).
	Payloads func() protocols.PayloadCounts
	// Doors are where connections are counted, by gateway.
	Doors map[string]*door.Door
	// Panics are where panics are counted, by gateway; the Server's own in "admin".
	Panics map[string]*panics.Count
	// Auth knows the users, of whom those may look after queues who may do Admin to them (nil:
	// whoever is on this machine may).
	Auth protocols.Authenticator
	// Open has /metrics tell other machines, too, without asking who they are.
	Open bool
	// TLS returns how it is with certificates (nil: there are none).
	TLS func() []TLSFile
	// Users returns how it is with the file of users (nil: there is none).
	Users  func() UserCounts
	Limits Limits
	// Door counts the connections (nil: nobody does).
	Door *door.Door
	// Quotas are the limits of users, shared with the gateways (nil: users have none).
	Quotas *quota.Book
	// Tally counts what is refused because of a limit, of the gateways too (nil: nobody does).
	Tally *tally.Tally
	// Logins returns how logins went (nil: there are none).
	Logins func() LoginCounts
	// Version and Revision are shown as labels of sluice_build_info.
	Version, Revision string
	// Log gets what no client is told (nil: slog.Default).
	Log *slog.Logger
}

// Server answers for a house. All methods may be called from any goroutine.
type Server struct {
	http   *http.Server
	health health
	auth   protocols.Authenticator // nil: nobody has to say who he is
	audit  auditing
	open   bool
	log    *slog.Logger
	limits Limits
	quotas *quota.Book
	tally  *tally.Tally
	conns  conns
}

// New returns a Server that says it is starting.
func New(o Options) *Server {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	l := o.Limits.withDefaults()
	s := &Server{log: o.Log, auth: o.Auth, open: o.Open, limits: l, quotas: o.Quotas, tally: o.Tally}
	s.conns.door, s.conns.tally, s.conns.patience = o.Door, o.Tally, l.HeaderTimeout
	guard := panics.New(o.Log, o.Panics["admin"])
	s.http = &http.Server{
		Handler:           guard.Handler(s.routes(o, guard)),
		ReadHeaderTimeout: l.HeaderTimeout,
		ReadTimeout:       l.RequestTimeout,
		WriteTimeout:      2 * l.RequestTimeout, // who was slow to ask is told so
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    l.HeaderBytes,
		ConnState:         s.conns.state,
		ConnContext:       s.conns.seats.Enter,
		ErrorLog:          log.New(guard.HTTPLog(slog.NewLogLogger(o.Log.Handler(), slog.LevelDebug).Writer()), "", 0),
	}
	return s
}

func (s *Server) routes(o Options, guard *panics.Guard) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", livez)
	mux.HandleFunc("GET /readyz", s.readyz)
	mux.HandleFunc("GET /metrics", s.witnessing(s.forUsers(inTurn(promhttp.HandlerFor(newRegistry(&s.health, &s.audit, o, guard), promhttp.HandlerOpts{
		ErrorLog:      slog.NewLogLogger(o.Log.Handler(), slog.LevelWarn),
		ErrorHandling: promhttp.ContinueOnError,
		Timeout:       s.limits.RequestTimeout,
	})))))
	s.routesOfQueues(mux)
	return mux
}

// Serve answers on l until Shutdown, and then returns nil.
func (s *Server) Serve(l net.Listener) error {
	if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Shutdown stops accepting and returns when every answer is out. When ctx ends
// first it cuts the connections.
func (s *Server) Shutdown(ctx context.Context) error {
	s.conns.close()
	if err := s.http.Shutdown(ctx); err != nil {
		return errors.Join(err, s.http.Close())
	}
	return nil
}
