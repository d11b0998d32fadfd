package rig

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"testing"
)

// verdict is what a judge says of one case. The last line has Done alone.
type verdict struct {
	Case  string `json:"case"`
	Error string `json:"error"` // empty: it is as it should be
	Skip  string `json:"skip"`  // why the client cannot judge this
	Done  int    `json:"done"`  // how many cases there were
}

// Judge runs a program that says a verdict in each line, and shows each of its cases as a
// test. It fails unless the program says at the end how many there were. It returns the
// names of the cases, and whether they were judged.
func Judge(t *testing.T, cmd *exec.Cmd) map[string]bool {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	words := &Log{}
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
