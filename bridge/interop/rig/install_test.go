package rig

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// inCache lets cached work in a directory of the test.
func inCache(t *testing.T) (base string) {
	base = t.TempDir()
	t.Setenv("XDG_CACHE_HOME", base)
	t.Setenv("HOME", base)
	t.Setenv("LocalAppData", base)
	noTelemetry(t, base)
	return base
}

// noTelemetry keeps the go command from leaving a process behind that writes there when the test is over.
func noTelemetry(t *testing.T, base string) {
	t.Helper()
	t.Setenv("XDG_CONFIG_HOME", base)
	t.Setenv("AppData", base)
	config, err := os.UserConfigDir()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(config, "go", "telemetry")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "mode"), []byte("off"), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestCachedFillsOnce(t *testing.T) {
	inCache(t)
	fills := 0
	fill := func(dir string) error {
		fills++
		return os.WriteFile(filepath.Join(dir, "made"), nil, 0o644)
	}
	list := map[string][]byte{"list": []byte("a 1\n")}
	first, err := cached("x", list, fill)
	if err != nil {
		t.Fatal(err)
	}
	again, err := cached("x", list, fill)
	if err != nil || again != first || fills != 1 {
		t.Errorf("%s after %s, filled %d times: %v", again, first, fills, err)
	}
	for _, name := range []string{"list", "made"} {
		if _, err := os.Stat(filepath.Join(first, name)); err != nil {
			t.Error(err)
		}
	}
	other, err := cached("x", map[string][]byte{"list": []byte("a 2\n")}, fill)
	if err != nil || other == first || fills != 2 {
		t.Errorf("another list: %s, filled %d times: %v", other, fills, err)
	}
}

// What could not be installed leaves nothing that a later run would take for whole.
func TestCachedForgetsFailures(t *testing.T) {
	base := inCache(t)
	broken := errors.New("no network")
	if _, err := cached("x", nil, func(string) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	left, err := filepath.Glob(filepath.Join(base, "*", "sluice-interop", "*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left %v: %v", left, err)
	}
	left, err = filepath.Glob(filepath.Join(base, "sluice-interop", "*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left %v: %v", left, err)
	}
	if _, err := cached("x", nil, func(string) error { return nil }); err != nil {
		t.Error(err)
	}
}

// Two packages may need the same libraries at the same time.
func TestCachedTogether(t *testing.T) {
	inCache(t)
	var both, filled sync.WaitGroup
	filled.Add(2)
	for range 2 {
		both.Go(func() {
			_, err := cached("x", nil, func(string) error {
				filled.Done()
				filled.Wait() // neither is done before the other has begun
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
}

func TestMissing(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	dir := os.DirFS(filepath.FromSlash("../driver/python"))
	if _, err := Python(t.Context(), dir); !errors.Is(err, ErrMissing) {
		t.Errorf("Python: %v", err)
	}
	dir = os.DirFS(filepath.FromSlash("../driver/node"))
	if _, err := Node(t.Context(), dir); !errors.Is(err, ErrMissing) {
		t.Errorf("Node: %v", err)
	}
	dir = os.DirFS(filepath.FromSlash("../sqs/java"))
	if _, err := Java(t.Context(), dir); !errors.Is(err, ErrMissing) {
		t.Errorf("Java: %v", err)
	}
}

// A list that is not there is the fault of who asks, not of the toolchain.
func TestMissingList(t *testing.T) {
	_, err := PythonWith(t.Context(), os.DirFS(t.TempDir()), "requirements-own.txt")
	if !errors.Is(err, os.ErrNotExist) || errors.Is(err, ErrMissing) {
		t.Errorf("got %v", err)
	}
}
