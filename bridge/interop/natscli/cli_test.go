package natscli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"
)

// patience is when a command gives up, not what it takes.
const patience = 4 * time.Minute

// cli runs the nats command against one server.
type cli struct {
	t       *testing.T
	program string
	environ []string
}

func newCLI(t *testing.T, program, addr string) *cli {
	t.Helper()
	home := t.TempDir() // it keeps contexts and histories there
	return &cli{t: t, program: program, environ: append(os.Environ(),
		"NATS_URL=nats://"+addr, "HOME="+home, "XDG_CONFIG_HOME="+home, "NATS_CONTEXT=")}
}

func (c *cli) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, c.program, append([]string{"--timeout=90s"}, args...)...)
	cmd.Env = c.environ
	cmd.WaitDelay = patience
	return cmd
}

// run returns what a command says, on both of its outputs, and its exit code.
func (c *cli) run(args ...string) (says string, code int) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	out, err := c.command(ctx, args...).CombinedOutput()
	var ended *exec.ExitError
	switch {
	case ctx.Err() != nil:
		c.t.Fatalf("nats %s did not end: %s", strings.Join(args, " "), out)
	case errors.As(err, &ended):
		return string(out), ended.ExitCode()
	case err != nil:
		c.t.Fatal(err)
	}
	return string(out), 0
}

// does runs a command that must succeed and say all of some words.
func (c *cli) does(line string, words ...string) string {
	c.t.Helper()
	return c.expect(0, line, words...)
}

// fails runs a command that must fail and say all of some words.
func (c *cli) fails(line string, words ...string) {
	c.t.Helper()
	c.expect(1, line, words...)
}

// expect runs a command, whose arguments have a space between them, or ␣ within them.
func (c *cli) expect(code int, line string, words ...string) string {
	c.t.Helper()
	says, got := c.run(arguments(line)...)
	if got != code {
		c.t.Fatalf("nats %s: exit code %d, want %d: %s", line, got, code, says)
	}
	for _, w := range words {
		if !strings.Contains(says, w) {
			c.t.Errorf("nats %s: does not say %q: %s", line, w, says)
		}
	}
	return says
}

func arguments(line string) []string {
	args := strings.Fields(line)
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "␣", " ")
	}
	return args
}

// tells runs a command that must succeed, and checks values in the JSON that it writes, by their
// paths: "state.messages" and 3, say.
func (c *cli) tells(line string, want map[string]any) {
	c.t.Helper()
	c.jsonOf(c.does(line), line, want)
}

func (c *cli) jsonOf(says, line string, want map[string]any) {
	c.t.Helper()
	for _, wrong := range c.wrong(says, line, want) {
		c.t.Error(wrong)
	}
}

// becomes runs a command that must succeed, again and again until the JSON that it writes has values: of
// what another connection has done, whose turn may come later.
func (c *cli) becomes(line string, want map[string]any) {
	c.t.Helper()
	until := time.Now().Add(patience)
	wrong := c.wrong(c.does(line), line, want)
	for len(wrong) > 0 && time.Now().Before(until) {
		wrong = c.wrong(c.does(line), line, want)
	}
	for _, w := range wrong {
		c.t.Error(w)
	}
}

// wrong is what the JSON in what a command says has otherwise than wanted.
func (c *cli) wrong(says, line string, want map[string]any) (all []string) {
	c.t.Helper()
	start := regexp.MustCompile(`(?m)^[{\[]`).FindStringIndex(says) // words may stand before it
	if start == nil {
		c.t.Fatalf("nats %s: no JSON: %s", line, says)
	}
	var v any
	if err := json.NewDecoder(strings.NewReader(says[start[0]:])).Decode(&v); err != nil {
		c.t.Fatalf("nats %s: %v: %s", line, err, says)
	}
	for path, x := range want {
		if got := at(v, path); text(got) != text(x) {
			all = append(all, fmt.Sprintf("nats %s: %s is %s, want %s", line, path, text(got), text(x)))
		}
	}
	return all
}

// at is the value at a path; nil where there is none.
func at(v any, path string) any {
	if path == "" {
		return v
	}
	name, rest, _ := strings.Cut(path, "/")
	object, ok := v.(map[string]any)
	if !ok {
		return nil
	}
	return at(object[name], rest)
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // it was JSON
	}
	return string(b)
}

// until runs a command again and again until another, which it gives something to do, has ended with
// an exit code, and returns what both said.
func (c *cli) until(code int, line, again string) (says, heard string) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	var out bytes.Buffer
	cmd := c.command(ctx, arguments(line)...)
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	ended := make(chan struct{})
	// Ends with the command, at the latest when ctx ends.
	go func() {
		defer close(ended)
		_ = cmd.Wait() // the exit code tells
	}()
	for {
		select {
		case <-ended:
			if got := cmd.ProcessState.ExitCode(); got != code {
				c.t.Fatalf("nats %s: exit code %d: %s", line, got, out.String())
			}
			return out.String(), heard
		default:
			more, _ := c.run(arguments(again)...)
			heard += more
		}
	}
}
