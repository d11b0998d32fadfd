package rig

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

func sorted(files map[string][]byte) []string { return slices.Sorted(maps.Keys(files)) }

// Language runs programs of one language.
type Language struct {
	// line is a command line that runs a program, up to the program's own arguments.
	line func(program string) []string
	// prepare makes a directory of programs see the libraries.
	prepare func(dir string) error
	// environ is added to the environment of a program.
	environ []string
}

// runs returns the command line of a language whose programs are run as they are.
func runs(interpreter string) func(program string) []string {
	return func(program string) []string { return []string{interpreter, program} }
}

// Python returns Python 3 with what the requirements.txt of dir lists.
func Python(ctx context.Context, dir fs.FS) (*Language, error) {
	return PythonWith(ctx, dir, "requirements.txt")
}

// PythonWith is Python where dir has several lists, of which this is one.
func PythonWith(ctx context.Context, dir fs.FS, list string) (*Language, error) {
	files, err := read(dir, list)
	if err != nil {
		return nil, err
	}
	python, version, err := find(ctx, "python3")
	if err != nil {
		return nil, err
	}
	files["version"] = []byte(version) // another Python needs another environment
	env, err := cached("python", files, func(at string) error {
		if _, err := run(ctx, at, python, "-m", "venv", "env"); err != nil {
			return err
		}
		_, err := run(ctx, at, filepath.Join(at, "env", "bin", "python"), "-m", "pip", "install",
			"--quiet", "--disable-pip-version-check", "--no-input", "-r", list)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &Language{line: runs(filepath.Join(env, "env", "bin", "python")), prepare: func(string) error { return nil }}, nil
}

// Node returns Node.js with what the package-lock.json of dir lists.
func Node(ctx context.Context, dir fs.FS) (*Language, error) {
	files, err := read(dir, "package.json", "package-lock.json")
	if err != nil {
		return nil, err
	}
	node, _, err := find(ctx, "node")
	if err != nil {
		return nil, err
	}
	npm, _, err := find(ctx, "npm")
	if err != nil {
		return nil, err
	}
	at, err := cached("node", files, func(at string) error {
		_, err := run(ctx, at, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
		return err
	})
	if err != nil {
		return nil, err
	}
	modules := filepath.Join(at, "node_modules")
	return &Language{line: runs(node), prepare: func(dir string) error {
		return os.Symlink(modules, filepath.Join(dir, "node_modules"))
	}}, nil
}

// find returns the path of a program that works, and what it says its version is.
func find(ctx context.Context, name string) (path, version string, err error) {
	path, err = exec.LookPath(name)
	if err != nil {
		return "", "", fmt.Errorf("%w: no %s", ErrMissing, name)
	}
	version, err = run(ctx, "", path, "--version")
	return path, version, err
}

// Install copies the programs of dirs to the directory to, where they see the
// libraries and each other. The originals see no library, and no compiled file is left beside them.
// Java's programs are compiled, with any error in them as the error.
func (l *Language) Install(to string, dirs ...fs.FS) error {
	for _, dir := range dirs {
		if err := os.CopyFS(to, sources{dir}); err != nil {
			return err
		}
	}
	return l.prepare(to)
}

// Command returns a command that runs a program that was installed: the path of its
// file, which for a Java class is without the extension.
func (l *Language) Command(ctx context.Context, program string, args ...string) *exec.Cmd {
	line := append(l.line(program), args...)
	cmd := exec.CommandContext(ctx, line[0], line[1:]...)
	cmd.Env = append(os.Environ(), "PYTHONUNBUFFERED=1", "PYTHONDONTWRITEBYTECODE=1", "NODE_NO_WARNINGS=1")
	cmd.Env = append(cmd.Env, l.environ...)
	return cmd
}

// sources shows of a directory what is no library and no trace of an earlier run.
type sources struct{ fs.FS }

// ReadDir implements fs.ReadDirFS.
func (s sources) ReadDir(name string) ([]fs.DirEntry, error) {
	all, err := fs.ReadDir(s.FS, name)
	return slices.DeleteFunc(all, func(e fs.DirEntry) bool {
		return e.Name() == "node_modules" || strings.HasPrefix(e.Name(), "__")
	}), err
}
