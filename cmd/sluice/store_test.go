package main_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// sqsCall does one request of the query form, as any client without keys could.
func sqsCall(t *testing.T, s *server, path string, form url.Values) {
	t.Helper()
	resp, err := http.PostForm("http://"+s.SQS+path, form)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%v: %s", form, resp.Status)
	}
}

// A store with one wrong bit: serve says which command helps, check names what is
// damaged, and salvage makes a store that serve opens.
func TestStoreVerbs(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	args := append(freePorts(), "--data-dir="+dir)
	s := serve(t, nil, args...)
	sqsCall(t, s, "/", url.Values{"Action": {"CreateQueue"}, "QueueName": {"orders"}})
	sqsCall(t, s, "/000000000000/orders", url.Values{"Action": {"SendMessage"}, "MessageBody": {"one very special message"}})
	_, stderr, code := run(t, nil, "store", "check", "--data", dir)
	if code != 2 || !strings.Contains(stderr, "used by another process") {
		t.Errorf("check beside a server: %d, %s", code, stderr)
	}
	if _, stderr, code := run(t, nil, "store", "check", "--data-dir", dir); code != 2 || !strings.Contains(stderr, "used by another process") {
		t.Errorf("check with serve's flag: %d, %s", code, stderr)
	}
	s.stop()
	if stdout, stderr, code := run(t, []string{"SLUICE_DATA_DIR=" + dir}, "store", "check"); code != 0 || !strings.HasPrefix(stdout, "sound: ") {
		t.Errorf("check of a sound store: %d, %q, %q", code, stdout, stderr)
	}

	spoil(t, dir, "very special")
	wantFailure(t, `"sluice store salvage --data `+dir+` --to NEW"`, nil, append([]string{"serve"}, args...)...)
	stdout, stderr, code := run(t, nil, "store", "check", "--data", dir)
	if code != 1 || !strings.Contains(stdout, `queue "orders"`) || !strings.Contains(stderr, "store salvage") {
		t.Errorf("check of a damaged store: %d, %q, %q", code, stdout, stderr)
	}
	stdout, _, code = run(t, nil, "store", "check", "--json", "--data", dir)
	for line := range strings.Lines(stdout) {
		if !json.Valid([]byte(line)) {
			t.Errorf("%q is no JSON", line)
		}
	}
	if code != 1 || strings.Count(stdout, "\n") < 2 {
		t.Errorf("%d, %q", code, stdout)
	}
	to := filepath.Join(t.TempDir(), "new")
	if stdout, stderr, code := run(t, nil, "store", "salvage", "--data", dir, "--to", to); code != 0 || !strings.Contains(stdout, "salvaged into") {
		t.Errorf("salvage: %d, %q, %q", code, stdout, stderr)
	}
	if stdout, _, code := run(t, nil, "store", "check", "--data", to); code != 0 {
		t.Errorf("what was salvaged: %d, %q", code, stdout)
	}
	s = serve(t, nil, append(freePorts(), "--data-dir="+to)...)
	sqsCall(t, s, "/000000000000/orders", url.Values{"Action": {"ReceiveMessage"}})
	s.stop()
	if stdout, _, code := run(t, nil, "store", "check", "--data", t.TempDir()); code != 2 {
		t.Errorf("check of an empty directory: %d, %q", code, stdout)
	}
}

// spoil turns one bit of a text, wherever it stands in the tables.
func spoil(t *testing.T, dir, text string) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.sst"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if at := bytes.Index(content, []byte(text)); at >= 0 {
			content[at] ^= 1
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatalf("%q is in none of %v", text, paths)
}

// Who mistypes is told how it goes, and not that the store is damaged, which is exit code 1.
func TestStoreCheckMistyped(t *testing.T) {
	for want, args := range map[string][]string{
		"takes no arguments, received \"somewhere\": sluice store check [flags]": {"somewhere"},
		"unknown flag: --directory: see sluice store check --help":               {"--directory=somewhere"},
	} {
		if _, stderr, code := run(t, nil, append([]string{"store", "check"}, args...)...); code != 2 || stderr != "sluice: "+want+"\n" {
			t.Errorf("%d, %q, want 2, %q", code, stderr, want)
		}
	}
}
