package main_test

import (
	"bufio"
	"strings"
	"syscall"
	"testing"
)

func TestTortureRefuses(t *testing.T) {
	wantFailure(t, `no point "nowhere"`, nil, "torture", "--points", "nowhere", "--dir", t.TempDir())
	wantFailure(t, "kills must be 1 or more", nil, "torture", "--kills", "0", "--dir", t.TempDir())
	wantFailure(t, `no kill point "nowhere"`, nil, "torture-child", "--kill-at", "nowhere")
}

// The verb that dies on purpose is not shown to those who look for one to run.
func TestTortureChildIsHidden(t *testing.T) {
	stdout, _, _ := run(t, nil)
	if !strings.Contains(stdout, "torture ") || strings.Contains(stdout, "torture-child") {
		t.Error(stdout)
	}
}

// The child serves, and dies at its point as if it had been killed.
func TestTortureChildDies(t *testing.T) {
	cmd := command(t, nil, append([]string{"torture-child", "--kill-at", "close", "--data-dir", t.TempDir(), "--ready-json"}, freePorts()...)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || !strings.Contains(line, `"ready":true`) {
		t.Fatalf("%q, %v", line, err)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // says that it was killed
	if status := cmd.ProcessState.Sys().(syscall.WaitStatus); !status.Signaled() || status.Signal() != syscall.SIGKILL {
		t.Errorf("it ended with %v", cmd.ProcessState)
	}
}
