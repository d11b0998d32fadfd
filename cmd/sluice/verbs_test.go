package main_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestVersion(t *testing.T) {
	stdout, stderr, code := run(t, nil, "version")
	if code != 0 || stderr != "" || !strings.HasPrefix(stdout, "sluice ") || strings.Count(stdout, "\n") != 1 {
		t.Errorf("%q, %q, %d", stdout, stderr, code)
	}
}

func TestHelp(t *testing.T) {
	stdout, stderr, code := run(t, nil)
	if code != 0 || stderr != "" || !strings.Contains(stdout, "serve") {
		t.Errorf("%q, %q, %d", stdout, stderr, code)
	}
	stdout, _, code = run(t, nil, "serve", "--help")
	for _, flag := range []string{
		"--config file", "--data-dir directory", "--stomp-addr host:port", "--nats-addr", "--sqs-addr", "--admin-addr",
		"--sync always|interval", "--ready-json", "--insecure-listen", "--log-level level", "--log-format text|json",
	} {
		if !strings.Contains(stdout, flag) {
			t.Errorf("no %s in\n%s", flag, stdout)
		}
	}
	if code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func TestUnknownVerb(t *testing.T) {
	wantFailure(t, `unknown command "srve" for "sluice"; Did you mean this?; serve`, nil, "srve")
	wantFailure(t, `unknown command "chek"`, nil, "config", "chek")
	wantFailure(t, "accepts 2 arg(s), received 1: sluice queue cancel QUEUE ID", nil, "queue", "cancel", "a")
}

func TestConfigCheck(t *testing.T) {
	file := filepath.Join(t.TempDir(), "sluice.yaml")
	writeFile(t, file, "data_dir: /from/file\nsync: interval\n")
	stdout, stderr, code := run(t, []string{"SLUICE_DATA_DIR=/from/env"}, "config", "check", file)
	if code != 0 || stderr != "" || !strings.HasPrefix(stdout, "ok\n") {
		t.Errorf("%q, %q, %d", stdout, stderr, code)
	}
	for _, line := range []string{"data_dir: /from/env\n", "sync: interval\n", "nats_addr: 127.0.0.1:4222\n"} {
		if !strings.Contains(stdout, line) {
			t.Errorf("no %q in\n%s", line, stdout)
		}
	}
	writeFile(t, file, "data_dir: x\nsink: 1\n")
	wantFailure(t, file+`: line 2: unknown key "sink"`, nil, "config", "check", file)
	writeFile(t, file, "nats_addr: 0.0.0.0:4222\n")
	wantFailure(t, "insecure_listen: true", nil, "config", "check", file)
	wantFailure(t, "no such file", nil, "config", "check", file+"x")
	wantFailure(t, "accepts 1 arg(s), received 0: sluice config check FILE", nil, "config", "check")
}

// A log that could be appended to is left as it is, one that is not there is not made, and the directory of the store is not asked for.
func TestConfigCheckLeavesTheAuditLog(t *testing.T) {
	dir := t.TempDir()
	file, log, users := filepath.Join(dir, "sluice.yaml"), filepath.Join(dir, "audit.log"), filepath.Join(dir, "users.yaml")
	writeFile(t, users, "users: [{name: a}]\n")
	check := func(settings string, files ...string) {
		t.Helper()
		writeFile(t, file, settings)
		if _, stderr, code := run(t, nil, "config", "check", file); code != 0 {
			t.Errorf("%d: %s", code, stderr)
		}
		var got []string
		list, err := os.ReadDir(dir)
		for _, e := range list {
			got = append(got, e.Name())
		}
		if want := append(files, "sluice.yaml", "users.yaml"); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q, want %q; %v", got, want, err)
		}
	}
	check("audit_log: " + log + "\n")
	check("users_file: " + users + "\ndata_dir: " + filepath.Join(dir, "data") + "\n")
	writeFile(t, log, "half a line")
	check("audit_log: "+log+"\n", "audit.log")
	if text, err := os.ReadFile(log); string(text) != "half a line" {
		t.Errorf("%q, %v", text, err)
	}
}

// What the settings name is read, too, and the error says which setting it is.
func TestConfigCheckReadsFiles(t *testing.T) {
	dir := t.TempDir()
	file, gone, empty := filepath.Join(dir, "sluice.yaml"), filepath.Join(dir, "gone"), filepath.Join(dir, "empty")
	writeFile(t, empty, "")
	for settings, want := range map[string]string{
		"stomp_tls_cert: " + gone + "\nstomp_tls_key: " + gone + "\n":             "stomp_tls_cert: " + gone,
		"stomp_tls_cert: " + empty + "\nstomp_tls_key: " + empty + "\n":           "stomp_tls_cert: ",
		"nats_tls_cert: " + gone + "\nnats_tls_key: " + gone + "\n":               "nats_tls_cert: " + gone,
		"access_keys: [{id: A, user: a, secret: \"file:" + gone + "\"}]\n":        "access_keys[0].secret is file:" + gone,
		"access_keys: [{id: A, user: a, secret: \"file:" + empty + "\"}]\n":       "access_keys[0].secret is file:" + empty,
		"access_keys: [{id: A, user: a, secret: \"env:SLUICE_TEST_GONE\"}]\n":     "access_keys[0].secret is env:SLUICE_TEST_GONE",
		"users_file: " + gone + "\n":                                              "users_file: ",
		"audit_log: " + filepath.Join(gone, "audit.log") + "\n":                   "audit_log " + filepath.Join(gone, "audit.log") + ": it is not there, and cannot be made",
		"audit_log: " + dir + "\n":                                                "audit_log " + dir + ": not a file",
		"s3_bucket: bodies\ns3_access_key: A\ns3_secret: \"file:" + gone + "\"\n": "s3_secret is file:" + gone,
	} {
		writeFile(t, file, settings)
		wantFailure(t, want, nil, "config", "check", file)
	}
}
