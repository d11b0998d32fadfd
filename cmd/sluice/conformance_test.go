package main_test

import (
	"encoding/json"
	"strings"
	"testing"
)

// The kit passes this server, and finds what is wrong with a port that is none of STOMP.
func TestConformance(t *testing.T) {
	s := serve(t, nil, append(freePorts(), "--data-dir", t.TempDir())...)
	stdout, stderr, code := run(t, nil, "conformance", "stomp", "--addr", s.STOMP, "--only", "ack.,receipts.order", "--versions", "1.1,1.2")
	if code != 0 || stderr != "" || !strings.Contains(stdout, "  ack.per-subscription            pass     MUST     pass     MUST\n") ||
		!strings.HasPrefix(stdout, "STOMP at "+s.STOMP+" (Sluice/") {
		t.Errorf("exit code %d\n%s\n%s", code, stdout, stderr)
	}
	stdout, stderr, code = run(t, nil, "conformance", "stomp", "--addr", s.NATS, "--only", "connect.connected", "--timeout", "1s", "--json")
	var report struct {
		Results []struct{ ID, Outcome, Got string }
	}
	if err := json.Unmarshal([]byte(stdout), &report); err != nil {
		t.Fatalf("%v: %s\n%s", err, stdout, stderr)
	}
	if len(report.Results) != 3 || report.Results[0].Outcome != "fail" || report.Results[0].Got == "" {
		t.Errorf("%+v", report)
	}
	if code != 1 || !strings.HasPrefix(stderr, "sluice: the server breaks the standard: 3 of 3 checks failed") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	s.stop()
}

func TestConformanceRefuses(t *testing.T) {
	wantFailure(t, "no check is called ak.", nil, "conformance", "stomp", "--only", "ak.")
	wantFailure(t, `no version "3"`, nil, "conformance", "stomp", "--versions", "3")
	stdout, _, code := run(t, nil, "conformance", "stomp", "--list")
	if code != 0 || !strings.Contains(stdout, "\nack.per-subscription\n") {
		t.Errorf("exit code %d\n%s", code, stdout)
	}
}
