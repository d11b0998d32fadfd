package bridge_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/sluicemq/sluice"

// goFile is what the arrows look at in one file.
type goFile struct {
	path    string // from the root of the module, with slashes
	imports []string
}

func (f goFile) room() string { return path.Dir(f.path) }
func (f goFile) isTest() bool { return strings.HasSuffix(f.path, "_test.go") }

// arrows says which of our rooms a room may import. A name with "/..." stands
// for the rooms below it too. A room that is not here may do what the nearest room
// above it may.
func arrows() map[string][]string {
	gateway := func(name string) []string {
		return []string{"protocols", "protocols/socket", "protocols/websocket", "protocols/door", "protocols/budget", "protocols/panics", "protocols/quota", "protocols/tally", "protocols/payload/...", "mapping", "queuecore", "protocols/" + name + "/..."}
	}
	return map[string][]string{
		"cmd":          {"bridge/...", "queuecore", "queuecore/store/..."},
		"examples":     {"bridge/...", "mapping", "queuecore", "queuecore/store/..."},
		"bridge":       {"bridge/...", "protocols/...", "mapping", "queuecore", "queuecore/store", "queuecore/store/badgerstore"},
		"bridge/admin": {"protocols", "protocols/door", "protocols/panics", "protocols/quota", "protocols/tally", "mapping", "queuecore"},
		"bridge/auth":  {"bridge/reread", "protocols", "protocols/glob", "protocols/nats/router", "mapping", "queuecore"}, // whose patterns policies have

		"bridge/auth/lockout": {"protocols", "protocols/tally", "queuecore"},

		"bridge/users": {"bridge/auth", "bridge/config", "bridge/reread", "protocols", "protocols/nats/wire"},

		"bridge/audit":  {"protocols"},
		"bridge/bucket": {"protocols"},
		"bridge/cert":   {"bridge/reread"},
		"bridge/reread": {},
		"bridge/rules":  {"bridge/config", "protocols/glob", "queuecore"},
		"bridge/link":   {"bridge/link/...", "mapping", "queuecore", "queuecore/selector"},

		"bridge/bench":          {"bridge/...", "protocols/...", "mapping", "queuecore", "queuecore/store/..."},
		"bridge/config":         {},
		"bridge/conformance":    {"bridge/conformance"},      // knows a server by its port alone
		"bridge/soak":           {"bridge", "bridge/config"}, // its test runs a house
		"bridge/torture":        {"bridge/torture/...", "queuecore", "queuecore/store/..."},
		"bridge/torture/ledger": {},

		"bridge/torture/lazyfs": {},
		"bridge/torture/powerloss": {
			"bridge", "bridge/config", "bridge/torture/lazyfs", "queuecore", "queuecore/store", "queuecore/store/badgerstore",
		},

		"protocols":             {"queuecore"},
		"protocols/socket":      {},
		"protocols/door":        {},
		"protocols/budget":      {},
		"protocols/panics":      {},
		"protocols/tally":       {},
		"protocols/quota":       {"protocols", "protocols/tally", "queuecore"},
		"protocols/websocket":   {},
		"protocols/payload":     {"protocols", "protocols/payload/...", "mapping", "queuecore"},
		"protocols/stomp":       gateway("stomp"),
		"protocols/nats":        gateway("nats"),
		"protocols/sqs":         gateway("sqs"),
		"protocols/stomp/frame": {},
		"protocols/nats/wire":   {},
		"protocols/sqs/wire":    {},
		"protocols/glob":        {},
		"protocols/sqs/policy":  {"protocols/glob"},

		"mapping": {"queuecore"},

		"queuecore":                   {"queuecore/internal/machine", "queuecore/selector", "queuecore/schedule", "queuecore/store"},
		"queuecore/schedule":          {},
		"queuecore/internal/machine":  {"queuecore/selector", "queuecore/store"},
		"queuecore/selector":          {},
		"queuecore/store":             {},
		"queuecore/store/disk":        {},
		"queuecore/store/bitflip":     {},
		"queuecore/store/journal":     {"queuecore/store", "queuecore/store/disk", "queuecore/store/bitflip"},
		"queuecore/store/badgerstore": {"queuecore/store", "queuecore/store/journal", "queuecore/store/disk", "queuecore/store/bitflip"},
		"queuecore/store/memstore":    {"queuecore/store"},
		"queuecore/store/killpoint":   {"queuecore/store"},
		"queuecore/store/storetest":   {"queuecore/store"},
		"queuecore/coretest":          {"queuecore/..."},
		measure:                       {},
		leak:                          {},
	}
}

// testArrows are the rooms that a test of any room but a wire room may import
// as well: a real core to run against, and nobody to refuse its clients.
func testArrows() []string {
	return []string{"queuecore", "queuecore/store/...", "queuecore/coretest", "bridge/auth"}
}

// measure and leak are rooms that know no other; a test of any room may measure memory, and look for goroutines, with them.
const (
	measure = "queuecore/coretest/alloc"
	leak    = "queuecore/coretest/leak"
)

