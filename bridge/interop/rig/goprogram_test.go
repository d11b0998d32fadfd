package rig

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestNamesOfGoPrograms(t *testing.T) {
	for pkg, want := range map[string]string{
		"github.com/nats-io/nats-server/v2": "nats-server",
		"github.com/nats-io/natscli/nats":   "nats",
		"example.org/very":                  "very",
		"example.org/module/v12":            "module",
	} {
		if got := programName(pkg); got != want {
			t.Errorf("%s makes %s, want %s", pkg, got, want)
		}
	}
}

func TestGoProgramThatCannotBeHad(t *testing.T) {
	inCache(t)
	t.Setenv("GOPROXY", "off")
	if _, err := GoProgram(t.Context(), "github.com/sluicemq/nothing", "v9.9.9"); !errors.Is(err, ErrMissing) {
		t.Errorf("got %v", err)
	}
}

// The benchmark and the judges use one nats-server: of one version, in one place of the cache.
func TestBenchmarkHasTheSameNATSServer(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no sh")
	}
	base := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", base)
	script, err := os.ReadFile(filepath.FromSlash("../../bench/nats.sh"))
	if err != nil {
		t.Fatal(err)
	}
	lines := regexp.MustCompile(`(?m)^\s*(version|program|cache)=.*$`).FindAllString(string(script), -1)
	got, err := exec.CommandContext(t.Context(), sh, "-euc", strings.Join(lines, "\n")+"\nprintf %s \"$cache\"").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, got)
	}
	want, err := place("go", programAt(natsServer, natsServerVersion))
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s, want %s", got, want)
	}
}
