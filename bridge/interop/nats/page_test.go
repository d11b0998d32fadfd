package nats_test

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/bridge/interop/rig"
)

// Whoever copies from protocols/nats/CLIENTS.md has something that works.
func TestClientsPage(t *testing.T) {
	t.Parallel()
	for fence, get := range map[string]func() (*rig.Language, error){
		"python": func() (*rig.Language, error) { return rig.Python(t.Context(), os.DirFS("../driver/python")) },
		"js":     func() (*rig.Language, error) { return rig.Node(t.Context(), os.DirFS("node")) },
	} {
		t.Run(fence, func(t *testing.T) {
			l, at := rig.Programs(t, get)
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
				runText(t, l, filepath.Join(at, "page.mjs"), strings.ReplaceAll(string(p[1]), "nats://127.0.0.1:4222", url))
			}
		})
	}
}

// runText runs a program that is not in a file yet. To Python the name of the file says nothing.
func runText(t *testing.T, l *rig.Language, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if out, err := l.Command(ctx, path).CombinedOutput(); err != nil {
		t.Errorf("%v:\n%s\n%s", err, text, out)
	}
}
