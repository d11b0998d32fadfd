package config

import (
	"cmp"
	"fmt"
	"time"
)

// STOMPLimits bound what STOMP clients may ask of the server. Those that are of all clients
// together are of all addresses for STOMP together. Sizes are in KiB, and in MiB where
// the name says memory.
type STOMPLimits struct {
	// Connections bounds the open connections, and Address those from one address, or
	// from one network of 64 bits of IPv6; 0: there is no such bound. This machine's own addresses are not bounded.
	Connections int `yaml:"stomp_max_connections"`
	Address     int `yaml:"stomp_max_connections_per_address"`
	// LoginFrame bounds header and body of the CONNECT frame, each, and the request for a
	// WebSocket. LoginTimeout is the time until all that, a TLS handshake included, has come.
	LoginFrame   int           `yaml:"stomp_max_login_frame"`
	LoginTimeout time.Duration `yaml:"stomp_login_timeout"`
	// Headers, HeaderSize and Body bound a frame after the login.
	Headers    int `yaml:"stomp_max_headers"`
	HeaderSize int `yaml:"stomp_max_header_size"`
	Body       int `yaml:"stomp_max_body"`
	// BodyMemory bounds the frames that are being received from all clients, beyond the first 16 KiB
	// of each, and TransactionMemory the messages in all open transactions, likewise. Clients wait for it.
	BodyMemory        int `yaml:"stomp_body_memory"`
	TransactionMemory int `yaml:"stomp_transaction_memory"`
	// OutboxMemory is what messages on their way to all clients share.
	OutboxMemory int `yaml:"stomp_outbox_memory"`

	// These are of one connection.
	Subscriptions   int `yaml:"stomp_max_subscriptions"`
	Unsettled       int `yaml:"stomp_max_unsettled"`
	Transactions    int `yaml:"stomp_max_transactions"`
	TransactionOps  int `yaml:"stomp_max_transaction_ops"`
	TransactionSize int `yaml:"stomp_max_transaction_size"`
	// Prefetch is what a subscription gets that does not say how many unsettled messages
	// it wants, and MaxPrefetch what it gets at most.
	Prefetch    int `yaml:"stomp_prefetch"`
	MaxPrefetch int `yaml:"stomp_max_prefetch"`
	// HeartBeat is the shortest interval of heart-beats, and WriteTimeout how long a client may take
	// nothing of what is sent to it.
	HeartBeat    time.Duration `yaml:"stomp_min_heart_beat"`
	WriteTimeout time.Duration `yaml:"stomp_write_timeout"`
}

// Connections bound the connections of NATS and SQS clients, as those of STOMPLimits do.
type Connections struct {
	NATS        int `yaml:"nats_max_connections"`
	NATSAddress int `yaml:"nats_max_connections_per_address"`
	SQS         int `yaml:"sqs_max_connections"`
	SQSAddress  int `yaml:"sqs_max_connections_per_address"`
}

// The bounds of STOMPLimits and Connections.
const (
	// MaxConnections bounds the numbers of connections: more sockets than that no
	// system gives to one process.
	MaxConnections = 1_000_000
	// MaxSTOMPPart bounds LoginFrame and HeaderSize, in KiB, and MaxSTOMPBody Body: a message has at most 1 MiB.
	MaxSTOMPPart = 1024
	MaxSTOMPBody = 1024
	// MinSTOMPHeaders leaves room for what clients' libraries write of their own accord.
	MinSTOMPHeaders = 10
	MaxSTOMPHeaders = 10_000
	// MaxTransactionOps and MaxTransactionSize (KiB) are what the core does at once.
	MaxTransactionOps  = 10_000
	MaxTransactionSize = 6 << 10
	// MinSTOMPTimeout and MaxSTOMPTimeout bound the times.
	MinSTOMPTimeout = 100 * time.Millisecond
	MaxSTOMPTimeout = time.Hour
)

// defaultSTOMPLimits are those of package stomp.
func defaultSTOMPLimits() STOMPLimits {
	return STOMPLimits{
		Connections: 10_000, Address: 1_000, LoginFrame: 16, LoginTimeout: 10 * time.Second,
		Headers: 100, HeaderSize: 64, Body: 1024, BodyMemory: 64, TransactionMemory: 64, OutboxMemory: 64,
		Subscriptions: 1_000, Unsettled: 8_000, Transactions: 16, TransactionOps: 8_000, TransactionSize: 6 << 10,
		Prefetch: 100, MaxPrefetch: 5_000, HeartBeat: 500 * time.Millisecond, WriteTimeout: time.Minute,
	}
}

func (l *STOMPLimits) check() error {
	return cmp.Or(
		between("stomp_max_connections", l.Connections, 1, MaxConnections),
		between("stomp_max_connections_per_address", l.Address, 0, MaxConnections),
		between("stomp_max_login_frame", l.LoginFrame, 1, MaxSTOMPPart),
		between("stomp_login_timeout", l.LoginTimeout, MinSTOMPTimeout, MaxSTOMPTimeout),
		between("stomp_max_headers", l.Headers, MinSTOMPHeaders, MaxSTOMPHeaders),
		between("stomp_max_header_size", l.HeaderSize, 1, MaxSTOMPPart),
		between("stomp_max_body", l.Body, 1, MaxSTOMPBody),
		between("stomp_body_memory", l.BodyMemory, 1, MaxMemory),
		between("stomp_transaction_memory", l.TransactionMemory, 1, MaxMemory),
		between("stomp_outbox_memory", l.OutboxMemory, 1, MaxMemory),
		l.checkConnection(),
	)
}

func (l *STOMPLimits) checkConnection() error {
	return cmp.Or(
		between("stomp_max_subscriptions", l.Subscriptions, 1, MaxCount),
		between("stomp_max_unsettled", l.Unsettled, 1, MaxCount),
		between("stomp_max_transactions", l.Transactions, 1, MaxCount),
		between("stomp_max_transaction_ops", l.TransactionOps, 1, MaxTransactionOps),
		between("stomp_max_transaction_size", l.TransactionSize, 1, MaxTransactionSize),
		between("stomp_max_prefetch", l.MaxPrefetch, 1, MaxCount),
		l.checkPrefetch(),
		between("stomp_min_heart_beat", l.HeartBeat, MinSTOMPTimeout, MaxSTOMPTimeout),
		between("stomp_write_timeout", l.WriteTimeout, MinSTOMPTimeout, MaxSTOMPTimeout),
	)
}

func (c *Connections) check() error {
	return cmp.Or(
		between("nats_max_connections", c.NATS, 1, MaxConnections),
		between("nats_max_connections_per_address", c.NATSAddress, 0, MaxConnections),
		between("sqs_max_connections", c.SQS, 1, MaxConnections),
		between("sqs_max_connections_per_address", c.SQSAddress, 0, MaxConnections),
	)
}

// checkPrefetch says where the bound comes from, which is a setting itself.
func (l *STOMPLimits) checkPrefetch() error {
	if err := between("stomp_prefetch", l.Prefetch, 1, l.MaxPrefetch); err != nil {
		return fmt.Errorf("%w, which is stomp_max_prefetch", err)
	}
	return nil
}
