package config_test

import (
	"context"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/sluicemq/sluice/bridge/config"
)

// FuzzFile reads any text as a configuration file. What is refused is so in one line, which names the file; what is
// taken is a map of settings to the YAML package too, and reads the same when it is written out.
func FuzzFile(f *testing.F) {
	for _, name := range []string{"sluice.yaml", "users.yaml"} {
		if b, err := os.ReadFile(filepath.Join("../../configs", name)); err == nil {
			f.Add(b)
		}
	}
	for _, text := range []string{
		"", "# nothing\n", "data_dir: a\n---\ndata_dir: b\n", "data_dir: [a]\n", "log_level: &l debug\nlog_format: *l\n", "<<: &m {data_dir: a}\n", "data_dir: &a *a\n",
		"access_keys:\n  - &k {id: A, secret: \"env:A\", user: anna, actions: [send], queues: [\"a-*\"]}\n  - {id: B, secret: file:/b, user: ben, account: \"111122223333\"}\n",
		"queue_rules:\n  - {queues: [\"a.*\", b], max_attempts: 5, dead_letter: d, lease: 30s, backoff_factor: 1.5}\n",
		"stomp_listeners: [{addr: \"127.0.0.1:61614\", dialect: rabbitmq, errors: lenient}]\n",
		"drain_timeout: 1h\nsync_interval: 0.5s\nmetrics_max_queues: 0x10\nmax_queues: 1e3\nstomp_addr: \"[::1]:0\"\ninsecure_listen: yes\n", "? data_dir\n: |\n  a\n  b\n", "\xff\xfe", "data_dir: !!binary YQ==\n",
	} {
		f.Add([]byte(text))
	}
	path := filepath.Join(f.TempDir(), "sluice.yaml")
	nowhere, cancel := context.WithCancel(context.Background())
	cancel() // or host names would be looked up
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := config.Load(nowhere, config.Sources{File: path})
		if err != nil {
			if strings.ContainsAny(err.Error(), "\r\n") || len(err.Error()) > len(path)+2*len(text)+1000 {
				t.Fatalf("not one line: %q", err)
			}
			return
		}
		var anything map[string]any
		if err := yaml.Unmarshal(text, &anything); err != nil {
			t.Fatalf("taken, and no YAML: %v", err)
		}
		again, err := c.YAML()
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, again, 0o600); err != nil {
			t.Fatal(err)
		}
		if d, err := config.Load(nowhere, config.Sources{File: path}); err != nil || !reflect.DeepEqual(c, d) {
			t.Fatalf("%+v was written\n%s\nand reads as %+v, %v", c, again, d, err)
		}
	})
}
