package config

import (
	"reflect"
	"strings"
	"time"

	"github.com/spf13/pflag"
)

const envPrefix = "SLUICE_"

// Setting is one thing that can be set. The flag and the variable of the
// environment are spelled after the key of the file.
type Setting struct {
	Key   string
	Usage string // what the flag's help says
}

// Flag returns the name of the setting's flag, without dashes before it.
func (s Setting) Flag() string { return strings.ReplaceAll(s.Key, "_", "-") }

// Env returns the name of the setting's variable.
func (s Setting) Env() string { return envPrefix + strings.ToUpper(s.Key) }

func envName(key string) string  { return Setting{Key: key}.Env() }
func flagName(key string) string { return "--" + Setting{Key: key}.Flag() }
func fileName(key string) string { return key }

// settings returns every setting in the order in which help shows them. Each
// stands for the field of Config with its key as yaml tag.
func settings() []Setting {
	return []Setting{
		{"data_dir", "`directory` of the store, made if it is not there"},
		{"stomp_addr", "`host:port` for STOMP clients; empty: no STOMP, port 0: a free one"},
		{"stomp_dialect", "`plain|activemq|artemis|rabbitmq`: the broker whose names and habits STOMP clients know"},
		{"stomp_errors", "`strict|lenient`: every ERROR closes the connection of a STOMP client, or only those that must"},
		{stompListenersKey, "`list` of further addresses for STOMP clients, in YAML: [{addr: HOST:PORT, dialect: DIALECT}]"},
		{"stomp_nack", "`requeue|backoff|dead-letter`: what NACK means at stomp-addr; empty: as the dialect has it"},
		{queueRulesKey, "`list` of what queues are like that are made by their use, in YAML: [{queues: PATTERN, max_attempts: 5, dead_letter: NAME}]"},
		{"nats_addr", "`host:port` for NATS clients; empty: no NATS"},
		{"sqs_addr", "`host:port` for Amazon SQS clients; empty: no SQS"},
		{"admin_addr", "`host:port` for /livez, /readyz, /metrics and sluice queue; empty: none"},
		{"insecure_listen", "allow addresses that other machines can reach, without passwords or encryption"},
		{"plain_text_listen", "`names` of what other machines may reach without TLS, with commas: stomp, nats, sqs, admin; empty: nothing"},
		{"stomp_tls_cert", "`file` with the certificate for STOMP clients that speak TLS, in PEM; empty: no TLS"},
		{"stomp_tls_key", "`file` with its private key"},
		{"stomp_tls_client_ca", "`file` with the certificates of those who vouch for STOMP clients, in PEM"},
		{"stomp_tls_client_auth", "`none|optional|required`: whether STOMP clients show certificates of their own"},
		{"stomp_ws_origins", "`origins` of pages that may open a WebSocket to stomp-addr, with commas; * for all, empty: the address they call"},
		{"stomp_max_connections", "`number` of open connections of STOMP clients"},
		{"stomp_max_connections_per_address", "`number` of them from one address other than this machine's, or one /64 of IPv6; 0: no bound"},
		{"stomp_max_login_frame", "`KiB` of a CONNECT frame, header and body each, and of a request for a WebSocket"},
		{"stomp_login_timeout", "how long a STOMP client may take to log in, with TLS and WebSocket"},
		{"stomp_max_headers", "`number` of header lines of a STOMP frame"},
		{"stomp_max_header_size", "`KiB` that they have together"},
		{"stomp_max_body", "`KiB` of the body of a STOMP frame"},
		{"stomp_body_memory", "`MiB` for frames being received, beyond 16 KiB of each client; more has to wait"},
		{"stomp_transaction_memory", "`MiB` for messages in open transactions, beyond 16 KiB of each client; more has to wait"},
		{"stomp_outbox_memory", "`MiB` that messages on their way to STOMP clients share, with 16 to 256 KiB for each subscription"},
		{"stomp_max_subscriptions", "`number` of subscriptions of one STOMP connection"},
		{"stomp_max_unsettled", "`number` of messages that it may hold and not have settled"},
		{"stomp_max_transactions", "`number` of its open transactions"},
		{"stomp_max_transaction_ops", "`number` of frames, and of messages settled, in one transaction"},
		{"stomp_max_transaction_size", "`KiB` of messages in the open transactions of one connection"},
		{"stomp_prefetch", "`number` of unsettled messages of a subscription that names none itself"},
		{"stomp_max_prefetch", "`number` of them that it may name"},
		{"stomp_min_heart_beat", "shortest interval of heart-beats"},
		{"stomp_write_timeout", "how long a STOMP client may take nothing of what is sent to it"},
		{"nats_ws_addr", "`host:port` for NATS clients in WebSockets; empty: none"},
		{"nats_ws_origins", "`origins` of pages that may open a WebSocket to nats-ws-addr, as for STOMP"},
		{"nats_tls_cert", "`file` with the certificate for NATS clients, in PEM, who then have to speak TLS; empty: no TLS"},
		{"nats_tls_key", "`file` with its private key"},
		{"nats_tls_first", "NATS clients begin with TLS, and do not wait for INFO"},
		{"nats_tls_client_ca", "`file` with the certificates of those who vouch for NATS clients"},
		{"nats_tls_client_auth", "`none|optional|required`, as for STOMP"},
		{"nats_lame_duck", "how long a stop lets NATS clients move to another server by themselves"},
		{"nats_max_connections", "`number` of open connections of NATS clients"},
		{"nats_max_connections_per_address", "`number` of them from one address, as for STOMP; 0: no bound"},
		{"sqs_tls_cert", "`file` with the certificate for SQS clients, in PEM, who then have to speak HTTPS; empty: HTTP"},
		{"sqs_tls_key", "`file` with its private key"},
		{"sqs_tls_client_ca", "`file` with the certificates of those who vouch for SQS clients"},
		{"sqs_tls_client_auth", "`none|optional|required`, as for STOMP"},
		{"admin_tls_cert", "`file` with the certificate of the admin listener, in PEM, which then speaks HTTPS; empty: HTTP"},
		{"admin_tls_key", "`file` with its private key"},
		{"admin_tls_client_ca", "`file` with the certificates of those who vouch for its clients"},
		{"admin_tls_client_auth", "`none|optional|required`, as for STOMP"},
		{"sqs_max_connections", "`number` of open connections of SQS clients"},
		{"sqs_max_connections_per_address", "`number` of them from one address, as for STOMP; 0: no bound, for clients behind a proxy"},
		{"nats_login_timeout", "how long a NATS client may take to log in, with TLS and WebSocket"},
		{"nats_max_login_size", "`KiB` of a message before the login, and of a request for a WebSocket"},
		{"nats_max_control_line", "`KiB` of a protocol line"},
		{"nats_max_payload", "`KiB` of a message, with its headers"},
		{"nats_max_subscriptions", "`number` of subscriptions of one NATS connection"},
		{"nats_max_pending", "`MiB` that may wait for a NATS client that does not read; more ends its connection"},
		{"nats_write_timeout", "how long a NATS client may take nothing of what is sent to it"},
		{"sqs_max_header_size", "`KiB` of the header of an SQS request"},
		{"sqs_max_body", "`KiB` of its body"},
		{"sqs_body_memory", "`MiB` for bodies being read, beyond 64 KiB of each; more is throttled"},
		{"sqs_header_timeout", "how long the header of an SQS request may take, with TLS"},
		{"sqs_request_timeout", "how long the request may take, with its body"},
		{"sqs_write_timeout", "how long a client may take for its answer"},
		{"sqs_idle_timeout", "how long a connection of an SQS client may lie idle"},
		{"admin_max_connections", "`number` of open connections to the admin listener"},
		{"admin_max_connections_per_address", "`number` of them from one address, as for STOMP; 0: no bound"},
		{"admin_max_header_size", "`KiB` of the header of a request to the admin listener"},
		{"admin_max_body", "`KiB` of its body"},
		{"admin_header_timeout", "how long the header may take, with TLS"},
		{"admin_request_timeout", "how long the request and its answer may take"},
		{"admin_login_timeout", "how long a password may wait to be checked there"},
		{"user_max_connections", "`number` of open connections of one user, of all dialects; 0: no bound"},
		{"user_max_subscriptions", "`number` of subscriptions of one user; 0: no bound"},
		{"user_max_transactions", "`number` of open transactions of one user; 0: no bound"},
		{"user_max_queues", "`number` of queues that one user has made since the start and that are there yet; 0: no bound"},
		{"user_max_consumers", "`number` of JetStream consumers, likewise; 0: no bound"},
		{"user_max_requests", "`number` of requests of one user in a second; 0: no bound"},
		{"user_max_bytes", "`KiB` that come from one user in a second; 0: no bound"},
		{"login_max_failures", "`number` of failed logins of one user from one address that lock it for login-lock-time; 0: no locks"},
		{"login_max_users_per_address", "`number` of users who fail from one address that lock that; 0: no bound"},
		{"login_lock_time", "how long logins are locked, and in what time one failure is forgotten"},
		{accessKeysKey, "`list` of who may use SQS, in YAML: [{id: ID, secret: file:PATH or env:NAME, user: NAME}]; empty: everybody"},
		{"users_file", "`file` of the users of all dialects, who then have to say who they are (YAML); empty: none"},
		{"audit_log", "`file` that says who did what, a line of JSON each; empty: audit.log in data-dir if there is a users-file; none: none"},
		{"audit_failure", "`continue|refuse`: let clients log in while it cannot be written, or not"},
		{"sqs_region", "`region` in the ARNs of queues"},
		{"sqs_account", "`account` in the ARNs and URLs of queues, 12 digits"},
		{"sqs_public_url", "`URL` that queue URLs begin with; empty: as the client called the server"},
		{"sqs_check_region", "refuse signatures for another region than sqs-region"},
		{"sqs_purge_interval", "how long an SQS client may not purge a queue again; 0: it may"},
		{"sqs_recreate_delay", "how long an SQS client may not make a queue again that one has deleted; 0: it may"},
		{"s3_bucket", "`bucket` for bodies that messages point to; empty: pointers are passed on"},
		{"s3_read_buckets", "further `buckets` to read such bodies from, with commas"},
		{"s3_endpoint", "`URL` of the S3 service; empty: Amazon's"},
		{"s3_region", "`region` of the S3 service"},
		{"s3_access_key", "access key `id` for S3"},
		{"s3_secret", "secret of the key, as `file:PATH` or env:NAME"},
		{"s3_path_style", "put the bucket into the path of S3 URLs"},
		{"s3_delete_payloads", "remove the object of a message that STOMP or NATS clients have acked"},
		{"s3_max_payload", "`MiB` that a body from S3 may have"},
		{"s3_timeout", "how long one object may take"},
		{"sync", "`always|interval`: confirm what is on disk, or what gets there within sync-interval"},
		{"sync_interval", "how often the disk is synced with --sync interval"},
		{"store_min_free", "`MiB` that stay free on the disk: below, sends are refused; 0: by the size of the disk"},
		{"on_store_failure", "`exit|stay`: end the process when the disk has failed, or refuse everything"},
		{"drain_timeout", "how long a stop waits for clients before it cuts them off"},
		{"metrics_max_queues", "how many queues /metrics tells of by name"},
		{"memory_target", "`MiB` that the process aims to stay within"},
		{"max_index_memory", "`MiB` for what waiting messages take besides their bodies; beyond, sends are refused"},
		{"index_entries", "`number` of waiting messages that stand in the index in full"},
		{"max_leases", "`number` of messages that may be with receivers; beyond, receives are refused"},
		{"max_queues", "`number` of queues there may be"},
		{"message_cache", "`MiB` of recent messages kept for receivers that keep up"},
		{"log_level", "least `level` that is logged: debug, info, warn or error"},
		{"log_format", "logs as `text|json`"},
		{"ready_json", "announce the bound addresses as one line of JSON first"},
	}
}

