package tls_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/sluicemq/sluice/bridge"
	"github.com/sluicemq/sluice/bridge/config"
	"github.com/sluicemq/sluice/bridge/interop/rig"
)

// patience is when a test gives up, not what a thing takes.
const patience = 4 * time.Minute

// site is where clients find two houses, and what they need for that. It is what judges get as
// their argument, in JSON. The second house has NATS clients begin with TLS, and wants certificates.
type site struct {
	SQS   string `json:"sqs"` // host:port, and so on
	STOMP string `json:"stomp"`
	NATS  string `json:"nats"`
	First string `json:"first"`

	CA   string `json:"ca"`   // the file of the CA
	Cert string `json:"cert"` // the file of the client's certificate, and of its key
	Key  string `json:"key"`

	User      string `json:"user"`
	Password  string `json:"password"`
	AccessKey string `json:"accessKey"`
	Secret    string `json:"secret"`
}

// users is the file of the one user there is. The hash is of "correct".
const users = `users:
  - name: judge
    password: $argon2id$v=19$m=7168,t=5,p=1$c2FsdHNhbHRzYWx0$GyVqys0tjRWwobui/tW9Zgpel3avpAuo0ksvMh4twsE
    access_keys: [{id: AKIDJUDGE, secret: "file:%s"}]
    certificates: ["CN=judge,O=Clients"]
`

func openSite(t *testing.T) site {
	t.Helper()
	ca, dir := rig.NewAuthority(t, "private"), t.TempDir()
	s := site{CA: ca.CA(), User: "judge", Password: "correct", AccessKey: "AKIDJUDGE", Secret: "judge/secret+1"}
	s.Cert, s.Key = ca.Client("judge")
	file, secret := filepath.Join(dir, "users.yaml"), filepath.Join(dir, "secret")
	for path, text := range map[string]string{secret: s.Secret + "\n", file: fmt.Sprintf(users, secret)} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cert, key := ca.Server()
	c := rig.Config()
	c.UsersFile = file
	c.STOMPPort = config.STOMPPort{TLSCert: cert, TLSKey: key, TLSClientCA: s.CA, TLSClientAuth: config.ClientAuthOptional}
	c.SQSPort = config.SQSPort{TLSCert: cert, TLSKey: key, TLSClientCA: s.CA, TLSClientAuth: config.ClientAuthOptional}
	c.NATSPort = config.NATSPort{TLSCert: cert, TLSKey: key, TLSClientCA: s.CA, TLSClientAuth: config.ClientAuthOptional}
	c.STOMPAddr, c.NATSAddr, c.SQSAddr, c.AdminAddr = "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0", ""
	at := openHouse(t, c)
	s.STOMP, s.NATS, s.SQS = at.STOMP, at.NATS, at.SQS
	c.STOMPAddr, c.SQSAddr = "", ""
	c.NATSPort.TLSFirst, c.NATSPort.TLSClientAuth = true, config.ClientAuthRequired
	s.First = openHouse(t, c).NATS
	return s
}

// openHouse opens a house in this process, where the race detector sees it.
func openHouse(t *testing.T, c config.Config) bridge.Addrs {
	t.Helper()
	c.DataDir = t.TempDir()
	log := &rig.Log{}
	h, err := bridge.Open(t.Context(), c, slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := h.Close(ctx); err != nil {
			t.Errorf("closing the house: %v", err)
		}
		if t.Failed() {
			t.Logf("the house said:\n%s", log)
		}
	})
	return h.Addrs()
}

// The SDK, nats-py and stomp.py.
func TestPython(t *testing.T) {
	judge(t, "python", "judge.py", func() (*rig.Language, error) {
		return rig.Python(t.Context(), os.DirFS("../driver/python")) // the libraries are the driver's
	})
}

// The SDK, nats.js and stompjs.
func TestNode(t *testing.T) {
	judge(t, "node", "judge.mjs", func() (*rig.Language, error) { return rig.Node(t.Context(), os.DirFS("node")) })
}

// The SDK, jnats and stompjms.
func TestJava(t *testing.T) {
	judge(t, "java", "Judge", func() (*rig.Language, error) { return rig.Java(t.Context(), os.DirFS("java")) })
}

// judge runs a program of a language, and shows each of its cases as a test.
func judge(t *testing.T, dir, program string, get func() (*rig.Language, error)) {
	t.Helper()
	t.Parallel()
	l, at := rig.Programs(t, get, os.DirFS(dir), os.DirFS("../report"))
	where, err := json.Marshal(openSite(t))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	judged := rig.Judge(t, l.Command(ctx, filepath.Join(at, program), string(where)))
	for _, name := range cases() {
		if !judged[name] {
			t.Errorf("nothing was said of %s", name)
		}
	}
}

// cases are what every language shows.
func cases() []string {
	return []string{
		"sqs_signed", "sqs_by_certificate", "sqs_untrusted",
		"stomp_by_passcode", "stomp_by_certificate", "stomp_untrusted",
		"nats_by_password", "nats_by_certificate", "nats_first", "nats_untrusted",
	}
}
