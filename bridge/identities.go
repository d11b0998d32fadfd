package bridge

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/sluicemq/sluice/bridge/admin"
	"github.com/sluicemq/sluice/bridge/auth"
	"github.com/sluicemq/sluice/bridge/auth/lockout"
	"github.com/sluicemq/sluice/bridge/config"
	"github.com/sluicemq/sluice/bridge/users"
	"github.com/sluicemq/sluice/protocols"
)

// identities are who may use a house.
type identities struct {
	sqs    protocols.Authenticator // SQS alone
	others protocols.Authenticator // STOMP and NATS
	admin  protocols.Authenticator // the admin listener; nil: it knows no users
	users  *users.Store            // nil: there is no file of them
	locks  *lockout.Guard          // before all of those who refuse somebody; nil: none does
	stop   context.CancelFunc      // looking at the file; nil: nobody does
}

// openIdentities reads the users and the secrets of access keys. Without a file of users
// everybody may use STOMP and NATS, and without access keys SQS as well.
func openIdentities(cfg *config.Config, log *slog.Logger) (identities, error) {
	open := identities{sqs: auth.Open{}, others: auth.Open{}}
	keys, err := users.Keys(cfg.AccessKeys, log)
	switch {
	case err != nil:
		return open, err
	case cfg.UsersFile == "" && len(keys) > 0:
		open.sqs = auth.New(keys)
		return open, nil
	case cfg.UsersFile == "":
		return open, nil
	}
	s, err := users.Open(cfg.UsersFile, users.Options{Log: log, Keys: keys})
	if err != nil {
		return open, fmt.Errorf("users_file: %w", err)
	}
	known := s.Identities()
	return identities{sqs: known, others: known, admin: known, users: s}, nil
}

// guard has logins that fail locked. All of those that know users are the same one.
func (i *identities) guard(o lockout.Options) {
	if _, open := i.sqs.(auth.Open); open {
		return
	}
	i.locks = lockout.New(i.sqs, o)
	i.sqs = i.locks
	if i.users != nil {
		i.others, i.admin = i.locks, i.locks
		i.users.NotifyRenewed(i.locks.Lift)
	}
}

// logins is what has come of logins as admin knows it: nil when everybody is let in.
func (i *identities) logins() func() admin.LoginCounts {
	if i.locks == nil {
		return nil
	}
	return func() admin.LoginCounts {
		c := i.locks.Counts()
		return admin.LoginCounts{Accepted: c.Accepted, Refused: c.Refused - c.Locked, Locked: c.Locked}
	}
}

// watchUsers has the identities follow their file.
func (h *House) watchUsers() {
	if h.known.users == nil {
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	h.known.stop = stop
	// Close stops it.
	h.serving.Go(func() error {
		h.known.users.Watch(ctx)
		return nil
	})
}

// close stops looking at the file.
func (i *identities) close() {
	if i.stop != nil {
		i.stop()
	}
}

// counts is what the store of users counts as admin knows it: nil when there is none.
func (i *identities) counts() func() admin.UserCounts {
	if i.users == nil {
		return nil
	}
	return func() admin.UserCounts {
		c := i.users.Counts()
		return admin.UserCounts{InForce: c.InForce, Users: c.Users}
	}
}
