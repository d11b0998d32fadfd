package config

import (
	"cmp"
	"time"
)

// UserLimits bound what one user may have and ask for, in all dialects and over all his connections
// together. 0: there is no such bound. Clients without a name are bounded by Requests and Bytes alone, all of
// them as one.
type UserLimits struct {
	Connections   int `yaml:"user_max_connections"`
	Subscriptions int `yaml:"user_max_subscriptions"`
	Transactions  int `yaml:"user_max_transactions"`
	// Queues bounds those that the user has made, by use or creation, since the start of the server, and that are there yet.
	Queues    int `yaml:"user_max_queues"`
	Consumers int `yaml:"user_max_consumers"` // of JetStream, likewise
	// Requests and Bytes (KiB) are of one second: frames of STOMP, protocol lines of NATS, requests of SQS
	// and the admin listener. STOMP and NATS clients beyond are read more slowly, the others refused.
	Requests int `yaml:"user_max_requests"`
	Bytes    int `yaml:"user_max_bytes"`
}

// LoginLimits say when logins that fail are locked; see package lockout.
type LoginLimits struct {
	// Failures is how many of one user from one address lock that pair, and Users how many users that fail from
	// one address lock that. 0: nothing is locked, or no address is. LockTime is how long, and the time in which
	// one failure is forgotten.
	Failures int           `yaml:"login_max_failures"`
	Users    int           `yaml:"login_max_users_per_address"`
	LockTime time.Duration `yaml:"login_lock_time"`
}

// The bounds of LoginLimits.
const (
	MaxLoginFailures = 1_000_000
	MinLockTime      = time.Second
	MaxLockTime      = 24 * time.Hour
)

func defaultUserLimits() UserLimits {
	return UserLimits{Connections: 5_000, Subscriptions: 50_000, Transactions: 1_000, Queues: 10_000, Consumers: 10_000}
}

func defaultLoginLimits() LoginLimits {
	return LoginLimits{Failures: 10, Users: 20, LockTime: time.Minute}
}

func (l *UserLimits) check() error {
	return cmp.Or(
		between("user_max_connections", l.Connections, 0, MaxConnections),
		between("user_max_subscriptions", l.Subscriptions, 0, MaxCount),
		between("user_max_transactions", l.Transactions, 0, MaxCount),
		between("user_max_queues", l.Queues, 0, MaxCount),
		between("user_max_consumers", l.Consumers, 0, MaxCount),
		between("user_max_requests", l.Requests, 0, MaxCount),
		between("user_max_bytes", l.Bytes, 0, MaxMemory),
	)
}

func (l *LoginLimits) check() error {
	return cmp.Or(
		between("login_max_failures", l.Failures, 0, MaxLoginFailures),
		between("login_max_users_per_address", l.Users, 0, MaxLoginFailures),
		between("login_lock_time", l.LockTime, MinLockTime, MaxLockTime),
	)
}
