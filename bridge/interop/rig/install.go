package rig

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// ErrMissing: a language, or what its package manager should have brought, is not there.
var ErrMissing = errors.New("toolchain is missing")

// installTimeout bounds one run of a package manager.
const installTimeout = 4 * time.Minute

// Required reports whether a missing language is a failure: it is where CI is
// set in the environment, since nobody reads there what was skipped.
func Required() bool { return os.Getenv("CI") != "" }

// MayBeLeftOut reports whether a test that err keeps from running may be skipped: something
// of it is missing, and need not be there.
func MayBeLeftOut(err error) bool { return errors.Is(err, ErrMissing) && !Required() }

// cached returns the directory that fill has filled for these files, now or in an
// earlier run. Runs at the same time may fill it twice; the first one counts.
func cached(name string, files map[string][]byte, fill func(dir string) error) (string, error) {
	dir, err := place(name, files)
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return "", err
	}
	fresh, err := os.MkdirTemp(filepath.Dir(dir), name+"-new-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(fresh) }() // gone already when all went well
	if err := write(fresh, files); err != nil {
		return "", err
	}
	if err := fill(fresh); err != nil {
		return "", err
	}
	if err := os.Rename(fresh, dir); err != nil && !isThere(dir) {
		return "", err
	}
	return dir, nil
}

// place is where cached keeps what these files ask for.
func place(name string, files map[string][]byte) (dir string, err error) {
	base, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrMissing, err)
	}
	return filepath.Join(base, "sluice-interop", name+"-"+hash(files)), nil
}

func isThere(dir string) bool {
	_, err := os.Stat(dir)
	return err == nil
}

func hash(files map[string][]byte) string {
	h := sha256.New()
	for _, name := range sorted(files) {
		fmt.Fprintf(h, "%s %d\n%s", name, len(files[name]), files[name])
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}

func write(dir string, files map[string][]byte) error {
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// read returns the named files of dir.
func read(dir fs.FS, names ...string) (map[string][]byte, error) {
	files := make(map[string][]byte)
	for _, name := range names {
		content, err := fs.ReadFile(dir, name)
		if err != nil {
			return nil, err
		}
		files[name] = content
	}
	return files, nil
}

// run runs a command of an installation. Its failure is ErrMissing.
func run(ctx context.Context, dir string, name string, args ...string) (string, error) {
	text, err := output(ctx, dir, name, args...)
	if err != nil {
		return text, fmt.Errorf("%w: %s %s: %w: %s", ErrMissing, filepath.Base(name), strings.Join(args, " "), err, lastLine(text))
	}
	return text, nil
}

// output runs a command in dir, as long as an installation may take, and returns all it says.
func output(ctx context.Context, dir string, name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, installTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.WaitDelay = time.Minute
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

func lastLine(text string) string { return text[strings.LastIndexByte(text, '\n')+1:] }
