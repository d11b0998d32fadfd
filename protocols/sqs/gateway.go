package sqs

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/door"
	"github.com/sluicemq/sluice/protocols/panics"
	"github.com/sluicemq/sluice/protocols/quota"
	"github.com/sluicemq/sluice/protocols/tally"
	"github.com/sluicemq/sluice/queuecore"
)

// Options are the settings of a Gateway; zero fields are the defaults.
type Options struct {
	// Auth says who a client is by its access key id and signature (nil: everyone
	// may do everything).
	Auth protocols.Authenticator
	// Audit is told of logins, denials and what changes queues (nil: nobody is).
	Audit protocols.Audit
	// Log gets what concerns no single client, and internal failures (nil: slog.Default).
	Log *slog.Logger
	// Region and Account stand in ARNs ("us-east-1", "000000000000"). Requests
	// for other regions and accounts are served all the same.
	Region  string
	Account string
	// CheckRegion refuses signatures that are made for another region than Region.
	CheckRegion bool
	// PublicURL is what queue URLs begin with, such as "https://sqs.example.com".
	// Empty: the scheme and host of each request, or what a proxy says of them in
	// Forwarded or in X-Forwarded-Proto, -Host and -Port; anybody may write these, and
	// only the URLs in the answer depend on them. Signatures are taken for the host of
	// PublicURL too, as a proxy may put another one into requests.
	PublicURL string
	// PurgeInterval is how long a queue that was purged is not purged again, and
	// RecreateDelay how long one that was deleted is not made again; 60 s in SQS. Zero:
	// there is no such rule. A restart of the gateway forgets both.
	PurgeInterval time.Duration
	RecreateDelay time.Duration
	// Payloads is where bodies go that are too large for SQS (nil: they are handed out whole).
	Payloads protocols.Payloads
	Limits   Limits
	// Door counts the connections, in the place of Limits.Connections (nil: the gateway's own does).
	Door *door.Door
	// Panics counts panics (nil: nobody asks how many).
	Panics *panics.Count
	// Quotas are the limits of users, shared with other gateways (nil: users have none).
	Quotas *quota.Book
	// Tally counts what is refused because of a limit (nil: nobody does).
	Tally *tally.Tally
	// Now is the clock (nil: time.Now).
	Now func() time.Time
}

func (o Options) withDefaults() Options {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Region == "" {
		o.Region = "us-east-1"
	}
	if o.Account == "" {
		o.Account = "000000000000"
	}
	o.PublicURL = strings.TrimRight(o.PublicURL, "/")
	o.Limits = o.Limits.withDefaults()
	return o
}

// Gateway serves SQS. Its methods may be called from any goroutine.
type Gateway struct {
	Options

	broker     *queuecore.Broker
	names      mapping.SQS
	actions    map[string]action
	attributes []attribute

	ownClock   bool   // Now is not the system's
	publicHost string // of PublicURL
	signing    signingKeys
	policies   policies

	guard   *panics.Guard
	server  *http.Server
	conns   conns
	closing context.Context // ends when Shutdown begins
	close   context.CancelFunc

	purged  recent
	deleted recent
	answers *answers

	pending atomic.Int64 // bytes of bodies being read, see body.go
	buffers sync.Pool    // of *[]byte
}

var _ protocols.Gateway = (*Gateway)(nil)

// New returns a gateway to b. The broker must outlive it.
func New(b *queuecore.Broker, o Options) *Gateway {
	g := &Gateway{Options: o.withDefaults(), broker: b, actions: actions()}
	if g.ownClock = g.Now != nil; !g.ownClock {
		g.Now = time.Now
	}
	g.attributes = g.attributeTable()
	g.publicHost = hostOf(g.PublicURL)
	g.purged.rest, g.deleted.rest = g.PurgeInterval, g.RecreateDelay
	g.answers = newAnswers(maxAnswers, maxAnswerBytes)
	g.buffers.New = func() any { b := make([]byte, 0, 4<<10); return &b }
	g.closing, g.close = context.WithCancel(context.Background())
	if g.conns.door = o.Door; g.conns.door == nil {
		g.conns.door = door.New(door.Limits{All: g.Limits.Connections})
	}
	g.guard = panics.New(g.Log, o.Panics)
	g.conns.tally, g.conns.patience = o.Tally, g.Limits.HeaderTimeout
	g.server = g.newServer()
	return g
}
