package sqs_test

import (
	"context"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/sluicemq/sluice/bridge/interop/rig"
)

// programs are judges in one language, in a directory where they see its libraries.
type programs struct {
	language *rig.Language
	dir      string
	home     string // of the clients: an empty directory
}

// python installs one of the lists of python/. A test calls it before it runs beside
// others, so that each list is installed once.
func python(t *testing.T, list string) *programs {
	t.Helper()
	return install(t, "python", func(ctx context.Context, dir fs.FS) (*rig.Language, error) {
		return rig.PythonWith(ctx, dir, list)
	})
}

// oldPython installs what Debian 12 ships. A Python that is much younger cannot import it.
func oldPython(t *testing.T) *programs {
	t.Helper()
	p := python(t, "requirements-query.txt")
	out, err := p.language.Command(t.Context(), "-c", "import boto3, celery, kombu").CombinedOutput()
	switch {
	case err != nil && !rig.Required():
		t.Skipf("left out: %v: %s", err, out)
	case err != nil:
		t.Fatalf("%v: %s", err, out)
	}
	return p
}

func node(t *testing.T) *programs {
	t.Helper()
	return install(t, "node", rig.Node)
}

// install skips a test whose language is not there, unless it has to be.
func install(t *testing.T, dir string, get func(context.Context, fs.FS) (*rig.Language, error)) *programs {
	t.Helper()
	if testing.Short() {
		t.Skip("other languages are left out of short runs")
	}
	source := os.DirFS(dir)
	l, err := get(t.Context(), source)
	switch {
	case rig.MayBeLeftOut(err):
		t.Skipf("left out: %v", err)
	case err != nil:
		t.Fatal(err)
	}
	p := &programs{language: l, dir: filepath.Join(t.TempDir(), dir), home: t.TempDir()}
	if err := l.Install(p.dir, source, os.DirFS("../report")); err != nil {
		t.Fatal(err)
	}
	return p
}

// command runs a program or, of Python, "-m" and a module. It ends with the test.
func (p *programs) command(t *testing.T, s *site, program string, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	cmd := p.language.Command(ctx, program, args...)
	cmd.Dir, cmd.Env = p.dir, s.env(p.home)
	cmd.WaitDelay = time.Minute // and no less: what it has said may be read late
	return cmd
}
