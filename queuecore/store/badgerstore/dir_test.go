package badgerstore

import (
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func openErr(dir string) error {
	s, err := openKept(dir, Options{Log: slog.New(slog.DiscardHandler), tune: small})
	if err == nil {
		err = s.Close()
	}
	return err
}

func TestOpenMakesDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	if err := openErr(dir); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("directory: %v, %v, want mode 0700", info.Mode(), err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "FORMAT"))
	if err != nil || string(text) != "sluice store 2\n" {
		t.Errorf("FORMAT: %q, %v", text, err)
	}
	if err := openErr(dir); err != nil {
		t.Errorf("second opening: %v", err)
	}
}

func TestOpenFreshFileSystem(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"lost+found", "FORMAT.new"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := openErr(dir); err != nil {
		t.Error(err)
	}
}

func TestOpenLocked(t *testing.T) {
	dir := t.TempDir()
	s := openTiny(t, dir)
	err := openErr(dir)
	if !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), dir) {
		t.Errorf("Open of a locked directory: %v", err)
	}
	put(t, s, "still", "works")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := openErr(dir); err != nil {
		t.Errorf("Open after Close: %v", err)
	}
}

func TestOpenRefusesOtherFormats(t *testing.T) {
	for name, text := range map[string]string{"newer": "sluice store 3\n", "foreign": "something else\n", "empty": ""} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "FORMAT"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			err := openErr(dir)
			if !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), dir) {
				t.Errorf("Open: %v", err)
			}
			if name == "newer" && !strings.Contains(err.Error(), "format 3, this version reads up to 2") {
				t.Errorf("Open does not say which formats: %v", err)
			}
			if entries, _ := os.ReadDir(dir); len(entries) != 1 {
				t.Errorf("a refused directory was written to: %v", entries)
			}
		})
	}
}

func TestOpenRefusesForeignDirectory(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "letters.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := openErr(dir); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), "letters.txt") {
		t.Errorf("Open: %v", err)
	}
}

// What helps with damage is not said of what is no store.
func TestNoAdviceWithoutAStore(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, d := range []string{dir, file, filepath.Join(file, "data")} {
		if _, err := Open(d, Options{MinFree: -1, Advice: "call the doctor"}); err == nil || strings.Contains(err.Error(), "doctor") {
			t.Errorf("Open(%s): %v", d, err)
		}
	}
	lost := t.TempDir()
	if err := os.WriteFile(filepath.Join(lost, "MANIFEST"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(lost, Options{MinFree: -1, Advice: "call the doctor"}); err == nil || !strings.Contains(err.Error(), "doctor") {
		t.Errorf("Open of a store without its format file: %v", err)
	}
}

func TestOpenNotADirectory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := openErr(path); !errors.Is(err, syscall.ENOTDIR) {
		t.Errorf("Open of a file: %v", err)
	}
}

// TestOpenWithoutPermission runs itself again as nobody when it runs as root,
// whom nothing is forbidden.
func TestOpenWithoutPermission(t *testing.T) {
	if dir := os.Getenv("BADGERSTORE_FORBIDDEN"); dir != "" {
		for _, d := range []string{dir, filepath.Join(dir, "below")} {
			if err := openErr(d); !errors.Is(err, ErrPermission) || !strings.Contains(err.Error(), d) {
				t.Errorf("Open(%s): %v, want ErrPermission", d, err)
			}
		}
		return
	}
	if os.Getuid() != 0 {
		dir := filepath.Join(t.TempDir(), "forbidden")
		if err := os.Mkdir(dir, 0o500); err != nil {
			t.Fatal(err)
		}
		if err := openErr(dir); !errors.Is(err, ErrPermission) {
			t.Errorf("Open: %v, want ErrPermission", err)
		}
		return
	}
	// The copy of the test program and the directory must be within nobody's reach.
	top, err := os.MkdirTemp("", "badgerstore")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(top)
	program, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(top, "test")
	if err := errors.Join(os.Chmod(top, 0o755), os.WriteFile(path, program, 0o755)); err != nil {
		t.Fatal(err)
	}
	forbidden := filepath.Join(top, "forbidden")
	if err := os.Mkdir(forbidden, 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "-test.run=^TestOpenWithoutPermission$", "-test.v")
	cmd.Dir = top
	cmd.Env = append(os.Environ(), "BADGERSTORE_FORBIDDEN="+forbidden)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "PASS") {
		t.Errorf("as nobody: %v\n%s", err, out)
	}
}

// TestOpenRaisesFormat: a store of before the journal is read, and programs of before
// refuse it from then on.
func TestOpenRaisesFormat(t *testing.T) {
	dir := t.TempDir()
	b := openTiny(t, dir)
	put(t, b, "old", "data")
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "FORMAT")
	if err := os.WriteFile(path, []byte("sluice store 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Open(dir, quiet())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if v, err := s.Get([]byte("old")); err != nil || string(v) != "data" {
		t.Errorf("Get: %q, %v", v, err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "sluice store 2\n" {
		t.Errorf("FORMAT: %q, %v", text, err)
	}
}
