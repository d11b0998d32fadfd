package config

import "time"

// Config is what a house is built from. [Default] is a good one; after any
// change [Config.Check] says whether it still is.
type Config struct {
	// DataDir holds the store. It is made if it is not there, and belongs to
	// one process at a time.
	DataDir string `yaml:"data_dir"`

	// The addresses to listen on, host:port. Port 0 takes a free one; an empty
	// address switches the listener off.
	STOMPAddr string `yaml:"stomp_addr"`
	NATSAddr  string `yaml:"nats_addr"`
	SQSAddr   string `yaml:"sqs_addr"`
	AdminAddr string `yaml:"admin_addr"`
	// STOMPDialect is what is spoken at STOMPAddr, and STOMPFurther are more listeners
	// for STOMP clients.
	STOMPDialect STOMPDialect    `yaml:"stomp_dialect"`
	STOMPErrors  STOMPErrors     `yaml:"stomp_errors"` // at STOMPAddr
	STOMPFurther []STOMPListener `yaml:"stomp_listeners"`
	// STOMPNack is what NACK means at STOMPAddr.
	STOMPNack STOMPNack `yaml:"stomp_nack"`
	// QueueRules say what queues are like that are made by their use.
	QueueRules []QueueRule `yaml:"queue_rules"`
	// InsecureListen allows addresses that other machines can reach, although
	// nobody has to say who he is, and nothing has to be encrypted. It is not needed where there
	// are a UsersFile (or AccessKeys, for SQSAddr) and a certificate or a word in PlainTextListen.
	InsecureListen bool `yaml:"insecure_listen"`
	// PlainTextListen names, with commas, where clients that say who they are may do so from other
	// machines without TLS: stomp, nats, sqs, admin.
	PlainTextListen string `yaml:"plain_text_listen"`

	// AccessKeys are who may use SQS. With any, every request must be signed with
	// one of them; without, and without a UsersFile, all requests are taken.
	AccessKeys []AccessKey `yaml:"access_keys"`
	// UsersFile names the file of the users of all dialects, as ParseUsers reads it. With it,
	// every client must say who it is; without, those of STOMP and NATS need not. It is read
	// again when it changes.
	UsersFile string `yaml:"users_file"`

	Audit Audit `yaml:",inline"`

	// Sync says when a send or an ack is confirmed, and SyncInterval how often
	// the disk is told to keep what it has under SyncByInterval.
	Sync         Sync          `yaml:"sync"`
	SyncInterval time.Duration `yaml:"sync_interval"`

	// StoreMinFree is the space in MiB that stays free on the disk of DataDir: below
	// it sends are refused, while receives and acks go on. Zero: the smaller of 1 GiB
	// and a tenth of the disk. What the store needs itself is never less than 512 MiB
	// and the size of its tables, up to 1,280 MiB together.
	StoreMinFree int `yaml:"store_min_free"`
	// OnStoreFailure says what a server does whose disk has failed.
	OnStoreFailure OnStoreFailure `yaml:"on_store_failure"`

	// DrainTimeout bounds how long a stop waits for clients before it cuts them off.
	DrainTimeout time.Duration `yaml:"drain_timeout"`
	// MetricsMaxQueues bounds the queues that /metrics tells of by name.
	MetricsMaxQueues int `yaml:"metrics_max_queues"`

	Memory Memory `yaml:",inline"`

	STOMPPort   STOMPPort   `yaml:",inline"`
	STOMPLimits STOMPLimits `yaml:",inline"`
	NATSPort    NATSPort    `yaml:",inline"`
	SQSPort     SQSPort     `yaml:",inline"`
	AdminPort   AdminPort   `yaml:",inline"`
	Connections Connections `yaml:",inline"`
	NATSLimits  NATSLimits  `yaml:",inline"`
	SQSLimits   SQSLimits   `yaml:",inline"`
	AdminLimits AdminLimits `yaml:",inline"`
	UserLimits  UserLimits  `yaml:",inline"`
	LoginLimits LoginLimits `yaml:",inline"`

	SQS SQS `yaml:",inline"`
	S3  S3  `yaml:",inline"`
	Log Log `yaml:",inline"`
	// ReadyJSON announces the bound addresses as one line of JSON besides
	// as text.
	ReadyJSON bool `yaml:"ready_json"`
}

// Sync says when a send or an ack is confirmed.
type Sync string

// The two ways to confirm.
const (
	// SyncAlways confirms what is on disk: a power cut loses nothing confirmed.
	SyncAlways Sync = "always"
	// SyncByInterval confirms what the operating system has: a power cut loses
	// what was confirmed within the last SyncInterval, the death of the process nothing.
	SyncByInterval Sync = "interval"
)

