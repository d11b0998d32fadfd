package bridge

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"

	"github.com/sluicemq/sluice/bridge/config"
	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/queuecore"
)

// codeOf asks a house for its queues, and returns the code of the refusal.
func codeOf(t *testing.T, h *House, key, secret, token string) string {
	t.Helper()
	c := sqs.New(sqs.Options{
		Region:       "us-east-1",
		BaseEndpoint: aws.String("http://" + h.Addrs().SQS),
		Credentials:  credentials.NewStaticCredentialsProvider(key, secret, token),
	})
	_, err := c.ListQueues(t.Context(), &sqs.ListQueuesInput{})
	var e smithy.APIError
	if err == nil {
		return ""
	}
	if !errors.As(err, &e) {
		t.Fatal(err)
	}
	return e.ErrorCode()
}

// With access keys configured, SQS clients have to sign.
func TestAccessKeysAreAsked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte("of-a\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("BRIDGE_TEST_SECRET", "of-b")
	t.Setenv("BRIDGE_TEST_TOKEN", "session")
	c := testConfig(t)
	c.AccessKeys = []config.AccessKey{
		{ID: "A", Secret: config.SecretRef("file:" + path), User: "anna"},
		{ID: "B", Secret: "env:BRIDGE_TEST_SECRET", User: "anna"},
		{ID: "T", Secret: "env:BRIDGE_TEST_SECRET", SessionToken: "env:BRIDGE_TEST_TOKEN", User: "anna"},
	}
	h := openHouse(t, c)
	for _, c := range []struct{ key, secret, token, want string }{
		{"A", "of-a", "", ""},
		{"B", "of-b", "", ""},
		{"B", "of-b", "any", ""},
		{"T", "of-b", "session", ""},
		{"T", "of-b", "", "InvalidClientTokenId"},
		{"T", "of-b", "other", "InvalidClientTokenId"},
		{"T", "of-a", "session", "SignatureDoesNotMatch"},
		{"A", "of-b", "", "SignatureDoesNotMatch"},
		{"C", "of-a", "", "InvalidClientTokenId"},
	} {
		if got := codeOf(t, h, c.key, c.secret, c.token); got != c.want {
			t.Errorf("%s with %s, %q: %q", c.key, c.secret, c.token, got)
		}
	}
	if code, err := listSQS(h.Addrs().SQS); code != 400 || err != nil {
		t.Errorf("unsigned: %d, %v", code, err)
	}
}

// A secret that is not there is found before anything is started.
func TestMissingSecrets(t *testing.T) {
	for ref, want := range map[config.SecretRef]string{
		"file:/no/such/secret": "access_keys[0].secret is file:/no/such/secret: no such file or directory",
		"env:BRIDGE_TEST_NONE": "access_keys[0].secret is env:BRIDGE_TEST_NONE: the variable is not set, or empty",
	} {
		c := testConfig(t)
		c.AccessKeys = []config.AccessKey{{ID: "A", Secret: ref, User: "anna"}}
		wantError(t, c, want)
		if _, err := os.Stat(c.DataDir); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: the disk was touched: %v", ref, err)
		}
	}
}

func TestMissingSessionToken(t *testing.T) {
	t.Setenv("BRIDGE_TEST_SECRET", "x")
	c := testConfig(t)
	c.AccessKeys = []config.AccessKey{{ID: "A", Secret: "env:BRIDGE_TEST_SECRET", SessionToken: "env:BRIDGE_TEST_NONE", User: "anna"}}
	wantError(t, c, "access_keys[0].session_token is env:BRIDGE_TEST_NONE: the variable is not set, or empty")
}

// So is that of S3; and S3 itself need not be there to start.
func TestSecretOfS3(t *testing.T) {
	c := testConfig(t)
	c.S3.Bucket, c.S3.AccessKey, c.S3.Secret, c.S3.Endpoint = "bucket", "AKID", "env:BRIDGE_TEST_NONE", "http://127.0.0.1:1"
	wantError(t, c, "s3_secret is env:BRIDGE_TEST_NONE: the variable is not set, or empty")
	t.Setenv("BRIDGE_TEST_SECRET", "x")
	c.S3.Secret = "env:BRIDGE_TEST_SECRET"
	openHouse(t, c)
}

// Every action of the configuration stands for one of the gateways.
func TestActionsOfKeys(t *testing.T) {
	t.Setenv("BRIDGE_TEST_SECRET", "x")
	actions := map[config.Action]protocols.Action{
		config.ActionSend: protocols.Send, config.ActionReceive: protocols.Receive, config.ActionBrowse: protocols.Browse,
		config.ActionCreate: protocols.Create, config.ActionDelete: protocols.Delete, config.ActionPurge: protocols.Purge, config.ActionAdmin: protocols.Admin,
	}
	for name, action := range actions {
		c := config.Default()
		c.AccessKeys = []config.AccessKey{{ID: "A", Secret: "env:BRIDGE_TEST_SECRET", User: "anna", Account: "111122223333", Actions: []config.Action{name}, Queues: []string{"q*"}}}
		if err := c.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		known, err := openIdentities(&c, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		who, err := known.sqs.Authenticate(context.Background(), protocols.Credentials{AccessKey: "A", Proof: func(s string) bool { return s == "x" }})
		if err != nil || who.Name() != "anna" {
			t.Fatal(who, err)
		}
		if m, ok := who.(protocols.Member); !ok || m.Account() != "111122223333" {
			t.Errorf("%v says nothing of his account", who)
		}
		for _, other := range actions {
			if may := who.May(other, queuecore.QueueNamed("q1")); may != (other == action) {
				t.Errorf("%s: may do %d: %v", name, other, may)
			}
		}
		if who.May(action, queuecore.QueueNamed("other")) {
			t.Errorf("%s: any queue", name)
		}
	}
}

// Keys for SQS alone are told of where STOMP and NATS are open to other machines.
func TestKeysForSQSAlone(t *testing.T) {
	t.Setenv("BRIDGE_TEST_SECRET", "x")
	for _, insecure := range []bool{false, true} {
		c := testConfig(t)
		c.InsecureListen = insecure
		c.AccessKeys = []config.AccessKey{{ID: "A", Secret: "env:BRIDGE_TEST_SECRET", User: "anna"}}
		var log strings.Builder
		h, err := Open(t.Context(), c, slog.New(slog.NewTextHandler(&log, nil)))
		if err != nil {
			t.Fatal(err)
		}
		closeHouse(t, h)
		if got := strings.Contains(log.String(), "access keys hold for SQS alone"); got != insecure {
			t.Errorf("insecure %v: %s", insecure, log.String())
		}
	}
}
