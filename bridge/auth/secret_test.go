package auth_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sluicemq/sluice/bridge/auth"
	"github.com/sluicemq/sluice/protocols"
)

// file is a secret's file, the identities that it belongs to, and their clock.
type file struct {
	t    *testing.T
	path string
	mu   sync.Mutex
	now  time.Time
	log  bytes.Buffer
	all  *auth.Identities
}

func newFile(t *testing.T, text string) *file {
	f := &file{t: t, path: filepath.Join(t.TempDir(), "secret"), now: time.Now()}
	f.write(text)
	s, err := auth.FileSecret(f.path, auth.SecretOptions{Log: slog.New(slog.NewTextHandler(&f.log, nil)), Now: f.clock})
	if err != nil {
		t.Fatal(err)
	}
	f.all = auth.New([]auth.Key{{ID: "A", Secret: s}})
	return f
}

func (f *file) clock() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

func (f *file) pass(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = f.now.Add(d)
}

func (f *file) write(text string) {
	f.t.Helper()
	if err := os.WriteFile(f.path, []byte(text), 0o600); err != nil {
		f.t.Fatal(err)
	}
}

// want says which of two secrets must be good.
func (f *file) want(one, two bool) {
	f.t.Helper()
	for secret, want := range map[string]bool{"one": one, "two": two} {
		_, err := f.all.Authenticate(f.t.Context(), protocols.Credentials{AccessKey: "A", Proof: knows(secret)})
		if (err == nil) != want {
			f.t.Errorf("%s: %v", secret, err)
		}
	}
}

// A new secret counts a second after it was written, and the old one no more.
func TestRotation(t *testing.T) {
	f := newFile(t, "one\r\n")
	f.want(true, false)
	f.write("two\n")
	f.want(true, false)
	f.pass(time.Second)
	f.want(false, true)
}

// A file that takes the place of another counts, even when it has its size and time.
func TestRotationByRename(t *testing.T) {
	f := newFile(t, "one")
	f.pass(time.Hour)
	f.want(true, false) // read once more, and settled
	info, err := os.Stat(f.path)
	if err != nil {
		t.Fatal(err)
	}
	next := f.path + ".new"
	if err := os.WriteFile(next, []byte("two"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(next, info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(next, f.path); err != nil {
		t.Fatal(err)
	}
	f.pass(time.Second)
	f.want(false, true)
}

// Two changes within a tick of the file system's clock are both seen.
func TestRotationTwiceInATick(t *testing.T) {
	f := newFile(t, "one")
	info, err := os.Stat(f.path)
	if err != nil {
		t.Fatal(err)
	}
	f.write("two")
	if err := os.Chtimes(f.path, info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
	f.pass(time.Second)
	f.want(false, true)
}

// While a file is empty or too long the secret stays, and the log says so once.
func TestFileInTrouble(t *testing.T) {
	f := newFile(t, "one")
	for _, text := range []string{"", "\n", strings.Repeat("x", 5000)} {
		f.write(text)
		f.pass(time.Second)
		f.want(true, false)
		f.pass(time.Second)
		f.want(true, false)
	}
	if n := strings.Count(f.log.String(), "WARN"); n != 2 || strings.Contains(f.log.String(), "xxx") {
		t.Errorf("%d warnings:\n%s", n, &f.log)
	}
	f.write("two")
	f.pass(time.Second)
	f.want(false, true)
	if !strings.Contains(f.log.String(), "can be read again") {
		t.Errorf("log:\n%s", &f.log)
	}
}

// A file that is removed takes the key with it, until there is one again.
func TestFileIsRemoved(t *testing.T) {
	f := newFile(t, "one")
	if err := os.Remove(f.path); err != nil {
		t.Fatal(err)
	}
	f.want(true, false)
	f.pass(time.Second)
	f.want(false, false)
	if !strings.Contains(f.log.String(), "refused=true") {
		t.Errorf("log:\n%s", &f.log)
	}
	f.write("two")
	f.pass(time.Second)
	f.want(false, true)
}

// Many ask at the same time while the file changes; for the race detector.
func TestRotationInUse(t *testing.T) {
	f := newFile(t, "one")
	var wg sync.WaitGroup
	for range 8 {
		// Ends after its rounds.
		wg.Go(func() {
			for range 200 {
				f.pass(100 * time.Millisecond)
				either := func(s string) bool { return s == "one" || s == "two" }
				if _, err := f.all.Authenticate(t.Context(), protocols.Credentials{AccessKey: "A", Proof: either}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	next := f.path + ".new"
	for i := range 50 {
		if err := os.WriteFile(next, []byte([]string{"one", "two"}[i%2]), 0o600); err != nil {
			t.Error(err)
		}
		if err := os.Rename(next, f.path); err != nil {
			t.Error(err)
		}
	}
	wg.Wait()
	f.pass(time.Second)
	f.want(false, true)
}

func TestSecretsThatAreNotThere(t *testing.T) {
	dir := t.TempDir()
	empty := filepath.Join(dir, "empty")
	if err := os.WriteFile(empty, []byte("\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{filepath.Join(dir, "none"): "no such file", empty: "empty", dir: "not a file"} {
		if _, err := auth.FileSecret(path, auth.SecretOptions{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
	t.Setenv("AUTH_TEST_SECRET", "")
	if _, err := auth.EnvSecret("AUTH_TEST_SECRET"); err == nil {
		t.Error("an empty variable is a secret")
	}
}
