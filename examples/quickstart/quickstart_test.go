package quickstart_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/sluicemq/sluice/bridge/interop/rig"
)

const patience = rig.ClientTime // of one script, which takes a second

// TestScripts runs every script against the real program.
func TestScripts(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program and needs Python and Node.js")
	}
	bin, err := rig.Build(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		language      string
		install       func(context.Context, fs.FS) (*rig.Language, error)
		send, receive string
		want          string
	}{
		{"python", rig.Python, "send_sqs.py", "receive_stomp.py", "hello from SQS, quantity 3\n"},
		{"node", rig.Node, "send_nats.mjs", "receive_sqs.mjs", "hello from NATS, quantity 3\n"},
	}
	for _, tt := range tests {
		t.Run(tt.language, func(t *testing.T) {
			l, dir := install(t, tt.language, tt.install)
			server := start(t, bin)
			if got := runScript(t, l, dir, tt.send, server); got != "sent\n" {
				t.Errorf("%s says %q", tt.send, got)
			}
			if got := runScript(t, l, dir, tt.receive, server); got != tt.want {
				t.Errorf("%s says %q, want %q", tt.receive, got, tt.want)
			}
		})
	}
}

// install copies the scripts to where they see the libraries of the drivers.
func install(t *testing.T, name string, find func(context.Context, fs.FS) (*rig.Language, error)) (*rig.Language, string) {
	t.Helper()
	l, err := find(t.Context(), os.DirFS(filepath.Join("..", "..", "bridge", "interop", "driver", name)))
	if rig.MayBeLeftOut(err) {
		t.Skip(err)
	}
	dir := t.TempDir()
	if err == nil {
		err = l.Install(dir, os.DirFS("."))
	}
	if err != nil {
		t.Fatal(err)
	}
	return l, dir
}

func start(t *testing.T, bin string) *rig.Server {
	t.Helper()
	server, err := rig.Start(context.WithoutCancel(t.Context()), bin, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("the server said:\n%s", server.Log())
		}
	})
	return server
}

// runScript returns what a script prints. Its name says what it speaks.
func runScript(t *testing.T, l *rig.Language, dir, script string, server *rig.Server) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	address := map[string]string{
		"send_sqs.py": server.SQS, "receive_stomp.py": server.STOMP,
		"send_nats.mjs": server.NATS, "receive_sqs.mjs": server.SQS,
	}[script]
	cmd := l.Command(ctx, filepath.Join(dir, script), address)
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		t.Fatalf("%s: %v: %s", script, err, exit.Stderr)
	}
	if err != nil {
		t.Fatalf("%s: %v", script, err)
	}
	return string(out)
}
