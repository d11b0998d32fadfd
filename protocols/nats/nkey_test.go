package nats_test

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	client "github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/nats"
)

// keyring knows one public key.
type keyring struct{ key string }

func (k *keyring) Authenticate(_ context.Context, c protocols.Credentials) (protocols.Principal, error) {
	if k.key == c.PublicKey {
		return &guard{}, nil
	}
	return nil, protocols.ErrDenied
}

// newKey returns a pair of keys of a user, and its public half.
func newKey(t *testing.T) (pair nkeys.KeyPair, public string) {
	t.Helper()
	pair = must(nkeys.CreateUser())(t)
	return pair, must(pair.PublicKey())(t)
}

func TestNKeyOfAClientLibrary(t *testing.T) {
	pair, public := newKey(t)
	h := open(t, newBroker(t), nats.Options{Auth: &keyring{public}})
	flush(t, h.dial(client.Nkey(public, pair.Sign)))
	other, otherPublic := newKey(t)
	for name, o := range map[string]client.Option{
		"unknown key": client.Nkey(otherPublic, other.Sign), "another's key": client.Nkey(public, other.Sign), "no key": client.Name("x"),
		"a signature of something else": client.Nkey(public, func([]byte) ([]byte, error) { return pair.Sign([]byte("else")) }),
	} {
		if _, err := client.Connect("nats://"+h.address, append(patient(), o)...); !errors.Is(err, client.ErrAuthorization) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A signature is good for the connection whose nonce it is of, in either base64, and a
// key that is not shown lets nobody in by its password.
func TestNKeyOnTheWire(t *testing.T) {
	pair, public := newKey(t)
	keys := &keyring{public}
	h := open(t, newBroker(t), nats.Options{Auth: keys})
	_, _, first := h.greeted(t)
	_, _, second := h.greeted(t)
	if first == second || len(first) != 15 {
		t.Fatalf("nonces %q, %q", first, second)
	}
	account := must(must(nkeys.CreateAccount())(t).PublicKey())(t)
	for name, tt := range map[string]struct {
		key  string
		sign func(nonce string) string
		ok   bool
	}{
		"base64 of URLs":          {public, func(n string) string { return base64.RawURLEncoding.EncodeToString(must(pair.Sign([]byte(n)))(t)) }, true},
		"base64":                  {public, func(n string) string { return base64.StdEncoding.EncodeToString(must(pair.Sign([]byte(n)))(t)) }, true},
		"nonce of another":        {public, func(string) string { return base64.StdEncoding.EncodeToString(must(pair.Sign([]byte(first)))(t)) }, false},
		"no signature":            {public, func(string) string { return "" }, false},
		"short signature":         {public, func(string) string { return "AAAA" }, false},
		"no base64":               {public, func(string) string { return "!" }, false},
		"key of an account":       {account, func(n string) string { return base64.StdEncoding.EncodeToString(must(pair.Sign([]byte(n)))(t)) }, false},
		"one letter changed":      {public[:20] + string('A'+(public[20]-'A'+1)%26) + public[21:], func(n string) string { return base64.StdEncoding.EncodeToString(must(pair.Sign([]byte(n)))(t)) }, false},
		"nonsense for a key":      {"U" + strings.Repeat("A", 55), func(string) string { return "AAAA" }, false},
		"long nonsense for a key": {strings.Repeat("U", 3000), func(string) string { return "AAAA" }, false},
	} {
		t.Run(name, func(t *testing.T) {
			nc, in, nonce := h.greeted(t)
			fmt.Fprintf(nc, "CONNECT {\"verbose\":true,\"nkey\":%q,\"sig\":%q,\"user\":\"ann\",\"pass\":\"secret\"}\r\n", tt.key, tt.sign(nonce))
			want := "-ERR 'Authorization Violation'\r\n"
			if tt.ok {
				want = "+OK\r\n"
			}
			if got, err := in.ReadString('\n'); got != want {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

// Where nobody has to say who he is there is no nonce, as with nats-server, and a key is
// not looked at.
func TestNKeyWhereNoneIsWanted(t *testing.T) {
	nc, in, nonce := start(t).greeted(t)
	if nonce != "" {
		t.Errorf("nonce %q", nonce)
	}
	fmt.Fprint(nc, "CONNECT {\"verbose\":true,\"nkey\":\"U\",\"sig\":\"x\"}\r\n")
	if got, err := in.ReadString('\n'); got != "+OK\r\n" {
		t.Errorf("got %q, %v", got, err)
	}
}

// greeted connects, and returns the nonce of INFO.
func (h *house) greeted(t *testing.T) (nc net.Conn, in *bufio.Reader, nonce string) {
	t.Helper()
	nc = must(net.Dial("tcp", h.address))(t)
	t.Cleanup(func() { nc.Close() })
	nc.SetDeadline(time.Now().Add(patience))
	in = bufio.NewReader(nc)
	var info struct{ Nonce string }
	if err := json.Unmarshal([]byte(strings.TrimPrefix(must(in.ReadString('\n'))(t), "INFO ")), &info); err != nil {
		t.Fatal(err)
	}
	return nc, in, info.Nonce
}
