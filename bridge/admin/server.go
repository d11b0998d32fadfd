package admin

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/door"
)

// Options are the settings of a Server.
type Options struct {
	// MaxQueues bounds the queues that have series of their own.
	MaxQueues int
	// Payloads returns what has become of payloads in S3 (nil: there are none).
	Payloads func() protocols.PayloadCounts
	// Doors are where connections are counted, by gateway.
	Doors map[string]*door.Door
	// Auth knows the users, of whom those may look after queues who may do Admin to them (nil:
	// whoever is on this machine may).
	Auth protocols.Authenticator
	// Open has /metrics tell other machines, too, without asking who they are.
	Open bool
	// TLS returns how it is with certificates (nil: there are none).
	TLS func() []TLSFile
	// Users returns how it is with the file of users (nil: there is none).
	Users func() UserCounts
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
	open   bool
	log    *slog.Logger
}

// New returns a Server that says it is starting.
func New(o Options) *Server {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	s := &Server{log: o.Log, auth: o.Auth, open: o.Open}
	s.http = &http.Server{
		Handler:           s.routes(o),
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       requestTimeout,
		WriteTimeout:      requestTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(o.Log.Handler(), slog.LevelDebug),
	}
	return s
}

func (s *Server) routes(o Options) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", livez)
	mux.HandleFunc("GET /readyz", s.readyz)
	mux.HandleFunc("GET /metrics", s.forUsers(promhttp.HandlerFor(newRegistry(&s.health, o), promhttp.HandlerOpts{
		ErrorLog:            slog.NewLogLogger(o.Log.Handler(), slog.LevelWarn),
		ErrorHandling:       promhttp.ContinueOnError,
		MaxRequestsInFlight: maxScrapes,
		Timeout:             requestTimeout,
	})))
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
	if err := s.http.Shutdown(ctx); err != nil {
		return errors.Join(err, s.http.Close())
	}
	return nil
}
