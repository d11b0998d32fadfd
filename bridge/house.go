package bridge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/sluicemq/sluice/bridge/admin"
	"github.com/sluicemq/sluice/bridge/audit"
	"github.com/sluicemq/sluice/bridge/auth/lockout"
	"github.com/sluicemq/sluice/bridge/bucket"
	"github.com/sluicemq/sluice/bridge/config"
	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/panics"
	"github.com/sluicemq/sluice/protocols/sqs"
	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/store"
	"github.com/sluicemq/sluice/queuecore/store/badgerstore"
)

// House is one running server. All methods may be called from any goroutine.
type House struct {
	log     *slog.Logger
	dataDir string
	stays   bool // when the store has failed
	ports   *listeners
	addrs   Addrs
	bounds  *bounds
	panics  map[string]*panics.Count // by gateway
	known   identities
	rights  rights
	bucket  *bucket.Bucket            // nil: payloads stay where they are
	audit   atomic.Pointer[audit.Log] // nil: there is none

	certificates certificates

	admin    *admin.Server
	broker   *queuecore.Broker
	gateways []gateway

	serving *errgroup.Group // one Serve for each port
	failed  context.Context // ends with the first Serve that fails

	wrap func(store.Store) store.Store // nil: the store as it is

	opened   bool // all of it, so that there is something to say when it closes
	closing  sync.Once
	closeErr error
}

// gateway is a dialect and the name it has in the log.
type gateway struct {
	protocols.Gateway
	name string
}

// Option changes what a house is built from.
type Option func(*House)

// WrapStore has the core keep its records in what wrap makes of the store of
// data_dir. Closing it closes that store.
func WrapStore(wrap func(store.Store) store.Store) Option {
	return func(h *House) { h.wrap = wrap }
}

// Open builds a house and serves from it. ctx bounds the opening alone.
//
// The order, so that nothing is half-started:
//
//  1. Read the users, the secrets of access keys, that of S3, and the certificates.
//  2. Bind every port. A port that is taken is found before the disk is
//     touched. Clients that come now wait in the listen queue of the system.
//  3. Serve admin: /livez is 200, /readyz is 503 "starting".
//  4. Open the store, which locks its directory, and the core, which reads it.
//     Then the audit log.
//  5. Serve the gateways.
//  6. /readyz is 200.
//
// If a step fails, those before it are taken back and the error says, in one
// line, what to change.
func Open(ctx context.Context, cfg config.Config, log *slog.Logger, options ...Option) (*House, error) {
	if log == nil {
		log = slog.Default()
	}
	if err := cfg.Check(ctx); err != nil {
		return nil, err
	}
	h := &House{log: log, stays: cfg.OnStoreFailure == config.StayOnFailure}
	for _, o := range options {
		o(h)
	}
	h.serving, h.failed = errgroup.WithContext(context.Background())
	if err := h.open(ctx, &cfg); err != nil {
		_ = h.Close(ctx) // err is what went wrong; the rest follows from it
		return nil, err
	}
	return h, nil
}

func (h *House) open(ctx context.Context, cfg *config.Config) error {
	dir, err := filepath.Abs(cfg.DataDir)
	if err != nil {
		return fmt.Errorf("data_dir %s: %w", cfg.DataDir, err)
	}
	h.dataDir = dir
	h.bounds = newBounds(cfg, h.hasQueue)
	if h.known, err = openIdentities(cfg, h.log); err != nil {
		return err
	}
	h.known.guard(lockout.Options{Limits: loginLimits(&cfg.LoginLimits), Tally: h.bounds.tally, Log: h.log})
	if h.bucket, err = openBucket(&cfg.S3, h.log); err != nil {
		return err
	}
	if h.certificates, err = openCertificates(cfg, h.log, h.certificateTaken); err != nil {
		return err
	}
	if h.ports, err = listen(ctx, cfg); err != nil {
		return err
	}
	h.addrs = h.ports.addrs()
	h.panics = newPanics()
	h.rights.account = cfg.SQS.Account
	h.rights.denials = sqs.NewDenials(cfg.SQS.Region, cfg.SQS.Account)
	h.openAdmin(cfg)
	if h.broker, err = h.openCore(ctx, cfg, dir); err != nil {
		return err
	}
	if err = h.openAudit(cfg); err != nil {
		return err
	}
	h.openGateways(cfg)
	h.witnessUsers(cfg.UsersFile)
	h.watchUsers()
	h.admin.SetReady(h.broker)
	h.opened = true
	h.log.Info("ready", "data_dir", dir, "sync", cfg.Sync,
		"stomp", h.addrs.STOMP, "nats", h.addrs.NATS, "nats_ws", h.addrs.Web, "sqs", h.addrs.SQS, "admin", h.addrs.Admin)
	return nil
}

