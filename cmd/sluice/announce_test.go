package main

import (
	"strings"
	"testing"

	"github.com/sluicemq/sluice/bridge/config"
)

// The line to try SQS with is signed where it has to be.
func TestTrySQS(t *testing.T) {
	if got := trySQS("0.0.0.0:9324", nil); !strings.HasPrefix(got, "aws --endpoint-url http://127.0.0.1:9324 ") || !strings.Contains(got, "--no-sign-request") {
		t.Error(got)
	}
	got := trySQS("127.0.0.1:9324", []config.AccessKey{{ID: "A", Secret: "env:B"}})
	if !strings.HasPrefix(got, "AWS_ACCESS_KEY_ID=A AWS_SECRET_ACCESS_KEY=... aws ") || strings.Contains(got, "--no-sign-request") {
		t.Error(got)
	}
}

// Further listeners for STOMP are told with their dialects, in the order of the configuration.
func TestFurtherListenersAreTold(t *testing.T) {
	cfg := &config.Config{STOMPFurther: []config.STOMPListener{{Dialect: config.STOMPArtemis}, {Dialect: config.STOMPRabbitMQ}}}
	got := furtherText([]string{"127.0.0.1:1", "127.0.0.1:2"}, cfg)
	if want := "\nSTOMP  127.0.0.1:1, as artemis\n\nSTOMP  127.0.0.1:2, as rabbitmq\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
