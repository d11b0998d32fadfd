package main_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/bridge/interop/rig"
)

// The verbs that connect speak TLS, and show a certificate, when they are told to; those that find the server by the
// settings here need not be told of TLS.
func TestVerbsInTLS(t *testing.T) {
	ca := rig.NewAuthority(t, "house")
	cert, key := ca.Server()
	mine, myKey := ca.Client("keeper")
	users := filepath.Join(t.TempDir(), "users.yaml")
	user := func(args ...string) string {
		t.Helper()
		stdout, stderr, code := run(t, nil, append([]string{"user", "--users-file", users}, args...)...)
		if code != 0 || stderr != "" {
			t.Fatalf("%q: %d, %s", args, code, stderr)
		}
		return stdout
	}
	user("add", "keeper", "--no-password", "--cert", "dns:keeper.example.org")
	user("add", "other", "--no-password", "--cert", "CN=other,O=Clients")
	if got := user("cert", "keeper", "uri:spiffe://example.org/keeper", "--file", mine); got != "uri:spiffe://example.org/keeper\nCN=keeper,O=Clients\n" {
		t.Errorf("%q", got)
	}
	user("rm", "keeper", "--cert", "uri:spiffe://example.org/keeper")
	if got := user("ls"); !strings.Contains(got, "keeper  certificate dns:keeper.example.org, certificate CN=keeper,O=Clients  all") {
		t.Errorf("%s", got)
	}
	var args []string
	for _, name := range []string{"stomp", "admin"} {
		args = append(args, "--"+name+"-tls-cert", cert, "--"+name+"-tls-key", key, "--"+name+"-tls-client-ca", ca.CA(), "--"+name+"-tls-client-auth", "optional")
	}
	s := serve(t, nil, append(append(freePorts(), "--users-file", users), args...)...)
	tls := []string{"--ca", ca.CA(), "--cert", mine, "--key", myKey}
	stdout, stderr, code := run(t, nil, append([]string{"conformance", "stomp", "--addr", s.STOMP, "--only", "connect.connected"}, tls...)...)
	if code != 0 || !strings.Contains(stdout, "connect.connected") {
		t.Errorf("%d, %s%s", code, stdout, stderr)
	}
	browse := []string{"queue", "browse", "none"}
	wantFailure(t, `queue "none": not found`, nil, append(append(browse, "--admin", s.Admin), tls...)...)
	wantFailure(t, "certificate signed by unknown authority", nil, append(browse, "--admin", s.Admin, "--tls")...)
	wantFailure(t, "is not right, or missing", nil, append(browse, "--admin", s.Admin, "--ca", ca.CA())...)
	wantFailure(t, "it may speak HTTPS alone", nil, append(browse, "--admin", s.Admin)...)
	wantFailure(t, "--ca, --cert, --key: a certificate and its key go together", nil, append(browse, "--admin", s.Admin, "--cert", mine)...)
	wantFailure(t, "no such file", nil, append(browse, "--admin", s.Admin, "--ca", "/no/such.pem")...)
	here := []string{"SLUICE_ADMIN_ADDR=" + s.Admin, "SLUICE_ADMIN_TLS_CERT=" + cert, "SLUICE_ADMIN_TLS_KEY=" + key}
	wantFailure(t, `queue "none": not found`, here, append(browse, "--cert", mine, "--key", myKey)...)
	s.stop()
}

func TestUserCertRefuses(t *testing.T) {
	users := filepath.Join(t.TempDir(), "users.yaml")
	writeFile(t, users, "users:\n  - {name: anna}\n")
	for want, args := range map[string][]string{
		"which certificate?": {"anna"}, `there is no user "ben"`: {"ben", "CN=ben"}, "no attribute": {"anna", "cn=anna"}, "no such file": {"anna", "--file", "/no/such.pem"},
	} {
		wantFailure(t, want, nil, append([]string{"user", "cert", "--users-file", users}, args...)...)
	}
}
