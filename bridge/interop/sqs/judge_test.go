package sqs_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
	if err := l.Install(p.dir, source); err != nil {
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
	cmd.WaitDelay = time.Second
	return cmd
}

// verdict is what a judge says of one case. The last line has Done alone.
type verdict struct {
	Case  string `json:"case"`
	Error string `json:"error"` // empty: it is as it should be
	Skip  string `json:"skip"`  // why the client cannot judge this
	Done  int    `json:"done"`  // how many cases there were
}

// judge runs a program and shows each of its cases as a test. It returns the names of
// the cases that were judged.
func judge(t *testing.T, cmd *exec.Cmd) map[string]bool {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	words := &rig.Log{}
	cmd.Stderr = words
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	cases, told := readVerdicts(t, out)
	if err := cmd.Wait(); err != nil || told != nil {
		t.Errorf("the judge ended early: %v", errors.Join(err, told))
	}
	if t.Failed() {
		t.Logf("the judge said:\n%s", words)
	}
	return cases
}

// readVerdicts reads to the end of what a judge says, or it could not go on.
func readVerdicts(t *testing.T, out io.Reader) (judged map[string]bool, err error) {
	judged = make(map[string]bool)
	defer func() { _, _ = io.Copy(io.Discard, out) }()
	in := bufio.NewReader(out)
	for n := 0; ; n++ {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return judged, fmt.Errorf("only %d cases: %w", n, err)
		}
		var v verdict
		if err := json.Unmarshal(line, &v); err != nil {
			return judged, fmt.Errorf("%w in %q", err, line)
		}
		if v.Done > 0 && v.Done == n {
			return judged, nil
		}
		judged[v.Case] = v.show(t)
	}
}

// show shows a verdict as a test, and reports whether it was one.
func (v verdict) show(t *testing.T) bool {
	t.Run(v.Case, func(t *testing.T) {
		if v.Error != "" {
			t.Error(v.Error)
		}
		if v.Skip != "" {
			t.Skip(v.Skip)
		}
	})
	return v.Skip == ""
}
