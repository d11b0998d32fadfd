package main

import (
	"context"
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/bridge/config"
)

// directives are the lines NAME=VALUE of a unit of systemd, in their order.
func directives(t *testing.T, path string) map[string][]string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string][]string)
	for line := range strings.Lines(string(text)) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), "=")
		if ok && !strings.HasPrefix(name, "#") {
			all[name] = append(all[name], value)
		}
	}
	return all
}

// wantServe reads a command line as the program itself does, and returns the file of settings that
// it names, as it lies in configs.
func wantServe(t *testing.T, words []string) config.Config {
	t.Helper()
	verb, rest, err := rootCommand().Find(words)
	if err != nil || verb.Name() != "serve" {
		t.Fatalf("%q: %v, %v", words, verb.Name(), err)
	}
	if err := verb.ParseFlags(rest); err != nil {
		t.Fatalf("%q: %v", words, err)
	}
	path := filepath.Join("../../configs", filepath.Base(configFile(verb.Flags())))
	if filepath.Base(path) == "sluice.yaml" { // as it is called in the image
		path = "../../configs/container.yaml"
	}
	c, err := config.Load(context.Background(), config.Sources{File: path})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The unit starts this program with flags that it has, by no root, and lets it write where its
// configuration has it write and nowhere else.
func TestUnit(t *testing.T) {
	d := directives(t, "../../configs/sluice.service")
	words := strings.Fields(d["ExecStart"][0])
	c := wantServe(t, words[1:])
	if user := d["User"]; len(user) != 1 || user[0] == "root" || user[0] == "0" || user[0] == "" {
		t.Errorf("User=%q", user)
	}
	if want := "/var/lib/" + d["StateDirectory"][0]; c.DataDir != want {
		t.Errorf("data_dir is %s, the unit has %s", c.DataDir, want)
	}
	if want := "/var/log/" + d["LogsDirectory"][0]; filepath.Dir(c.AuditFile()) != want {
		t.Errorf("audit_log is %s, the unit has %s", c.AuditFile(), want)
	}
	for name, want := range map[string]string{"Type": "notify", "Restart": "on-failure", "ProtectSystem": "strict", "NoNewPrivileges": "yes", "CapabilityBoundingSet": ""} {
		if !slices.Equal(d[name], []string{want}) {
			t.Errorf("%s=%q", name, d[name])
		}
	}
	if c.OnStoreFailure != config.ExitOnFailure {
		t.Error("a server that stays up when its disk has failed is not started again")
	}
}

// systemd itself finds nothing wrong with the unit, where there is one.
func TestUnitByService(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("there is no systemd-analyze")
	}
	text, err := os.ReadFile("../../configs/sluice.service")
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable() // any program that is there
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "sluice.service")
	if err := os.WriteFile(path, []byte(strings.Replace(string(text), "ExecStart=/usr/local/bin/sluice", "ExecStart="+self, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(analyze, "verify", path).CombinedOutput()
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, "sluice.service") {
			t.Errorf("%s", line)
		}
	}
	t.Logf("%v", err) // of units of the machine's own, too
}

// The image starts this program with flags that it has, by no root, with the ports and the
// directory of its configuration.
func TestContainerfile(t *testing.T) {
	text, err := os.ReadFile("../../configs/Containerfile")
	if err != nil {
		t.Fatal(err)
	}
	final := make(map[string][]string) // instructions of the last stage
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		if name == "FROM" {
			clear(final)
		}
		if name != "" && name[0] != '#' {
			final[name] = append(final[name], value)
		}
	}
	var words []string
	if err := json.Unmarshal([]byte(final["CMD"][0]), &words); err != nil {
		t.Fatal(err)
	}
	c := wantServe(t, words)
	if user := final["USER"]; len(user) != 1 || strings.HasPrefix(user[0], "0") || strings.HasPrefix(user[0], "root") {
		t.Errorf("USER %q", user)
	}
	if !slices.Equal(final["VOLUME"], []string{c.DataDir}) || !slices.Equal(final["STOPSIGNAL"], []string{"SIGTERM"}) || len(final["HEALTHCHECK"]) != 1 {
		t.Errorf("%q", final)
	}
	var ports []string
	for _, addr := range []string{c.STOMPAddr, c.NATSAddr, c.SQSAddr, c.AdminAddr} {
		_, port, _ := net.SplitHostPort(addr)
		ports = append(ports, port)
	}
	if got := strings.Fields(final["EXPOSE"][0]); !slices.Equal(got, ports) {
		t.Errorf("EXPOSE %q, the configuration has %q", got, ports)
	}
	if !strings.Contains(string(text), "CGO_ENABLED=0") || !slices.Equal(final["FROM"], []string{"scratch"}) {
		t.Error("the program needs a C library that the image has not")
	}
	for _, copied := range final["COPY"] {
		if from := strings.Fields(copied); strings.Contains(from[len(from)-2], "/out/var/") && !strings.Contains(copied, "--chown=10001:10001") {
			t.Errorf("COPY %s: the user cannot write there", copied)
		}
	}
}
