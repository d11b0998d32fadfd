package config

import (
	"cmp"
	"time"
)

// NATSLimits bound what NATS clients may ask of the server. Sizes are in KiB, Pending in MiB.
type NATSLimits struct {
	// LoginTimeout is the time until CONNECT has come and been checked, TLS and WebSocket included, and
	// LoginSize bounds a message before that, and the request for a WebSocket.
	LoginTimeout time.Duration `yaml:"nats_login_timeout"`
	LoginSize    int           `yaml:"nats_max_login_size"`
	// ControlLine and Payload bound a protocol line, and headers and body of a message.
	ControlLine   int `yaml:"nats_max_control_line"`
	Payload       int `yaml:"nats_max_payload"`
	Subscriptions int `yaml:"nats_max_subscriptions"` // of one connection
	// Pending bounds what waits for a client that does not read, and WriteTimeout one write.
	Pending      int           `yaml:"nats_max_pending"`
	WriteTimeout time.Duration `yaml:"nats_write_timeout"`
}

// SQSLimits bound what SQS clients may ask of the server. Sizes are in KiB, BodyMemory in MiB. A request
// is signed as a whole, so that these hold before anybody knows whose it is.
type SQSLimits struct {
	Header     int `yaml:"sqs_max_header_size"`
	Body       int `yaml:"sqs_max_body"`
	BodyMemory int `yaml:"sqs_body_memory"` // of all bodies being read, beyond 64 KiB of each
	// HeaderTimeout and RequestTimeout are for reading a header, a handshake of TLS included, and a request,
	// WriteTimeout for an answer, and IdleTimeout for a connection without either.
	HeaderTimeout  time.Duration `yaml:"sqs_header_timeout"`
	RequestTimeout time.Duration `yaml:"sqs_request_timeout"`
	WriteTimeout   time.Duration `yaml:"sqs_write_timeout"`
	IdleTimeout    time.Duration `yaml:"sqs_idle_timeout"`
}

// AdminLimits bound what clients of the admin listener may ask. Sizes are in KiB.
type AdminLimits struct {
	Connections int `yaml:"admin_max_connections"`
	Address     int `yaml:"admin_max_connections_per_address"`
	Header      int `yaml:"admin_max_header_size"`
	Body        int `yaml:"admin_max_body"`
	// HeaderTimeout is for reading a header, RequestTimeout for a request, and LoginTimeout for a
	// password to be checked.
	HeaderTimeout  time.Duration `yaml:"admin_header_timeout"`
	RequestTimeout time.Duration `yaml:"admin_request_timeout"`
	LoginTimeout   time.Duration `yaml:"admin_login_timeout"`
}

// The bounds of NATSLimits, SQSLimits and AdminLimits.
const (
	MinTimeout = 100 * time.Millisecond
	MaxTimeout = time.Hour
	// MaxPart bounds headers, lines, and what comes before a login, in KiB; MaxBody a message of NATS, which
	// the core bounds so; MaxRequest the body of an HTTP request.
	MaxPart    = 1024
	MaxBody    = 1024
	MaxRequest = 1 << 20
)

func defaultNATSLimits() NATSLimits {
	return NATSLimits{
		LoginTimeout: 2 * time.Second, LoginSize: 16, ControlLine: 4, Payload: 1024, Subscriptions: 10_000,
		Pending: 64, WriteTimeout: 10 * time.Second,
	}
}

func defaultSQSLimits() SQSLimits {
	return SQSLimits{
		Header: 32, Body: 8 << 10, BodyMemory: 256, HeaderTimeout: 10 * time.Second, RequestTimeout: 30 * time.Second,
		WriteTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute,
	}
}

func defaultAdminLimits() AdminLimits {
	return AdminLimits{
		Connections: 200, Address: 50, Header: 16, Body: 64,
		HeaderTimeout: 5 * time.Second, RequestTimeout: 30 * time.Second, LoginTimeout: 5 * time.Second,
	}
}

func (l *NATSLimits) check() error {
	return cmp.Or(
		between("nats_login_timeout", l.LoginTimeout, MinTimeout, MaxTimeout),
		between("nats_max_login_size", l.LoginSize, 1, MaxPart),
		between("nats_max_control_line", l.ControlLine, 1, MaxPart),
		between("nats_max_payload", l.Payload, 1, MaxBody),
		between("nats_max_subscriptions", l.Subscriptions, 1, MaxCount),
		between("nats_max_pending", l.Pending, 1, MaxMemory),
		between("nats_write_timeout", l.WriteTimeout, MinTimeout, MaxTimeout),
	)
}

func (l *SQSLimits) check() error {
	return cmp.Or(
		between("sqs_max_header_size", l.Header, 1, MaxPart),
		between("sqs_max_body", l.Body, 1, MaxRequest),
		between("sqs_body_memory", l.BodyMemory, 1, MaxMemory),
		between("sqs_header_timeout", l.HeaderTimeout, MinTimeout, MaxTimeout),
		between("sqs_request_timeout", l.RequestTimeout, MinTimeout, MaxTimeout),
		between("sqs_write_timeout", l.WriteTimeout, MinTimeout, MaxTimeout),
		between("sqs_idle_timeout", l.IdleTimeout, MinTimeout, MaxTimeout),
	)
}

func (l *AdminLimits) check() error {
	return cmp.Or(
		between("admin_max_connections", l.Connections, 1, MaxConnections),
		between("admin_max_connections_per_address", l.Address, 0, MaxConnections),
		between("admin_max_header_size", l.Header, 1, MaxPart),
		between("admin_max_body", l.Body, 1, MaxRequest),
		between("admin_header_timeout", l.HeaderTimeout, MinTimeout, MaxTimeout),
		between("admin_request_timeout", l.RequestTimeout, MinTimeout, MaxTimeout),
		between("admin_login_timeout", l.LoginTimeout, MinTimeout, MaxTimeout),
	)
}
