package main

import (
	"strings"
	"testing"

	"github.com/sluicemq/sluice/bridge"
	"github.com/sluicemq/sluice/bridge/config"
)

// The line to try SQS with is signed where it has to be.
func TestTrySQS(t *testing.T) {
	if got := trySQS("0.0.0.0:9324", &config.Config{}); !strings.HasPrefix(got, "aws --endpoint-url http://127.0.0.1:9324 ") || !strings.Contains(got, "--no-sign-request") {
		t.Error(got)
	}
	got := trySQS("127.0.0.1:9324", &config.Config{AccessKeys: []config.AccessKey{{ID: "A", Secret: "env:B"}}})
	if !strings.HasPrefix(got, "AWS_ACCESS_KEY_ID=A AWS_SECRET_ACCESS_KEY=... aws ") || strings.Contains(got, "--no-sign-request") {
		t.Error(got)
	}
}

// Where there are users the lines to try say where name, password and key go.
func TestLinesToTryWithUsers(t *testing.T) {
	cfg := config.Default()
	cfg.UsersFile = "users.yaml"
	got := readyText("v", bridge.Addrs{STOMP: "127.0.0.1:1", NATS: "127.0.0.1:2", SQS: "127.0.0.1:3"}, "d", &cfg)
	for _, want := range []string{
		`CONNECT\naccept-version:1.2\nhost:/\nlogin:NAME\npasscode:PASSWORD\n\n\0SEND`,
		"nats://127.0.0.1:2 --user NAME --password PASSWORD stream add", "nats://127.0.0.1:2 --user NAME --password PASSWORD pub",
		"AWS_ACCESS_KEY_ID=... AWS_SECRET_ACCESS_KEY=... aws ",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, "--no-sign-request") {
		t.Errorf("unsigned:\n%s", got)
	}
}

// With certificates the lines to try speak TLS.
func TestLinesToTryInTLS(t *testing.T) {
	cfg := config.Default()
	cfg.STOMPPort.TLSClientAuth = config.ClientAuthRequired
	cfg.NATSPort.TLSCert, cfg.SQSPort.TLSCert, cfg.AdminPort.TLSCert = "a", "a", "a"
	got := readyText("v", bridge.Addrs{STOMP: "127.0.0.1:1", NATS: "127.0.0.1:2", SQS: "127.0.0.1:3", Admin: "127.0.0.1:4"}, "d", &cfg)
	for _, want := range []string{
		"| openssl s_client -quiet -connect 127.0.0.1:1 ", "--server tls://127.0.0.1:2 --tlsca CA", "https://127.0.0.1:3 --ca-bundle CA", "curl --cacert CA https://127.0.0.1:4/readyz",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

// Where a listener wants a certificate of the client's own, its line has a place for it.
func TestLinesToTryWithCertificates(t *testing.T) {
	cfg := config.Default()
	cfg.NATSPort.TLSCert, cfg.SQSPort.TLSCert, cfg.AdminPort.TLSCert = "a", "a", "a"
	required := config.ClientAuthRequired
	cfg.NATSPort.TLSClientAuth, cfg.SQSPort.TLSClientAuth, cfg.AdminPort.TLSClientAuth = required, required, required
	for _, want := range []string{
		"--server tls://127.0.0.1:2 --tlsca CA --tlscert CERT --tlskey KEY stream add",
		"curl --cacert CA --cert CERT --key KEY 'https://127.0.0.1:3/?Action=CreateQueue&QueueName=demo'",
		"curl --cacert CA --cert CERT --key KEY https://127.0.0.1:4/readyz",
	} {
		got := readyText("v", bridge.Addrs{NATS: "127.0.0.1:2", SQS: "127.0.0.1:3", Admin: "127.0.0.1:4"}, "d", &cfg)
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	cfg.AccessKeys = []config.AccessKey{{ID: "A", Secret: "env:B"}}
	if got := trySQS("127.0.0.1:3", &cfg); !strings.Contains(got, " --aws-sigv4 aws:amz:us-east-1:sqs --user A:... 'https://") {
		t.Errorf("not signed: %s", got)
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

// The main listener for STOMP is told with what is not the usual of it.
func TestMainListenerIsTold(t *testing.T) {
	for want, change := range map[string]func(*config.Config){
		"\nSTOMP  127.0.0.1:1\n":                                   func(*config.Config) {},
		"\nSTOMP  127.0.0.1:1, as rabbitmq\n":                      func(c *config.Config) { c.STOMPDialect = config.STOMPRabbitMQ },
		"\nSTOMP  127.0.0.1:1, lenient with errors\n":              func(c *config.Config) { c.STOMPErrors = config.STOMPLenient },
		"\nSTOMP  127.0.0.1:1, as activemq, lenient with errors\n": func(c *config.Config) { c.STOMPDialect, c.STOMPErrors = config.STOMPActiveMQ, config.STOMPLenient },
	} {
		cfg := config.Default()
		change(&cfg)
		if got := readyText("v", bridge.Addrs{STOMP: "127.0.0.1:1"}, "d", &cfg); !strings.Contains(got, want) {
			t.Errorf("%q, want %q in it", got, want)
		}
	}
}

func TestWebTextSaysHowToCall(t *testing.T) {
	cfg := config.Default()
	if got := webText("", &cfg); got != "" {
		t.Errorf("off: %q", got)
	}
	if got := webText("127.0.0.1:1", &cfg); got != "\nNATS   ws://127.0.0.1:1\n" {
		t.Errorf("got %q", got)
	}
	cfg.NATSPort.TLSCert = "cert.pem"
	if got := webText("127.0.0.1:1", &cfg); got != "\nNATS   wss://127.0.0.1:1\n" {
		t.Errorf("got %q", got)
	}
}
