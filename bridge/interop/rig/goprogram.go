package rig

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"time"
)

// The programs of NATS that judge, or stand beside, the NATS gateway.
const (
	natsServer        = "github.com/nats-io/nats-server/v2"
	natsServerVersion = "v2.15.2" // that of bridge/bench/nats.sh
	natsCLIVersion    = "v0.5.1"
)

// NATSCLI returns the program nats of natscli. Where it cannot be had the error is ErrMissing.
func NATSCLI(ctx context.Context) (program string, err error) {
	return GoProgram(ctx, "github.com/nats-io/natscli/nats", natsCLIVersion)
}

// GoProgram returns a program of another module at a version, which the go command builds into
// the cache directory, once. Our module does not need what it needs. Where it
// cannot be had the error is ErrMissing.
func GoProgram(ctx context.Context, pkg, version string) (program string, err error) {
	name := programName(pkg)
	at, err := cached("go", programAt(pkg, version), func(at string) error {
		return install(ctx, at, pkg+"@"+version)
	})
	return filepath.Join(at, name), err
}

// programAt is the file that names the cache of a program: bridge/bench/nats.sh looks there as well.
func programAt(pkg, version string) map[string][]byte {
	return map[string][]byte{"program": []byte(pkg + "@" + version)}
}

// programName is the name of what go install makes of a package: a last element
// that is a major version does not count.
func programName(pkg string) string {
	name := path.Base(pkg)
	if strings.HasPrefix(name, "v") && strings.Trim(name[1:], "0123456789") == "" {
		name = path.Base(path.Dir(pkg))
	}
	return name
}

// buildTimeout bounds one go install, beside which all other tests may be built.
const buildTimeout = 8 * time.Minute

func install(ctx context.Context, at, pkg string) error {
	ctx, cancel := context.WithTimeout(ctx, buildTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", "install", pkg)
	cmd.Dir = at
	cmd.Env = append(os.Environ(), "GOBIN="+at, "GOFLAGS=", "GOWORK=off")
	cmd.WaitDelay = time.Minute
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: go install %s: %w: %s", ErrMissing, pkg, err, lastLine(strings.TrimSpace(string(out))))
	}
	return nil
}