// Flags adds the flag of every setting to fs, with its default.
func Flags(fs *pflag.FlagSet) {
	c := Default()
	v := reflect.ValueOf(&c).Elem()
	for _, s := range settings() {
		addFlag(fs, s, fieldOf(v, s.Key))
	}
}

// addFlag adds one flag of the field's type. Its value is read back from fs.
func addFlag(fs *pflag.FlagSet, s Setting, field reflect.Value) {
	switch v := field.Interface().(type) {
	case bool:
		fs.Bool(s.Flag(), v, s.Usage)
	case int:
		fs.Int(s.Flag(), v, s.Usage)
	case time.Duration:
		fs.Duration(s.Flag(), v, s.Usage)
	case []AccessKey, []STOMPListener, []QueueRule:
		fs.String(s.Flag(), "", s.Usage)
	default:
		fs.String(s.Flag(), field.String(), s.Usage)
	}
}

// fieldOf returns the field of a Config whose yaml tag is key. There is one for
// every setting; a test holds the two lists together.
func fieldOf(config reflect.Value, key string) reflect.Value {
	for i := range config.NumField() {
		switch config.Type().Field(i).Tag.Get("yaml") {
		case key:
			return config.Field(i)
		case ",inline":
			if f := fieldOf(config.Field(i), key); f.IsValid() {
				return f
			}
		}
	}
	return reflect.Value{}
}
