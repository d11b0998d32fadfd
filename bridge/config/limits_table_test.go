package config_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/bridge/config"
)

var rewrite = flag.Bool("rewrite", false, "write LIMITS.md anew")

func limitsPage() string {
	var b strings.Builder
	b.WriteString("# Every limit\n\nGenerated from `limitrows.go`; do not edit. `go test ./bridge/config -run TestLimitsPage -rewrite` writes it anew.\n\n" +
		"Each is a setting: a key of the file, a flag (`--user-max-queues`) and a variable (`SLUICE_USER_MAX_QUEUES`); configs/sluice.yaml says more of it. " +
		"Where a client is told something, the text names the limit, and the setting as far as its dialect has room for it (NATS has not: its libraries compare whole texts). " +
		"`" + config.Counted + "` counts by setting, as `{limit=\"user_max_queues\"}`, what was refused or slowed; `sluice_user_most` tells of the user who has the most. – is where a dialect does not come to a limit.\n\n" +
		"* **Nothing is decompressed.** SQS and the admin listener refuse a body with a Content-Encoding (`TestCompressedRequests`); WebSockets agree on no extension, and a compressed frame closes them (`TestViolations`). " +
		"So there is no bound on how a body may swell.\n" +
		"* **Users** are those of `users_file` and `access_keys`, each over all dialects and connections. Clients without a name are nobody's: the limits of one user do not hold for them, but " +
		"`user_max_requests` and `user_max_bytes`, for all of them as one. Both are about what comes in; what goes out is bounded by how fast a client takes and settles it.\n" +
		"* **Queues and consumers of a user** are counted from the start of the server: no queue says who made it. They count until they are gone, whoever deletes them. Dead-letter queues that come with a queue do not count.\n" +
		"* **Locks** are of one user at one address. A user who is tried from many addresses is not locked, or anybody could lock him out: his logins with a password are looked at up to a second later. " +
		"While a lock lasts nobody looks at a password, so that the answer says nothing of it. Addresses of this machine are locked for one user, as clients of a proxy on it come from there, and never for all. " +
		"Whose password, keys or tokens an operator changes in the users file is unlocked everywhere, since that is the answer to a lock; others stay locked, and so do addresses and tokens. " +
		"A wrong clock or a request of a bad form is no failed login of SQS.\n\n" +
		"| Setting | Bounds | Default | STOMP | NATS | SQS | Admin | Metrics |\n|---|---|---|---|---|---|---|---|\n")
	for _, l := range config.Limits() {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s | %s | %s |\n", l.Key, l.What, l.Default(),
			cell(l.STOMP), cell(l.NATS), cell(l.SQS), cell(l.Admin), "`"+strings.ReplaceAll(l.Metrics, ", ", "`, `")+"`")
	}
	return b.String()
}

func cell(t config.Told) string {
	if t.Text == "" {
		return "–"
	}
	return t.Text
}

// LIMITS.md is the table.
func TestLimitsPage(t *testing.T) {
	if *rewrite {
		if err := os.WriteFile("LIMITS.md", []byte(limitsPage()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if page, err := os.ReadFile("LIMITS.md"); err != nil || string(page) != limitsPage() {
		t.Errorf("LIMITS.md is not what the table says (%v); run with -rewrite", err)
	}
}

// Every limit has a key, a default, a metric, a word for the client of some dialect, and tests that hold these; and every
// setting that is a limit by its name is in the table.
func TestEveryLimitIsWhole(t *testing.T) {
	settings := make(map[string]bool)
	for _, key := range keys(reflect.TypeFor[config.Config]()) {
		settings[key] = true
	}
	for _, l := range config.Limits() {
		if !settings[l.Key] {
			t.Errorf("%s is no setting, or there twice", l.Key)
		}
		delete(settings, l.Key)
		told := 0
		for dialect, d := range l.Dialects() {
			if d != (config.Told{}) {
				told++
				wantTest(t, l.Key+", "+dialect, d)
			}
		}
		if l.What == "" || l.Metrics == "" || l.Default() == "" || told == 0 {
			t.Errorf("%s is not whole: %+v", l.Key, l)
		}
	}
	limit := regexp.MustCompile(`^max_|_max_|^(stomp|nats|sqs|admin)_.*(_timeout|_memory)$|^(user|login)_`)
	for key := range settings {
		if limit.MatchString(key) && key != "metrics_max_queues" && key != "s3_max_payload" {
			t.Errorf("%s is in no row", key)
		}
	}
}

// wantTest wants a test of that name in that room.
func wantTest(t *testing.T, what string, d config.Told) {
	t.Helper()
	room, name, _ := strings.Cut(d.Test, " ")
	files, err := filepath.Glob(filepath.Join("../..", room, "*_test.go"))
	if err != nil || d.Text == "" {
		t.Errorf("%s: %+v, %v", what, d, err)
	}
	for _, f := range files {
		if b, err := os.ReadFile(f); err == nil && strings.Contains(string(b), "\nfunc "+name+"(t *testing.T") {
			return
		}
	}
	t.Errorf("%s: there is no %s", what, d.Test)
}
