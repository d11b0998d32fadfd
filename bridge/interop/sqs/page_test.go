package sqs_test

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

// clientsPage tells users of SQS how each client is pointed here.
const clientsPage = "../../../protocols/sqs/CLIENTS.md"

// blocks returns the programs in a language, with the address of this site in them.
func (s *site) blocks(t *testing.T, language string) (found []string) {
	t.Helper()
	page, err := os.ReadFile(filepath.FromSlash(clientsPage))
	if err != nil {
		t.Fatal(err)
	}
	fence := regexp.MustCompile("(?ms)^```" + language + "\n(.*?)^```$")
	for _, m := range fence.FindAllSubmatch(page, -1) {
		found = append(found, strings.ReplaceAll(string(m[1]), "127.0.0.1:9324", s.tap.Addr()))
	}
	if len(found) == 0 {
		t.Fatalf("no program in %s", language)
	}
	return found
}

// Whoever copies from the page has something that works.
func TestClientsPage(t *testing.T) {
	py, js := python(t, "requirements.txt"), node(t)
	t.Parallel()
	s := openSite(t)
	s3, err := rig.StartS3("payloads")
	if err != nil {
		t.Fatal(err)
	}
	defer s3.Close()
	env := append(s.env(t.TempDir()), "AWS_ENDPOINT_URL_S3="+s3.URL)
	for _, text := range s.blocks(t, "python") {
		py.runText(t, env, "page.py", text)
	}
	for _, text := range s.blocks(t, "js") {
		js.runText(t, env, "page.mjs", text)
	}
	for _, text := range s.blocks(t, "sh") {
		shell := exec.CommandContext(t.Context(), "sh", "-e", "-c", text)
		bin := filepath.Dir(py.language.Command(t.Context(), "").Path) // pip installs aws beside python
		shell.Env = append(env, "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
		mustRun(t, shell, text)
	}
	for _, text := range s.blocks(t, "go") {
		runGo(t, env, text)
	}
	s.wants(t, jsonForm, "CreateQueue", "SendMessage", "ReceiveMessage", "DeleteMessage", "ListQueues")
}

// runText runs a program that is not in a file yet.
func (p *programs) runText(t *testing.T, env []string, name, text string) {
	t.Helper()
	path := filepath.Join(p.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := p.language.Command(ctx, path)
	cmd.Env = env
	mustRun(t, cmd, text)
}

// runGo compiles with this module's versions of the SDK.
func runGo(t *testing.T, env []string, text string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(t.TempDir(), "page")
	mustRun(t, exec.CommandContext(t.Context(), "go", "build", "-o", bin, path), text)
	cmd := exec.CommandContext(t.Context(), bin)
	cmd.Env = env
	mustRun(t, cmd, text)
}

func mustRun(t *testing.T, cmd *exec.Cmd, text string) {
	t.Helper()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v:\n%s\n%s", err, text, out)
	}
}
