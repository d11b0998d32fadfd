package rig

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Debian returns the directory of the cache below which Debian's packages are unpacked, together
// with what they need that is not installed. Nothing is installed, and nothing needs root;
// it needs apt-get and dpkg the first time. What is installed already is not there. Where
// they cannot be had the error is ErrMissing.
func Debian(ctx context.Context, packages ...string) (root string, err error) {
	system, _ := os.ReadFile("/etc/os-release") // packages of another release are others
	list := map[string][]byte{"packages": []byte(strings.Join(packages, "\n")), "system": system}
	at, err := cached("debian", list, func(at string) error {
		if _, err := exec.LookPath("apt-get"); err != nil {
			return fmt.Errorf("%w: no apt-get", ErrMissing)
		}
		if err := os.Mkdir(filepath.Join(at, "root"), 0o755); err != nil {
			return err
		}
		if err := download(ctx, at, packages); err != nil {
			return err
		}
		return unpack(ctx, at, "root")
	})
	return filepath.Join(at, "root"), err
}

// download fetches packages and what they need. Where the system does not know what there
// is, lists of the directory's own tell it: nothing outside is written.
func download(ctx context.Context, at string, packages []string) error {
	needed, err := missing(ctx, at, nil, packages)
	if err == nil {
		return fetch(ctx, at, nil, needed)
	}
	lists, err := os.MkdirTemp(at, "lists-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(lists) }() // only costs room
	own := []string{"-o", "Dir::State::Lists=" + lists, "-o", "Dir::Cache=" + lists}
	if _, err := run(ctx, at, "apt-get", append(own, "-q", "update")...); err != nil {
		return err
	}
	if needed, err = missing(ctx, at, own, packages); err != nil {
		return err
	}
	return fetch(ctx, at, own, needed)
}

// missing returns which packages an installation would bring.
func missing(ctx context.Context, at string, options, packages []string) ([]string, error) {
	args := append(append([]string{}, options...), "-q", "-s", "install", "--no-install-recommends")
	says, err := run(ctx, at, "apt-get", append(args, packages...)...)
	return planned(says), err
}

// planned reads the packages in what a simulated installation says, as in
// "Inst ruby3.1 (3.1.2-7 Debian:12 [amd64])".
func planned(says string) (packages []string) {
	for line := range strings.Lines(says) {
		if words := strings.Fields(line); len(words) > 1 && words[0] == "Inst" {
			packages = append(packages, words[1])
		}
	}
	return packages
}

func fetch(ctx context.Context, at string, options, packages []string) error {
	if len(packages) == 0 {
		return nil
	}
	args := append(append([]string{}, options...), "-q", "download")
	_, err := run(ctx, at, "apt-get", append(args, packages...)...)
	return err
}

// unpack puts what the packages in a directory hold below root, and removes them.
func unpack(ctx context.Context, at, root string) error {
	debs, err := filepath.Glob(filepath.Join(at, "*.deb"))
	if err != nil {
		return err
	}
	for _, deb := range debs {
		if _, err := run(ctx, at, "dpkg", "-x", deb, root); err != nil {
			return err
		}
		if err := os.Remove(deb); err != nil {
			return err
		}
	}
	return nil
}

// libraryPath is the environment that lets programs below root find the shared libraries that are there.
func libraryPath(root string) []string {
	paths := below(root, "usr/lib/*-linux-*", "lib/*-linux-*")
	if paths == "" {
		return nil
	}
	return []string{"LD_LIBRARY_PATH=" + paths}
}

// below joins the paths below root that match, as in a PATH.
func below(root string, patterns ...string) string {
	var paths []string
	for _, p := range patterns {
		found, _ := filepath.Glob(filepath.Join(root, p)) // fails for a bad pattern alone
		paths = append(paths, found...)
	}
	return strings.Join(paths, string(os.PathListSeparator))
}

// program returns the newest program below root that matches, or else the system's of this name.
func program(ctx context.Context, root, pattern, name string) (string, error) {
	found, err := filepath.Glob(filepath.Join(root, pattern))
	if err != nil {
		return "", err
	}
	if len(found) > 0 {
		return found[len(found)-1], nil
	}
	path, _, err := find(ctx, name)
	if err != nil {
		return "", fmt.Errorf("%w, below %s either", err, root)
	}
	return path, nil
}