// Memory bounds what the server keeps in memory. Sizes are in MiB.
type Memory struct {
	// Target is what the process aims to stay within, files that are mapped not
	// counted: above it memory is freed more eagerly, at the cost of time. GOMEMLIMIT
	// in the environment takes its place. A sixth of it, 160 MiB at the most, may hold
	// messages that the store has in its journal alone, and of small ones their places take as much again.
	Target int `yaml:"memory_target"`
	// Index bounds what all waiting messages take besides their bodies, about 8
	// bytes each, and dedup ids, about 200: beyond, sends are refused.
	Index int `yaml:"max_index_memory"`
	// IndexEntries bounds how many waiting messages stand in the index in full.
	IndexEntries int `yaml:"index_entries"`
	// MaxLeases bounds the messages that are with receivers at a time, in all queues
	// together: beyond, receives are refused.
	MaxLeases int `yaml:"max_leases"`
	// MaxQueues bounds the queues, temporary ones included, which may be half of them.
	MaxQueues int `yaml:"max_queues"`
	// Cache bounds the recent messages whose bodies are kept for receivers that keep up.
	Cache int `yaml:"message_cache"`
}

// OnStoreFailure says what a server does whose disk has failed. It confirms
// nothing more in either case.
type OnStoreFailure string

// What a server does whose disk has failed.
const (
	// ExitOnFailure ends the process with exit code 1, for a service manager to start it again.
	ExitOnFailure OnStoreFailure = "exit"
	// StayOnFailure refuses everything until somebody stops the process.
	StayOnFailure OnStoreFailure = "stay"
)

// SQS holds what the SQS dialect shows of itself.
type SQS struct {
	// Region and Account stand in ARNs and queue URLs. Requests for others are
	// served all the same.
	Region  string `yaml:"sqs_region"`
	Account string `yaml:"sqs_account"`
	// PublicURL is what queue URLs begin with; empty: what the client called
	// the server by. Signatures are taken for its host besides that of the request,
	// as a proxy may change it.
	PublicURL string `yaml:"sqs_public_url"`
	// CheckRegion refuses signatures for another region than Region.
	CheckRegion bool `yaml:"sqs_check_region"`
	// PurgeInterval and RecreateDelay are how long a queue is not purged again, and not
	// made again once it was deleted. 0: there is no such rule; in SQS it is 60 s.
	PurgeInterval time.Duration `yaml:"sqs_purge_interval"`
	RecreateDelay time.Duration `yaml:"sqs_recreate_delay"`
}

// Log says what is logged and how.
type Log struct {
	Level  LogLevel  `yaml:"log_level"`
	Format LogFormat `yaml:"log_format"`
}

// LogLevel is the least important sort of line that is logged.
type LogLevel string

// The levels of log/slog.
const (
	LogDebug LogLevel = "debug"
	LogInfo  LogLevel = "info"
	LogWarn  LogLevel = "warn"
	LogError LogLevel = "error"
)

// LogFormat is the form of a log line.
type LogFormat string

// The formats of log/slog.
const (
	LogText LogFormat = "text"
	LogJSON LogFormat = "json"
)

// Default returns the configuration of a server that nobody has configured: on
// this machine only, with every confirmed message on disk.
func Default() Config {
	return Config{
		DataDir:          "./sluice-data",
		STOMPAddr:        "127.0.0.1:61613",
		STOMPDialect:     STOMPPlain,
		STOMPErrors:      STOMPStrict,
		NATSAddr:         "127.0.0.1:4222",
		SQSAddr:          "127.0.0.1:9324",
		AdminAddr:        "127.0.0.1:9325",
		Audit:            Audit{OnFailure: AuditContinue},
		Sync:             SyncAlways,
		SyncInterval:     100 * time.Millisecond,
		OnStoreFailure:   ExitOnFailure,
		DrainTimeout:     20 * time.Second,
		MetricsMaxQueues: 1000,
		Memory: Memory{
			Target: 1024, Index: 2048, IndexEntries: 400_000, MaxLeases: 1_000_000, MaxQueues: 100_000, Cache: 32,
		},
		STOMPLimits: defaultSTOMPLimits(),
		STOMPPort:   STOMPPort{TLSClientAuth: ClientAuthNone},
		NATSPort:    NATSPort{LameDuck: time.Second, TLSClientAuth: ClientAuthNone},
		SQSPort:     SQSPort{TLSClientAuth: ClientAuthNone},
		AdminPort:   AdminPort{TLSClientAuth: ClientAuthNone},
		Connections: Connections{NATS: 64 << 10, NATSAddress: 6_000, SQS: 10_000},
		NATSLimits:  defaultNATSLimits(),
		SQSLimits:   defaultSQSLimits(),
		AdminLimits: defaultAdminLimits(),
		UserLimits:  defaultUserLimits(),
		LoginLimits: defaultLoginLimits(),

		SQS: SQS{Region: "us-east-1", Account: "000000000000"},
		S3:  S3{Region: "us-east-1", MaxPayload: 8, Timeout: 10 * time.Second},
		Log: Log{Level: LogInfo, Format: LogText},
	}
}
