package config_test

import (
	"context"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sluicemq/sluice/bridge/config"
	"github.com/spf13/pflag"
)

func load(t *testing.T, yaml string, environ []string, args ...string) (config.Config, error) {
	t.Helper()
	s := config.Sources{Environ: environ, Flags: pflag.NewFlagSet("test", pflag.ContinueOnError)}
	config.Flags(s.Flags)
	if err := s.Flags.Parse(args); err != nil {
		t.Fatal(err)
	}
	if yaml != "" {
		s.File = filepath.Join(t.TempDir(), "sluice.yaml")
		if err := os.WriteFile(s.File, []byte(yaml), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return config.Load(context.Background(), s)
}

func TestNothingSetIsTheDefault(t *testing.T) {
	got, err := load(t, "", nil)
	if err != nil || !reflect.DeepEqual(got, config.Default()) {
		t.Fatalf("got %+v, %v", got, err)
	}
}

func TestEmptyFilesAreTheDefault(t *testing.T) {
	for _, text := range []string{" ", "---\n", "# nothing\n", "{}\n", "null\n"} {
		if got, err := load(t, text, nil); err != nil || !reflect.DeepEqual(got, config.Default()) {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
}

// Every setting can be set in all three ways, and the flag wins over the
// environment, that over the file, and that over the default.
func TestPrecedence(t *testing.T) {
	values := map[string][3]string{ // in the file, the environment, the command line
		"data_dir":              {"a", "b", "c"},
		"stomp_addr":            {"127.0.0.1:11", "127.0.0.1:12", "127.0.0.1:13"},
		"stomp_dialect":         {"activemq", "artemis", "rabbitmq"},
		"stomp_errors":          {"lenient", "strict", "lenient"},
		"stomp_nack":            {"requeue", "backoff", "dead-letter"},
		"nats_addr":             {"127.0.0.1:21", "127.0.0.1:22", "127.0.0.1:23"},
		"sqs_addr":              {"127.0.0.1:31", "127.0.0.1:32", "127.0.0.1:33"},
		"admin_addr":            {"127.0.0.1:41", "127.0.0.1:42", "127.0.0.1:43"},
		"insecure_listen":       {"true", "false", "true"},
		"users_file":            {"a.yaml", "b.yaml", "c.yaml"},
		"audit_log":             {"a.log", "none", "c.log"},
		"audit_failure":         {"refuse", "continue", "refuse"},
		"stomp_tls_cert":        {"a.pem", "b.pem", "c.pem"},
		"stomp_tls_key":         {"a.key", "b.key", "c.key"},
		"stomp_tls_client_ca":   {"a.pem", "b.pem", "c.pem"},
		"stomp_tls_client_auth": {"optional", "required", "optional"},
		"nats_tls_client_ca":    {"a.pem", "b.pem", "c.pem"},
		"nats_tls_client_auth":  {"optional", "required", "optional"},
		"sqs_tls_cert":          {"a.pem", "b.pem", "c.pem"},
		"sqs_tls_key":           {"a.key", "b.key", "c.key"},
		"sqs_tls_client_ca":     {"a.pem", "b.pem", "c.pem"},
		"sqs_tls_client_auth":   {"optional", "required", "optional"},
		"admin_tls_cert":        {"a.pem", "b.pem", "c.pem"},
		"admin_tls_key":         {"a.key", "b.key", "c.key"},
		"admin_tls_client_ca":   {"a.pem", "b.pem", "c.pem"},
		"admin_tls_client_auth": {"optional", "required", "optional"},
		"plain_text_listen":     {"stomp", "sqs,admin", "nats"},
		"stomp_ws_origins":      {"http://localhost:3000", "https://a.example", "http://b.example:8080,https://c.example"},
		"user_max_connections":  {"11", "12", "13"}, "user_max_subscriptions": {"11", "12", "13"},
		"user_max_transactions": {"11", "12", "13"}, "user_max_queues": {"11", "12", "13"},
		"user_max_consumers": {"11", "12", "13"},
		"user_max_requests":  {"11", "12", "13"}, "user_max_bytes": {"11", "12", "13"},
		"login_max_failures": {"11", "12", "13"}, "login_max_users_per_address": {"11", "12", "13"},
		"login_lock_time": {"11s", "12s", "13s"}, "nats_login_timeout": {"11s", "12s", "13s"},
		"nats_max_login_size": {"11", "12", "13"}, "nats_max_control_line": {"11", "12", "13"},
		"nats_max_payload": {"11", "12", "13"}, "nats_max_subscriptions": {"11", "12", "13"},
		"nats_max_pending": {"11", "12", "13"}, "nats_write_timeout": {"11s", "12s", "13s"},
		"sqs_max_header_size": {"11", "12", "13"}, "sqs_max_body": {"11", "12", "13"},
		"sqs_body_memory": {"11", "12", "13"}, "sqs_header_timeout": {"11s", "12s", "13s"},
		"sqs_request_timeout": {"11s", "12s", "13s"}, "sqs_write_timeout": {"11s", "12s", "13s"},
		"sqs_idle_timeout": {"11s", "12s", "13s"}, "admin_max_connections": {"11", "12", "13"},
		"admin_max_connections_per_address": {"11", "12", "13"}, "admin_max_header_size": {"11", "12", "13"},
		"admin_max_body": {"11", "12", "13"}, "admin_header_timeout": {"11s", "12s", "13s"},
		"admin_request_timeout": {"11s", "12s", "13s"}, "admin_login_timeout": {"11s", "12s", "13s"},
		"stomp_max_connections": {"11", "12", "13"}, "stomp_max_connections_per_address": {"0", "2", "3"},
		"stomp_max_login_frame": {"1", "2", "3"}, "stomp_login_timeout": {"1s", "2s", "3s"},
		"stomp_max_headers": {"10", "20", "30"}, "stomp_max_header_size": {"1", "2", "3"}, "stomp_max_body": {"1", "2", "3"},
		"stomp_body_memory": {"1", "2", "3"}, "stomp_transaction_memory": {"1", "2", "3"},
		"stomp_outbox_memory":     {"1", "2", "3"},
		"stomp_max_subscriptions": {"1", "2", "3"}, "stomp_max_unsettled": {"1", "2", "3"},
		"stomp_max_transactions": {"1", "2", "3"}, "stomp_max_transaction_ops": {"1", "2", "3"}, "stomp_max_transaction_size": {"1", "2", "3"},
		"stomp_prefetch": {"1", "2", "3"}, "stomp_max_prefetch": {"101", "102", "103"},
		"stomp_min_heart_beat": {"1s", "2s", "3s"}, "stomp_write_timeout": {"1s", "2s", "3s"},
		"nats_ws_addr": {"127.0.0.1:51", "127.0.0.1:52", "127.0.0.1:53"}, "nats_ws_origins": {"http://localhost:3000", "https://a.example", "https://b.example"},
		"nats_tls_cert": {"a.pem", "b.pem", "c.pem"}, "nats_tls_key": {"a.key", "b.key", "c.key"},
		"nats_tls_first": {"true", "false", "true"}, "nats_lame_duck": {"4s", "5s", "6s"},
		"nats_max_connections": {"1", "2", "3"}, "nats_max_connections_per_address": {"0", "2", "3"},
		"sqs_max_connections": {"1", "2", "3"}, "sqs_max_connections_per_address": {"0", "2", "3"},

		"sqs_region":         {"eu-west-1", "eu-west-2", "eu-west-3"},
		"sqs_account":        {"000000000001", "000000000002", "000000000003"},
		"sqs_public_url":     {"http://a", "http://b:1", "https://c/d"},
		"sqs_check_region":   {"true", "false", "true"},
		"sqs_purge_interval": {"40s", "41s", "42s"},
		"sqs_recreate_delay": {"43s", "44s", "45s"},
		"s3_bucket":          {"one", "two", "three"},
		"s3_read_buckets":    {"four", "four,five", "six"},
		"s3_endpoint":        {"http://a", "https://b:1", "http://127.0.0.1:9"},
		"s3_region":          {"eu-west-1", "eu-west-2", "eu-west-3"},
		"s3_access_key":      {"A", "B", "C"},
		"s3_secret":          {"file:/a", "env:B", "file:c"},
		"s3_path_style":      {"true", "false", "true"},
		"s3_delete_payloads": {"true", "false", "true"},
		"s3_max_payload":     {"1", "2", "3"},
		"s3_timeout":         {"1s", "2s", "3s"},
		"sync":               {"interval", "always", "interval"},
		"sync_interval":      {"1s", "2s", "3s"},
		"store_min_free":     {"600", "700", "800"},
		"on_store_failure":   {"stay", "exit", "stay"},
		"drain_timeout":      {"4s", "5s", "6s"},
		"metrics_max_queues": {"7", "8", "9"},
		"memory_target":      {"300", "301", "302"},
		"max_index_memory":   {"10", "11", "12"},
		"index_entries":      {"20", "21", "22"},
		"max_leases":         {"30", "31", "32"},
		"max_queues":         {"40", "41", "42"},
		"message_cache":      {"50", "51", "52"},
		"log_level":          {"debug", "warn", "error"},
		"log_format":         {"json", "text", "json"},
		"ready_json":         {"true", "false", "true"},
	}
	for _, key := range keys(reflect.TypeFor[config.Config]()) {
		if key == "access_keys" || key == "stomp_listeners" || key == "queue_rules" {
			continue // TestAccessKeysOfEverySource, TestSTOMPListenersOfEverySource, TestQueueRulesOfEverySource
		}
		t.Run(key, func(t *testing.T) {
			v, ok := values[key]
			if !ok {
				t.Fatal("no values to try")
			}
			others := othersOfS3(key) + otherOfTLS(key)
			inFile := others + key + ": " + quoteDigits(v[0]) + "\n"
			inEnv := []string{"SLUICE_" + strings.ToUpper(key) + "=" + v[1]}
			asFlag := "--" + strings.ReplaceAll(key, "_", "-") + "=" + v[2]
			want(t, key, v[0], inFile, nil)
			want(t, key, v[1], inFile, inEnv)
			want(t, key, v[2], inFile, inEnv, asFlag)
			want(t, key, v[1], others, inEnv)
			want(t, key, v[2], others, nil, asFlag)
		})
	}
}

// otherOfTLS are the files that go with what key says.
func otherOfTLS(key string) (yaml string) {
	if key == "audit_failure" {
		return "audit_log: a.log\n"
	}
	at, what, ok := strings.Cut(key, "_tls_")
	if !ok {
		return ""
	}
	if what == "client_ca" {
		yaml = at + "_tls_client_auth: optional\n"
	}
	if what == "client_auth" {
		yaml = at + "_tls_client_ca: x.pem\n"
	}
	for _, file := range []string{"cert", "key"} {
		if what != file {
			yaml += at + "_tls_" + file + ": x.pem\n"
		}
	}
	return yaml
}

// othersOfS3 are the settings that one for S3 needs beside it.
func othersOfS3(key string) (yaml string) {
	if !strings.HasPrefix(key, "s3_") {
		return ""
	}
	for _, line := range []string{"s3_bucket: bucket\n", "s3_access_key: K\n", "s3_secret: env:S\n"} {
		if !strings.HasPrefix(line, key+":") {
			yaml += line
		}
	}
	return yaml
}

// keys returns the keys of a struct's fields.
func keys(s reflect.Type) (all []string) {
	for i := range s.NumField() {
		key := s.Field(i).Tag.Get("yaml")
		if key == ",inline" {
			all = append(all, keys(s.Field(i).Type)...)
		} else {
			all = append(all, key)
		}
	}
	return all
}

// want loads the sources and looks for the line of key in the whole of the result.
func want(t *testing.T, key, value, yaml string, environ []string, args ...string) {
	t.Helper()
	c, err := load(t, yaml, environ, args...)
	if err != nil {
		t.Fatal(err)
	}
	text, err := c.YAML()
	if err != nil {
		t.Fatal(err)
	}
	if line := key + ": " + quoteDigits(value) + "\n"; !strings.Contains("\n"+string(text), "\n"+line) {
		t.Errorf("want %q in\n%s", line, text)
	}
}

// quoteDigits spells an account so that YAML takes it for a text.
func quoteDigits(value string) string {
	if len(value) == 12 && strings.Trim(value, "0123456789") == "" {
		return `"` + value + `"`
	}
	return value
}

func TestEmptyAddressSwitchesOff(t *testing.T) {
	c, err := load(t, "stomp_addr: \"\"\n", []string{"SLUICE_NATS_ADDR="}, "--admin-addr=")
	if err != nil || c.STOMPAddr != "" || c.NATSAddr != "" || c.AdminAddr != "" || c.SQSAddr == "" {
		t.Fatalf("got %+v, %v", c, err)
	}
}

// What is like no key gets no guess.
func TestKeyLikeNoOther(t *testing.T) {
	_, err := load(t, "colour: x\n", nil)
	if err == nil || !strings.HasSuffix(err.Error(), `unknown key "colour"`) {
		t.Error(err)
	}
}

func TestErrors(t *testing.T) {
	tests := []struct {
		name, yaml string
		environ    []string
		args       []string
		want       string
	}{
		{name: "unknown key", yaml: "sync: always\nstomp_address: x\n", want: `sluice.yaml: line 2: unknown key "stomp_address"`},
		{name: "flag's name as key", yaml: "stomp-addr: x\n", want: `unknown key "stomp-addr" (did you mean stomp_addr?)`},
		{name: "a letter too few", yaml: "stomp_adr: x\n", want: `line 1: unknown key "stomp_adr" (did you mean stomp_addr?)`},
		{name: "variable's name as key", yaml: "SLUICE_SYNC: x\n", want: `(did you mean sync?)`},
		{name: "a file of users", yaml: "users: []\n", want: `unknown key "users": users are in a file of their own, which users_file names`},
		{name: "nested", yaml: "\nnats:\n  addr: x\n", want: `line 2: unknown key "nats"`},
		{name: "map as value", yaml: "sync:\n  a: b\n", want: "line 1: sync wants one value"},
		{name: "no value", yaml: "nats_addr:\n", want: `line 1: nats_addr has no value; write ""`},
		{name: "list", yaml: "- a\n", want: "line 1: want lines of the form key: value"},
		{name: "not YAML", yaml: "sync: always\na: b: c\n", want: "sluice.yaml: yaml: line 2: mapping values"},
		{name: "key twice", yaml: "sync: always\nsync: interval\n", want: "line 2: mapping key \"sync\" already defined at line 1"},
		{name: "two documents", yaml: "sync: always\n---\nsync: interval\n", want: "more than one YAML document"},
		{name: "too long", yaml: strings.Repeat("# long\n", config.MaxFileBytes/7+1), want: "longer than 1048576 bytes"},

		{name: "number for an address", yaml: "sqs_addr: 9324\n", want: "sqs_addr: 9324 is not a text: put it in quotes"},
		{name: "number for a time", yaml: "sync_interval: 100\n", want: "sync_interval: 100 has no unit"},
		{name: "bad time", environ: []string{"SLUICE_SYNC_INTERVAL=soon"}, want: `environment: SLUICE_SYNC_INTERVAL: "soon" is not a time such as`},
		{name: "bad bool", environ: []string{"SLUICE_READY_JSON=yes"}, want: `environment: SLUICE_READY_JSON: "yes" is not true or false`},
		{name: "bad bool in file", yaml: "ready_json: 7\n", want: `ready_json: 7 is neither true nor false`},
		{name: "bad number", environ: []string{"SLUICE_METRICS_MAX_QUEUES=many"}, want: `"many" is not a whole number`},
		{name: "bad number in file", yaml: "metrics_max_queues: 1.5\n", want: `metrics_max_queues: 1.5 is not a whole number`},

		{name: "bad sync", args: []string{"--sync=never"}, want: `sync is "never": it must be one of always, interval`},
		{name: "bad level", args: []string{"--log-level=loud"}, want: `log_level is "loud": it must be one of debug, info, warn, error`},
		{name: "bad format", args: []string{"--log-format=xml"}, want: `log_format is "xml": it must be one of text, json`},
		{name: "interval too short", args: []string{"--sync-interval=1us"}, want: "sync_interval is 1µs: it must be between 1ms and 1m0s"},
		{name: "negative drain", args: []string{"--drain-timeout=-1s"}, want: "drain_timeout is -1s"},
		{name: "negative cap", args: []string{"--metrics-max-queues=-1"}, want: "metrics_max_queues is -1"},
		{name: "bad region", args: []string{"--sqs-region=Mars 1"}, want: `sqs_region is "Mars 1"`},
		{name: "no region", args: []string{"--sqs-region="}, want: `sqs_region is ""`},
		{name: "short account", args: []string{"--sqs-account=12"}, want: `sqs_account is "12": it must be 12 digits`},
		{name: "number for an account", yaml: "sqs_account: 123456789012\n", want: "sqs_account: 123456789012 is not a text: put it in quotes"},
		{name: "too long a rest", args: []string{"--sqs-purge-interval=2h"}, want: "sqs_purge_interval is 2h0m0s: it must be between 0s and 1h0m0s"},
		{name: "negative rest", args: []string{"--sqs-recreate-delay=-1s"}, want: "sqs_recreate_delay is -1s"},
		{name: "not a URL", args: []string{"--sqs-public-url=sqs.example.com"}, want: `sqs_public_url is "sqs.example.com"`},
		{name: "a certificate without a key", args: []string{"--stomp-tls-cert=a"}, want: "stomp_tls_cert is set and stomp_tls_key is empty"},
		{name: "a key without a certificate", args: []string{"--stomp-tls-key=a"}, want: "stomp_tls_key is set and stomp_tls_cert is empty"},
		{name: "a certificate for SQS without a key", args: []string{"--sqs-tls-cert=a"}, want: "sqs_tls_cert is set and sqs_tls_key is empty"},
		{name: "no such way to ask", args: []string{"--sqs-tls-client-auth=maybe"}, want: `sqs_tls_client_auth is "maybe": it must be one of none, optional, required`},
		{name: "clients without TLS", args: []string{"--admin-tls-client-auth=required"}, want: "admin_tls_client_auth is required and admin_tls_cert is empty"},
		{
			name: "clients that nobody vouches for", args: []string{"--nats-tls-cert=a", "--nats-tls-key=b", "--nats-tls-client-auth=optional"},
			want: "nats_tls_client_auth is optional and nats_tls_client_ca is empty",
		},
		{name: "clients that nobody asks", args: []string{"--stomp-tls-client-ca=a"}, want: "stomp_tls_client_ca is set and stomp_tls_client_auth is none"},
		{name: "no listener's name", args: []string{"--plain-text-listen=sqs,amqp"}, want: `plain_text_listen is "amqp": it must be one of stomp, nats, sqs, admin`},
		{name: "plain text in TLS", args: []string{"--plain-text-listen=sqs", "--sqs-tls-cert=a", "--sqs-tls-key=b"}, want: "plain_text_listen names sqs and sqs_tls_cert is set"},
		{
			name: "certificates in plain text", want: "plain_text_listen names stomp and stomp_tls_client_auth is required",
			args: []string{"--plain-text-listen=stomp", "--stomp-tls-cert=a", "--stomp-tls-key=b", "--stomp-tls-client-ca=c", "--stomp-tls-client-auth=required"},
		},
		{name: "no origin", args: []string{"--stomp-ws-origins=https://a.example/path"}, want: "https://a.example/path"},
		{name: "a host for an origin", args: []string{"--stomp-ws-origins=a.example"}, want: "an origin looks like"},
		{
			name: "a certificate keeps nobody out", args: []string{"--stomp-tls-cert=a", "--stomp-tls-key=b", "--stomp-addr=0.0.0.0:1"},
			want: "stomp_tls_cert encrypts, and does not ask clients who they are",
		},
		{name: "a certificate for NATS without a key", args: []string{"--nats-tls-cert=a"}, want: "nats_tls_cert is set and nats_tls_key is empty"},
		{name: "TLS first without a certificate", args: []string{"--nats-tls-first"}, want: "nats_tls_first is set and nats_tls_cert is empty"},
		{name: "no origin for NATS", args: []string{"--nats-ws-origins=a.example"}, want: "nats_ws_origins names"},
		{name: "too lame a duck", args: []string{"--nats-lame-duck=2h"}, want: "nats_lame_duck is 2h0m0s"},
		{name: "WebSockets for all", args: []string{"--nats-ws-addr=0.0.0.0:1"}, want: "nats_ws_addr is \"0.0.0.0:1\": other machines can reach"},
		{name: "WebSockets where NATS is", args: []string{"--nats-ws-addr=127.0.0.1:4222"}, want: "nats_addr and nats_ws_addr are both"},
		{
			name: "a certificate for NATS keeps nobody out", args: []string{"--nats-tls-cert=a", "--nats-tls-key=b", "--nats-addr=0.0.0.0:1"},
			want: "nats_tls_cert encrypts, and does not ask clients who they are",
		},
		{name: "S3 without a bucket", args: []string{"--s3-endpoint=http://a"}, want: "s3_endpoint is set and s3_bucket is empty"},
		{name: "not a bucket", args: []string{"--s3-bucket=../b"}, want: `names "../b": a bucket has 3 to 63`},
		{name: "not a bucket to read", yaml: othersOfS3("s3_"), args: []string{"--s3-read-buckets=ok-1, B"}, want: `names "B": a bucket has 3 to 63`},
		{name: "no key", args: []string{"--s3-bucket=bucket"}, want: "s3_access_key must be an access key id"},
		{name: "no secret", args: []string{"--s3-bucket=bucket", "--s3-access-key=K"}, want: "s3_secret is neither file:PATH nor env:NAME"},
		{name: "not a service", yaml: othersOfS3("s3_"), args: []string{"--s3-endpoint=s3.example.com"}, want: "s3_endpoint must look like https://s3.example.com"},
		{name: "path of a service", yaml: othersOfS3("s3_"), args: []string{"--s3-endpoint=https://a/b"}, want: "s3_endpoint must look like"},
		{name: "no region of S3", yaml: othersOfS3("s3_"), args: []string{"--s3-region="}, want: `s3_region is ""`},
		{name: "payload too large", yaml: othersOfS3("s3_"), args: []string{"--s3-max-payload=33"}, want: "s3_max_payload is 33: it must be between 1 and 32"},
		{name: "S3 too fast", yaml: othersOfS3("s3_"), args: []string{"--s3-timeout=1ms"}, want: "s3_timeout is 1ms: it must be between 100ms and 1m0s"},
		{name: "no directory", args: []string{"--data-dir="}, want: "data_dir is empty"},

		{name: "no port", args: []string{"--sqs-addr=127.0.0.1"}, want: `sqs_addr is "127.0.0.1": it must be host:port`},
		{name: "named port", args: []string{"--sqs-addr=127.0.0.1:http"}, want: "the port must be a number"},
		{name: "port too high", args: []string{"--sqs-addr=127.0.0.1:65536"}, want: "from 0 to 65535"},
		{name: "same address", args: []string{"--sqs-addr=127.0.0.1:4222"}, want: "nats_addr and sqs_addr are both 127.0.0.1:4222"},
		{name: "nothing to serve", args: []string{"--sqs-addr=", "--nats-addr=", "--stomp-addr="}, want: "nothing to serve"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := load(t, tt.yaml, tt.environ, tt.args...)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got %v, want %q", err, tt.want)
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("more than one line: %q", err)
			}
		})
	}
}

func TestMissingFile(t *testing.T) {
	_, err := config.Load(context.Background(), config.Sources{File: "no/such/file.yaml"})
	if err == nil || err.Error() != "no/such/file.yaml: no such file or directory" {
		t.Fatal(err)
	}
}

func TestExposedAddressesAreRefused(t *testing.T) {
	for _, addr := range []string{
		"0.0.0.0:0", "[::]:0", ":0", "192.0.2.1:0", "[2001:db8::1]:0", "[fe80::1%lo]:0", "[::ffff:192.0.2.1]:0",
	} {
		for _, l := range []string{"stomp", "nats", "sqs", "admin"} {
			_, err := load(t, "", nil, "--"+l+"-addr="+addr)
			if err == nil || !strings.Contains(err.Error(), l+"_addr is") ||
				!strings.Contains(err.Error(), "set insecure_listen: true (--insecure-listen, SLUICE_INSECURE_LISTEN=true)") {
				t.Errorf("%s %s: %v", l, addr, err)
			}
		}
		if _, err := load(t, "", nil, "--stomp-addr="+addr, "--insecure-listen"); err != nil {
			t.Errorf("%s with leave: %v", addr, err)
		}
	}
}

func TestLoopbackAddressesAreTaken(t *testing.T) {
	for _, addr := range []string{"127.0.0.1:0", "127.9.9.9:0", "[::1]:0", "localhost:0", "[::ffff:127.0.0.1]:0"} {
		if _, err := load(t, "", nil, "--stomp-addr="+addr); err != nil {
			t.Errorf("%s: %v", addr, err)
		}
	}
}

func TestUnknownEnv(t *testing.T) {
	users := filepath.Join(t.TempDir(), "users.yaml")
	if err := os.WriteFile(users, []byte("users:\n  - name: a\n    password: env:SLUICE_ANNA\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ yaml, variable, want string }{
		{variable: "SLUICE_SINK=1", want: "environment: unknown variable SLUICE_SINK (did you mean SLUICE_SYNC?)"},
		{variable: "SLUICE_USER_FILE=x", want: "unknown variable SLUICE_USER_FILE (did you mean SLUICE_USERS_FILE?)"},
		{variable: "SLUICE_STOMP_ADRESS=", want: "(did you mean SLUICE_STOMP_ADDR?)"},
		{variable: "SLUICE_CONFIGURATION=x", want: "(did you mean SLUICE_CONFIG?)"},
		{variable: "SLUICE_NATS_PORT=4222", want: "(did you mean SLUICE_NATS_ADDR?)"},
		{variable: "SLUICE_=x", want: "unknown variable SLUICE_ (did you mean"},
		{variable: "SLUICE_sync=x", want: "unknown variable SLUICE_sync (did you mean SLUICE_SYNC?)"},
		{yaml: "users_file: " + users, variable: "SLUICE_ANN=x", want: "unknown variable SLUICE_ANN "},
		{yaml: "users_file: " + users, variable: "SLUICE_ANNA=x"},
		{yaml: "access_keys: [{id: A, user: a, secret: env:SLUICE_KEY, session_token: env:SLUICE_TOKEN}]", variable: "SLUICE_KEY=x"},
		{yaml: "access_keys: [{id: A, user: a, secret: env:SLUICE_KEY, session_token: env:SLUICE_TOKEN}]", variable: "SLUICE_TOKEN=x"},
		{variable: "SLUICE_SYNC=always"},
		{variable: "SLUICE_CONFIG=x"},
		{variable: "SLUICE_TEST_X=1"},
		{variable: "SLUICE_BENCH_DIR=/tmp"},
		{variable: "SLUICE_SERVICE_HOST=10.0.0.1"},
		{variable: "SLUICE_SERVICE_PORT=4222"},
		{variable: "SLUICE_SERVICE_PORT_NATS=4222"},
		{variable: "SLUICE_PORT=tcp://10.0.0.1:4222"},
		{variable: "SLUICE_PORT_4222_TCP=tcp://10.0.0.1:4222"},
		{variable: "SLUICE_PORT_4222_TCP_PROTO=tcp"},
		{variable: "SLUICE_PORT_4222_TCP_PORT=4222"},
		{variable: "SLUICE_NATS_SERVICE_HOST=10.0.0.1"},
		{variable: "SLUICE_NATS_PORT=tcp://10.0.0.1:4222"},
		{variable: "SLUICE_NATS_PORT_4222_TCP_ADDR=10.0.0.1"},
		{variable: "SLUICE_NAME=/shop/sluice"},
		{variable: "SLUICE_NATS_ENV_PATH=/bin"},
		{variable: "SLUICE_NAME=shop", want: "unknown variable SLUICE_NAME "},
		{variable: "PATH=/bin"},
		{variable: "SLUICER=1"},
	} {
		_, err := load(t, tt.yaml, []string{tt.variable})
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: %v, want %q", tt.variable, err, tt.want)
		}
	}
	if got := config.ForeignEnv([]string{"SLUICE_SYNC=always", "SLUICE_PORT=tcp://10.0.0.1:4222", "SLUICE_TEST_X=1", "SERVICE_HOST=x"}); !slices.Equal(got, []string{"SLUICE_PORT"}) {
		t.Errorf("foreign: %q", got)
	}
}

// A command beside a server is not told of the server's file, which may name variables as the places of secrets: such variables are no
// mistake there, unless they are nearly settings.
func TestUnknownEnvBesideAServer(t *testing.T) {
	for variable, want := range map[string]string{
		"SLUICE_KEY=x": "", "SLUICE_ANNA_SECRET=x": "", "SLUICE_ADMIN_ADRR=:1": "(did you mean SLUICE_ADMIN_ADDR?)",
	} {
		_, err := config.Load(t.Context(), config.Sources{Environ: []string{variable}})
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", variable, err, want)
		}
	}
	file := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(file, []byte("sync: always\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := config.Load(t.Context(), config.Sources{File: file, Environ: []string{"SLUICE_KEY=x"}}); err == nil {
		t.Error("a variable that the file does not name passes")
	}
}

// What YAML writes, Load reads.
func TestYAMLRoundTrip(t *testing.T) {
	c := config.Default()
	c.DataDir, c.Sync, c.DrainTimeout = "some: where # odd", config.SyncByInterval, 90*time.Second
	text, err := c.YAML()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := load(t, string(text), nil); err != nil || !reflect.DeepEqual(got, c) {
		t.Fatalf("got %+v, %v", got, err)
	}
}

// A secret that somebody put where its reference should be is not repeated.
func TestS3SecretsAreNotRepeated(t *testing.T) {
	for name, yaml := range map[string]string{
		"text":     "s3_bucket: bucket\ns3_access_key: K\ns3_secret: hush-123\n",
		"number":   "s3_bucket: bucket\ns3_access_key: K\ns3_secret: 123\n",
		"endpoint": "s3_bucket: bucket\ns3_access_key: K\ns3_secret: env:S\ns3_endpoint: http://me:123@host\n",
	} {
		if _, err := load(t, yaml, nil); err == nil || strings.Contains(err.Error(), "123") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
