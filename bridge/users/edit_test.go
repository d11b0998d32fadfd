package users_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/bridge/users"
)

const commented = `# Ours.
users:
  # Sends orders.
  - name: anna # since May
    password: ` + argon + `
    access_keys:
      # the old one
      - id: K1
        secret: env:K1
  - name: ben
    password: file:/run/secrets/ben
`

func fileOf(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "users.yaml")
	if err := os.WriteFile(path, []byte(text), 0o640); err != nil {
		t.Fatal(err)
	}
	return path
}

func begin(t *testing.T, path string) *users.Edit {
	t.Helper()
	e, err := users.Begin(path, false)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func textOf(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Comments and all that is not asked for stay, and so do mode and symbolic links.
func TestEdit(t *testing.T) {
	path := fileOf(t, commented)
	link := filepath.Join(t.TempDir(), "link.yaml")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	e := begin(t, link)
	for _, err := range []error{
		e.SetPassword("anna", other), e.AddKey("anna", "K2", "env:K2"), e.AddKey("ben", "K3", "file:/k3"),
		e.Add(users.Added{Name: "carla", Hash: argon, Actions: []string{"send"}, Queues: []string{"a*"}}), e.Save(),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	want := strings.ReplaceAll(commented, argon, other)
	want = strings.Replace(want, "        secret: env:K1\n", "        secret: env:K1\n      - id: K2\n        secret: env:K2\n", 1) +
		"    access_keys:\n      - id: K3\n        secret: file:/k3\n  - name: carla\n    password: " + argon + "\n    actions: [send]\n    queues: [a*]\n"
	if got := textOf(t, path); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	info, err := os.Lstat(path)
	if err != nil || info.Mode() != 0o640 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	e = begin(t, path)
	for _, err := range []error{e.AddCertificate("carla", "CN=carla,O=Example"), e.AddCertificate("carla", "dns:c.example.org"), e.AddCertificate("ben", "CN=ben"), e.Save()} {
		if err != nil {
			t.Fatal(err)
		}
	}
	const added = "    certificates:\n      - CN=carla,O=Example\n      - dns:c.example.org\n"
	if got := textOf(t, path); !strings.HasSuffix(got, added) {
		t.Errorf("got\n%s", got)
	}
	e = begin(t, path)
	for _, err := range []error{e.RemoveCertificate("ben", "CN=ben"), e.RemoveKey("anna", "K2"), e.Remove("carla"), e.RemoveKey("ben", "K3"), e.Save()} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if got, want := textOf(t, path), strings.ReplaceAll(commented, argon, other)+"    access_keys: []\n    certificates: []\n"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestFirstUser(t *testing.T) {
	path := filepath.Join(t.TempDir(), "users.yaml")
	if _, err := users.Begin(path, false); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Error(err)
	}
	e, err := users.Begin(path, true)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Add(users.Added{Name: "yes"}); err != nil { // a word of YAML's own
		t.Fatal(err)
	}
	if err := e.Save(); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o600 || !strings.HasSuffix(textOf(t, path), "users:\n  - name: \"yes\"\n") {
		t.Errorf("%v, %v\n%s", info, err, textOf(t, path))
	}
}

func TestEditErrors(t *testing.T) {
	path := fileOf(t, commented)
	e := begin(t, path)
	for want, err := range map[string]error{
		`there is a user "ben" already`:        e.Add(users.Added{Name: "ben"}),
		`there is no user "otto"`:              e.Remove("otto"),
		`there is no user "otto" `:             e.SetPassword("otto", argon),
		`user "anna" has no access key "K9"`:   e.RemoveKey("anna", "K9"),
		`user "ben" has no certificate "CN=x"`: e.RemoveCertificate("ben", "CN=x"),
		`user "ben" has no access key "K1"`:    e.RemoveKey("ben", "K1"),
		`of "ben" is in file:/run/secrets/ben`: e.SetPassword("ben", argon),
	} {
		if err == nil || !strings.Contains(err.Error(), strings.TrimSpace(want)) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	for name, change := range map[string]func(*users.Edit) error{
		"another's key":  func(e *users.Edit) error { return e.AddKey("ben", "K1", "env:X") },
		"no action":      func(e *users.Edit) error { return e.Add(users.Added{Name: "x", Actions: []string{"sent"}}) },
		"no name":        func(e *users.Edit) error { return e.Add(users.Added{}) },
		"no certificate": func(e *users.Edit) error { return e.AddCertificate("ben", "CN=ben, O=Example") },
		"a certificate twice": func(e *users.Edit) error {
			return errors.Join(e.AddCertificate("ben", "CN=ben"), e.AddCertificate("anna", "CN=ben"))
		},
		"no nkey": func(e *users.Edit) error { return e.Add(users.Added{Name: "x", NKeys: []string{"U"}}) },
	} {
		e := begin(t, path)
		if err := change(e); err != nil {
			t.Fatal(name, err)
		}
		if err := e.Save(); err == nil || !strings.Contains(err.Error(), "would not be good") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if textOf(t, path) != commented {
		t.Error(textOf(t, path))
	}
}

// A file that somebody else has changed, removed or is changing stays as he has it.
func TestEditMeanwhile(t *testing.T) {
	path := fileOf(t, commented)
	for name, tt := range map[string]struct {
		does func()
		want string
	}{
		"changed":  {func() { _ = os.WriteFile(path, []byte("users: []\n"), 0o640) }, "somebody has changed it meanwhile"},
		"removed":  {func() { _ = os.Remove(path) }, "somebody has changed it meanwhile"},
		"changing": {func() { _ = os.WriteFile(path+".new", nil, 0o600) }, "another change is under way"},
	} {
		_ = os.WriteFile(path, []byte(commented), 0o640)
		e := begin(t, path)
		if err := e.Remove("anna"); err != nil {
			t.Fatal(err)
		}
		tt.does()
		before, _ := os.ReadFile(path)
		err := e.Save()
		after, _ := os.ReadFile(path)
		if err == nil || !strings.Contains(err.Error(), tt.want) || string(before) != string(after) {
			t.Errorf("%s: %v\n%s", name, err, after)
		}
		if _, err := os.Stat(path + ".new"); (err == nil) != (name == "changing") {
			t.Errorf("%s: %v", name, err)
		}
		_ = os.Remove(path + ".new")
	}
}

func TestWriteSecret(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	if err := users.WriteSecret(path, "one"); err != nil {
		t.Fatal(err)
	}
	if err := users.WriteSecret(path, "two"); err == nil {
		t.Error("a secret took the place of another")
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o600 || textOf(t, path) != "one\n" {
		t.Errorf("%v, %v, %q", info.Mode(), err, textOf(t, path))
	}
}

// Once the new file is in its place, no error says that it is as it was.
func TestSaveInUnreadableDirectory(t *testing.T) {
	path := fileOf(t, commented)
	e := begin(t, path)
	if err := e.Remove("ben"); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Dir(path)
	if err := os.Chmod(dir, 0o300); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(dir, 0o700) })
	if d, err := os.Open(dir); err == nil {
		d.Close()
		t.Skip("this user can read every directory")
	}
	if err := e.Save(); !errors.Is(err, users.ErrReplaced) || strings.Contains(err.Error(), "as it was") {
		t.Error(err)
	}
	if got := textOf(t, path); strings.Contains(got, "ben") {
		t.Errorf("%s", got)
	}
}