// openAdmin makes the admin server, and serves it if it has a port.
func (h *House) openAdmin(cfg *config.Config) {
	version, revision := Version()
	h.admin = admin.New(admin.Options{
		MaxQueues: cfg.MetricsMaxQueues,
		Payloads:  h.payloadCounts(),
		Doors:     h.bounds.doors(),
		Panics:    h.panics,
		Limits:    adminLimits(&cfg.AdminLimits),
		Door:      h.bounds.admin,
		Quotas:    h.bounds.quotas,
		Tally:     h.bounds.tally,
		Logins:    h.known.logins(),
		Auth:      h.rights.in(h.known.admin, true),
		Users:     h.known.counts(),
		Open:      cfg.InsecureListen,
		TLS:       h.certificates.states,
		Version:   version,
		Revision:  revision,
		Log:       h.log.With("listener", "admin"),
	})
	if h.ports.admin != nil {
		h.serve("admin", h.certificates.around(config.AdminName, h.ports.admin), h.admin.Serve)
	}
}

// openCore opens the store in dir and the core on it.
func (h *House) openCore(ctx context.Context, cfg *config.Config, dir string) (*queuecore.Broker, error) {
	advice := storeAdvice(dir)
	s, err := h.openStore(cfg, dir, advice)
	if err != nil {
		return nil, fmt.Errorf("data_dir: %w", err)
	}
	b, err := queuecore.Open(ctx, s, coreOptions(cfg, h.log))
	if errors.Is(err, queuecore.ErrInvalid) {
		err = fmt.Errorf("%w; %s", err, advice) // a record that says nothing
	}
	if err != nil {
		return nil, fmt.Errorf("data_dir %s: %w", dir, errors.Join(err, s.Close()))
	}
	return b, nil
}

// hasQueue reports whether a queue is there.
func (h *House) hasQueue(name string) bool {
	_, err := h.broker.Queue(name)
	return err == nil
}

// What the journal may keep of messages that stay, of memory_target: a sixth, and 160 MiB at the
// most, which a start after a kill reads back in about a second or two.
const (
	aheadShare = 6
	mostAhead  = 160
)

func (h *House) openStore(cfg *config.Config, dir, advice string) (store.Store, error) {
	s, err := badgerstore.Open(dir, badgerstore.Options{
		Log: h.log, MinFree: int64(cfg.StoreMinFree) << 20, Advice: advice,
		Ahead: int64(min(cfg.Memory.Target/aheadShare, mostAhead)) << 20,
	})
	if err != nil {
		return nil, err
	}
	if h.wrap != nil {
		return h.wrap(s), nil
	}
	return s, nil
}

// storeAdvice is what the log and the last line of a server say about damage.
func storeAdvice(dir string) string {
	return fmt.Sprintf(`"sluice store check --data %s" lists what is damaged, "sluice store salvage --data %[1]s --to NEW" copies the rest`, dir)
}

func coreOptions(cfg *config.Config, log *slog.Logger) *queuecore.Options {
	return &queuecore.Options{
		NoSync:       cfg.Sync == config.SyncByInterval,
		SyncInterval: cfg.SyncInterval,

		MaxQueues: cfg.Memory.MaxQueues, MaxLeases: cfg.Memory.MaxLeases, IndexEntries: cfg.Memory.IndexEntries,
		MaxIndexBytes: int64(cfg.Memory.Index) << 20, CacheBytes: int64(cfg.Memory.Cache) << 20,
		Log: log,
	}
}

// serve runs a Serve on a port of the house.
func (h *House) serve(name string, l net.Listener, serve func(net.Listener) error) {
	// Close stops it.
	h.serving.Go(func() error {
		// Nobody but the house closes a port, and then it is no failure.
		if err := serve(l); err != nil && !errors.Is(err, net.ErrClosed) {
			return fmt.Errorf("%s: %w", name, err)
		}
		return nil
	})
}

// Addrs returns the addresses really bound.
func (h *House) Addrs() Addrs { return h.addrs }

// DataDir returns the directory of the store as an absolute path.
func (h *House) DataDir() string { return h.dataDir }

// Wait returns nil when ctx ends or the house is closed, or before that the error
// of a listener that broke or of the store, unless the configuration says that the
// house stays without it. The house then still stands until it is closed.
func (h *House) Wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case <-h.storeFailed():
		return fmt.Errorf("data_dir %s: %w", h.dataDir, h.broker.Err())
	case <-h.failed.Done():
	}
	if err := context.Cause(h.failed); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// storeFailed returns a channel that is closed when the house must end because
// its store has failed.
func (h *House) storeFailed() <-chan struct{} {
	if h.stays {
		return nil
	}
	return h.broker.Failed()
}
