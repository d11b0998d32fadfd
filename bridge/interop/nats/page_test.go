package nats_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/bridge/interop/rig"
)

// Whoever copies from protocols/nats/CLIENTS.md has something that works.
func TestClientsPage(t *testing.T) {
	t.Parallel()
	for fence, run := range map[string]func(t *testing.T, text string) *exec.Cmd{
		"python": func(t *testing.T, text string) *exec.Cmd {
			return pageOf(t, "page.py", text, func() (*rig.Language, error) { return rig.Python(t.Context(), os.DirFS("../driver/python")) })
		},
		"js": func(t *testing.T, text string) *exec.Cmd {
			return pageOf(t, "page.mjs", text, func() (*rig.Language, error) { return rig.Node(t.Context(), os.DirFS("node")) })
		},
		"java": func(t *testing.T, text string) *exec.Cmd {
			return pageOf(t, "Page.java", text, func() (*rig.Language, error) { return rig.Java(t.Context(), os.DirFS("java")) })
		},
		"go": goPage,
		"sh": shellPage,
	} {
		t.Run(fence, func(t *testing.T) {
			page, err := os.ReadFile(filepath.FromSlash("../../../protocols/nats/CLIENTS.md"))
			if err != nil {
				t.Fatal(err)
			}
			programs := regexp.MustCompile("(?ms)^```"+fence+"\n(.*?)^```$").FindAllSubmatch(page, -1)
			if len(programs) == 0 {
				t.Fatal("no program")
			}
			url := openSite(t, sluice).URL
			for _, p := range programs {
				text := strings.ReplaceAll(string(p[1]), "nats://127.0.0.1:4222", url)
				if out, err := run(t, text).CombinedOutput(); err != nil {
					t.Errorf("%v:\n%s\n%s", err, text, out)
				}
			}
		})
	}
}

// pageOf is a command that runs a program of a language.
func pageOf(t *testing.T, file, text string, get func() (*rig.Language, error)) *exec.Cmd {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, file), text)
	l, at := rig.Programs(t, get, os.DirFS(dir))
	return l.Command(within(t), filepath.Join(at, strings.TrimSuffix(file, ".java")))
}

// goPage is the same for Go, with the libraries of this module.
func goPage(t *testing.T, text string) *exec.Cmd {
	t.Helper()
	file := filepath.Join(t.TempDir(), "page.go")
	write(t, file, text)
	return exec.CommandContext(within(t), "go", "run", file)
}

// shellPage is the same for commands, of which each must succeed.
func shellPage(t *testing.T, text string) *exec.Cmd {
	t.Helper()
	if testing.Short() {
		t.Skip("the nats command is left out of short runs")
	}
	program, err := rig.NATSCLI(t.Context())
	if rig.MayBeLeftOut(err) {
		t.Skipf("left out: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir() // it keeps contexts and histories there
	cmd := exec.CommandContext(within(t), "sh", "-euc", text)
	cmd.Env = append(os.Environ(), "PATH="+filepath.Dir(program)+string(os.PathListSeparator)+os.Getenv("PATH"),
		"HOME="+home, "XDG_CONFIG_HOME="+home, "NATS_CONTEXT=")
	return cmd
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// within ends when a program has taken too long.
func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}