// foreign says where modules of others may be imported at all. What is not here
// may be imported anywhere.
func foreign() map[string]func(goFile) bool {
	clients := func(f goFile) bool {
		return f.isTest() || within(f.path, "examples/...") || within(f.path, "bridge/link/...") ||
			within(f.path, "bridge/interop/...") || within(f.path, "bridge/bench/...") || within(f.path, "bridge/soak/...") ||
			within(f.path, "bridge/torture/...")
	}
	engine := func(f goFile) bool {
		// The bench writes what the core wrote straight to badger, to tell the
		// cost of the one from that of the other.
		return within(f.path, "queuecore/store/badgerstore/...") || within(f.path, "bridge/bench/...")
	}
	return map[string]func(goFile) bool{
		"github.com/dgraph-io":   engine,
		"github.com/nats-io":     clients,
		"github.com/go-stomp":    clients,
		"github.com/aws":         func(f goFile) bool { return clients(f) || within(f.path, "bridge/bucket/...") },
		"github.com/spf13/cobra": func(f goFile) bool { return within(f.path, "cmd/...") },
		"github.com/knadh/koanf": func(f goFile) bool { return within(f.path, "bridge/config/...") },
		"github.com/prometheus":  func(f goFile) bool { return within(f.path, "bridge/admin/...") },
		"github.com/hanwen":      func(f goFile) bool { return within(f.path, "bridge/torture/lazyfs/...") },
		"pgregory.net/rapid":     func(f goFile) bool { return f.isTest() || within(f.path, "queuecore/...") },
		"go.uber.org/goleak":     func(f goFile) bool { return f.isTest() || f.room() == leak },
	}
}

// within reports whether name is room or, when room ends in "/...", below it.
func within(name, room string) bool {
	above, tree := strings.CutSuffix(room, "/...")
	return name == above || tree && strings.HasPrefix(name, above+"/")
}

// broken says which arrow an import goes against, or nothing.
func broken(f goFile, imp string) string {
	to, ours := strings.CutPrefix(imp, module+"/")
	if !ours {
		return brokenForeign(f, imp)
	}
	room, may := nearest(f.room())
	if room == "" {
		return "no arrows are drawn for " + f.room()
	}
	if f.isTest() && (to == f.room() || to == measure || to == leak) {
		return ""
	}
	if f.isTest() && len(may) > 0 {
		may = append(may, testArrows()...)
	}
	for _, m := range may {
		if within(to, m) {
			return ""
		}
	}
	return room + " may not import " + to
}

func brokenForeign(f goFile, imp string) string {
	for prefix, may := range foreign() {
		if within(imp, prefix+"/...") && !may(f) {
			return f.room() + " may not import " + prefix
		}
	}
	return ""
}

// nearest returns the room itself or the one above it that has arrows.
func nearest(room string) (string, []string) {
	all := arrows()
	for ; room != "."; room = path.Dir(room) {
		if may, ok := all[room]; ok {
			return room, may
		}
	}
	return "", nil
}

func TestArrows(t *testing.T) {
	seen := make(map[string]bool)
	for _, f := range goFiles(t) {
		room, _ := nearest(f.room())
		seen[room] = true
		for _, imp := range f.imports {
			if why := broken(f, imp); why != "" {
				t.Errorf("%s: %s", f.path, why)
			}
		}
	}
	for _, room := range []string{"bridge", "cmd", "mapping", "protocols", "protocols/nats", "protocols/sqs", "protocols/stomp", "queuecore"} {
		if !seen[room] {
			t.Errorf("no file of %s was looked at", room)
		}
	}
}

// goFiles reads every Go file of the module.
func goFiles(t *testing.T) []goFile {
	t.Helper()
	var files []goFile
	err := filepath.WalkDir("..", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := d.Name()
		if d.IsDir() && name != ".." && (strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") || base == "testdata" || base == "node_modules") {
			return filepath.SkipDir
		}
		if d.IsDir() || filepath.Ext(base) != ".go" {
			return nil
		}
		f, err := readImports(name)
		files = append(files, f)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func readImports(name string) (goFile, error) {
	rel, err := filepath.Rel("..", name)
	if err != nil {
		return goFile{}, err
	}
	f := goFile{path: filepath.ToSlash(rel)}
	parsed, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
	if err != nil {
		return f, err
	}
	for _, s := range parsed.Imports {
		imp, err := strconv.Unquote(s.Path.Value)
		if err != nil {
			return f, err
		}
		f.imports = append(f.imports, imp)
	}
	return f, nil
}

// The arrows hold what they should and let through what they should.
func TestArrowsBreak(t *testing.T) {
	const ours = module + "/"
	tests := []struct {
		file, imp string
		ok        bool
	}{
		{"cmd/sluice/serve.go", ours + "bridge", true},
		{"cmd/sluice/serve.go", ours + "protocols/sqs", false},
		{"bridge/gateways.go", ours + "protocols/sqs", true},
		{"bridge/gateways.go", ours + "queuecore/internal/machine", false},
		{"bridge/gateways.go", ours + "cmd/sluice", false},
		{"bridge/house.go", ours + "queuecore/store/badgerstore", true},
		{"bridge/admin/health.go", ours + "bridge", false},
		{"bridge/config/load.go", ours + "queuecore", false},
		{"bridge/conformance/stomp/frame.go", ours + "bridge/conformance", true},
		{"bridge/conformance/stomp/frame.go", ours + "protocols/stomp/frame", false},
		{"protocols/gateway.go", ours + "protocols/sqs", false},
		{"protocols/sqs/send.go", ours + "mapping", true},
		{"protocols/sqs/send.go", ours + "protocols", true},
		{"protocols/sqs/send.go", ours + "protocols/sqs/wire", true},
		{"protocols/sqs/send.go", ours + "protocols/nats", false},
		{"protocols/sqs/send.go", ours + "protocols/nats/wire", false},
		{"protocols/sqs/send_test.go", ours + "protocols/nats", false},
		{"protocols/sqs/send_test.go", ours + "queuecore/store/memstore", true},
		{"protocols/sqs/send_test.go", ours + "bridge", false},
		{"protocols/sqs/send.go", ours + "queuecore/store/memstore", false},
		{"protocols/sqs/send.go", ours + "queuecore/store", false},
		{"protocols/sqs/send.go", ours + "bridge/auth", false},
		{"protocols/nats/jetstream/api.go", ours + "protocols/nats/wire", true},
		{"protocols/nats/jetstream/api.go", ours + "protocols/stomp", false},
		{"protocols/stomp/frame/read.go", ours + "queuecore", false},
		{"protocols/stomp/frame/read_test.go", ours + "protocols/stomp/frame", true},
		{"protocols/stomp/frame/read_test.go", ours + "queuecore", false},
		{"protocols/nats/wire/line.go", ours + "protocols", false},
		{"mapping/sqs.go", ours + "queuecore", true},
		{"mapping/sqs.go", ours + "protocols", false},
		{"queuecore/loop.go", ours + "queuecore/internal/machine", true},
		{"queuecore/loop.go", ours + "queuecore/store/badgerstore", false},
		{"queuecore/loop.go", ours + "mapping", false},
		{"queuecore/loop_test.go", ours + "queuecore/store/memstore", true},
		{"queuecore/internal/machine/step.go", ours + "queuecore/selector", true},
		{"queuecore/internal/machine/step.go", ours + "queuecore", false},
		{"queuecore/selector/pattern.go", ours + "queuecore/store", false},
		{"queuecore/store/memstore/memstore.go", ours + "queuecore/store", true},
		{"queuecore/store/memstore/memstore.go", ours + "queuecore", false},
		{"helpers/x.go", ours + "queuecore", false},

		{"queuecore/store/badgerstore/store.go", "github.com/dgraph-io/badger/v4", true},
		{"queuecore/store/badgerstore/store_test.go", "github.com/dgraph-io/badger/v4", true},
		{"queuecore/loop_test.go", "github.com/dgraph-io/badger/v4", false},
		{"bridge/house.go", "github.com/dgraph-io/badger/v4", false},
		{"protocols/nats/conn.go", "github.com/nats-io/nats.go", false},
		{"protocols/nats/conn_test.go", "github.com/nats-io/nats.go", true},
		{"bridge/link/stomp.go", "github.com/go-stomp/stomp/v3", true},
		{"examples/orders/main.go", "github.com/aws/aws-sdk-go-v2/service/sqs", true},
		{"bridge/torture/workload/sqs.go", "github.com/aws/aws-sdk-go-v2/service/sqs", true},
		{"bridge/torture/ledger/ledger.go", ours + "queuecore", false},
		{"bridge/bench/sqs.go", "github.com/aws/aws-sdk-go-v2/service/sqs", true},
		{"cmd/sluice/serve.go", "github.com/aws/aws-sdk-go-v2/service/sqs", false},
		{"bridge/bucket/fetch.go", "github.com/aws/aws-sdk-go-v2/service/s3", true},
		{"bridge/bucket/fetch.go", ours + "mapping", false},
		{"protocols/sqs/offload.go", "github.com/aws/aws-sdk-go-v2/service/s3", false},
		{"protocols/sqs/offload.go", ours + "protocols/payload", true},
		{"protocols/payload/open.go", ours + "protocols/sqs", false},
		{"bridge/config/load.go", "github.com/knadh/koanf/v2", true},
		{"bridge/house.go", "github.com/knadh/koanf/v2", false},
		{"bridge/torture/lazyfs/fuse_linux.go", "github.com/hanwen/go-fuse/v2/fuse", true},
		{"bridge/torture/powerloss/run.go", "github.com/hanwen/go-fuse/v2/fuse", false},
		{"bridge/torture/powerloss/run.go", ours + "bridge/torture/lazyfs", true},
		{"bridge/torture/lazyfs/disk.go", ours + "queuecore", false},
		{"queuecore/loop.go", "go.uber.org/goleak", false},
		{"queuecore/loop.go", "net/http", true},
	}
	for _, tt := range tests {
		why := broken(goFile{path: tt.file}, tt.imp)
		if (why == "") != tt.ok {
			t.Errorf("%s imports %s: got %q", tt.file, tt.imp, why)
		}
	}
}
