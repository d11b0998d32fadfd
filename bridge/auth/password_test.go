package auth_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/bridge/auth"
	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/queuecore"
)

// Hashes by the reference implementation of argon2 (in argon2-cffi; the second is of its own
// tests), by bcrypt of Python, by crypt(3), and of jBCrypt's tests.
const (
	correctArgon  = "$argon2id$v=19$m=7168,t=5,p=1$c2FsdHNhbHRzYWx0$GyVqys0tjRWwobui/tW9Zgpel3avpAuo0ksvMh4twsE"
	correctBcrypt = "$2b$10$abcdefghijklmnopqrstuuULYjI0Lb/2y3Qe4R057OQ2N0cpvvC/i"
)

func loginOf(t *testing.T, user, hash string) auth.Login {
	t.Helper()
	p, err := auth.ParsePassword(hash)
	if err != nil {
		t.Fatal(err)
	}
	return auth.Login{User: user, Password: p}
}

// enters tries a password.
func enters(t *testing.T, all *auth.Identities, user, password string) bool {
	t.Helper()
	who, err := all.Authenticate(t.Context(), protocols.Credentials{User: user, Password: password})
	if err != nil && (!errors.Is(err, protocols.ErrDenied) || who != nil) || err == nil && who.Name() != user {
		t.Fatalf("%q: %v, %v", user, who, err)
	}
	return err == nil
}

func TestHashesOfOthers(t *testing.T) {
	for hash, password := range map[string]string{
		"$argon2id$v=19$m=19456,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$tmg8kTzmJLkguc2kOGId3nFi6amvRKU5PrSeYJW6QRk": "pässword",
		"$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc":            "password",
		"$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$Zh/vvW8pvLyPRkarwyqdekZFu1wFlTf4pVh/Ma2+zM0":            "password",
		correctArgon:  "correct",
		correctBcrypt: "correct",
		"$2b$10$abcdefghijklmnopqrstuu0y2UE7X5UDNypUhfmasP3PbPMQuqr7C": "pässword",
		"$2y$10$abcdefghijklmnopqrstuu5Lo0g67CiD3M4RpN1BmBb4Crp5w7dbK": "password",
		"$2a$10$WvvTPHKwdBJ3uk0Z37EMR.hLA2W6N9AEBhEgrAOljy2Ae5MtaSIUi": "abc",
	} {
		all := auth.Of(auth.Set{Logins: []auth.Login{loginOf(t, "anna", hash)}})
		if !enters(t, all, "anna", password) {
			t.Errorf("%s: refused", hash)
		}
		if hash != correctArgon && hash != correctBcrypt {
			continue // bcrypt takes its time under the race detector
		}
		wrong := []string{password + "x", "Correct", hash}
		if hash == correctBcrypt {
			wrong = wrong[:1]
		}
		for _, shown := range wrong {
			if enters(t, all, "anna", shown) {
				t.Errorf("%s: %q is let in", hash, shown)
			}
		}
	}
}

// An empty password lets nobody in, even where a hash is of one (CVE-2016-9877).
func TestEmptyPassword(t *testing.T) {
	all := auth.Of(auth.Set{Logins: []auth.Login{loginOf(t, "anna", "$2a$10$k1wbIrmNyFAPwPVPSVa/zecw2BCEnBwVS2GbrmgzxFUOqW9dk4TCW")}})
	if enters(t, all, "anna", "") {
		t.Error("let in")
	}
}

func TestOwnHashes(t *testing.T) {
	one, err := auth.HashPassword("correct")
	if err != nil {
		t.Fatal(err)
	}
	two, err := auth.HashPassword("correct")
	if err != nil || one == two {
		t.Errorf("no salt of its own: %s", one)
	}
	all := auth.Of(auth.Set{Logins: []auth.Login{loginOf(t, "anna", one)}})
	if !enters(t, all, "anna", "correct") || enters(t, all, "anna", "wrong") {
		t.Errorf("%s is not that of its password", one)
	}
	for _, password := range []string{"", strings.Repeat("x", 1025)} {
		if _, err := auth.HashPassword(password); err == nil {
			t.Errorf("%d bytes: no error", len(password))
		}
	}
}

func TestBadHashes(t *testing.T) {
	const salt, sum = "$c2FsdHNhbHRzYWx0", "$GyVqys0tjRWwobui/tW9Zgpel3avpAuo0ksvMh4twsE"
	for hash, want := range map[string]string{
		"":                     "no hash of a password",
		"hunter2-is-my-secret": "no hash of a password",
		"$argon2i$v=19$m=19456,t=2,p=1" + salt + sum: "no hash of a password",
		"$1$abc$hunter2":                                                         "no hash of a password",
		"$2x" + correctBcrypt[3:]:                                                "no hash of a password",
		"$argon2id$v=16$m=19456,t=2,p=1" + salt + sum:                            "not of the form",
		"$argon2id$m=19456,t=2,p=1" + salt + sum:                                 "not of the form",
		"$argon2id$v=19$m=19456,t=2" + salt + sum:                                "m=KIB,t=PASSES,p=LANES",
		"$argon2id$v=19$m=19456,t=2,p=1,x=1" + salt + sum:                        "m=KIB,t=PASSES,p=LANES",
		"$argon2id$v=19$m=-1,t=2,p=1" + salt + sum:                               "m=KIB,t=PASSES,p=LANES",
		"$argon2id$v=19$m=99999999999,t=2,p=1" + salt + sum:                      "m=KIB,t=PASSES,p=LANES",
		"$argon2id$v=19$m=4096,t=3,p=1" + salt + sum:                             "is weak",
		"$argon2id$v=19$m=19456,t=1,p=1" + salt + sum:                            "is weak",
		"$argon2id$v=19$m=2097152,t=1,p=4" + salt + sum:                          "cost too much",
		"$argon2id$v=19$m=65536,t=4294967295,p=4" + salt + sum:                   "cost too much",
		"$argon2id$v=19$m=19456,t=2,p=0" + salt + sum:                            "p=0",
		"$argon2id$v=19$m=19456,t=2,p=255" + salt + sum:                          "p=255",
		"$argon2id$v=19$m=19456,t=2,p=1$c2E" + sum:                               "salt of argon2id",
		"$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0=" + sum:                 "salt of argon2id",
		"$argon2id$v=19$m=19456,t=2,p=1" + salt + "$GyVq":                        "hash of argon2id",
		"$argon2id$v=19$m=19456,t=2,p=1" + salt + "$" + strings.Repeat("A", 100): "hash of argon2id",
		"$2b$05" + correctBcrypt[6:]:                                             "is weak",
		"$2b$20" + correctBcrypt[6:]:                                             "cost too much",
		correctBcrypt + "A":                                                      "not of the form",
		correctBcrypt[:59]:                                                       "not of the form",
		correctBcrypt[:59] + "!":                                                 "not of the form",
	} {
		_, err := auth.ParsePassword(hash)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "GyVqys") {
			t.Errorf("%s: %v, want %q", hash, err, want)
		}
	}
}

// Who is not there has his password checked all the same, and so waits his turn; the others
// are not asked to. Here nobody gets a turn: the context has ended.
func TestUnknownUsersCostTheSame(t *testing.T) {
	all := auth.Of(auth.Set{
		Logins:     []auth.Login{loginOf(t, "anna", correctArgon), loginOf(t, "ben", correctBcrypt)},
		PublicKeys: []auth.PublicKey{{Key: "U1", User: "keyed"}},
	})
	nobody := auth.Of(auth.Set{})
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, user := range []string{"anna", "ben", "keyed", "nobody"} {
		for name, i := range map[string]*auth.Identities{"some": all, "none": nobody} {
			_, err := i.Authenticate(ended, protocols.Credentials{User: user, Password: "x"})
			if !errors.Is(err, context.Canceled) {
				t.Errorf("%s of %s: %v", user, name, err)
			}
			_, err = i.Authenticate(ended, protocols.Credentials{User: user})
			if !errors.Is(err, protocols.ErrDenied) {
				t.Errorf("%s of %s, empty: %v", user, name, err)
			}
		}
		if user != "ben" && enters(t, all, user, "correct ") {
			t.Errorf("%s is let in", user)
		}
	}
}

// Many log in at the same time while the set is replaced; for the race detector. Who stays in
// it is let in all the time, and who is in it with another password never by the old one.
func TestReplaceInUse(t *testing.T) {
	stays, other := loginOf(t, "stays", correctArgon), loginOf(t, "goes", correctArgon)
	tokens := []auth.Token{{Sum: [32]byte{1}, User: "t"}}
	all := auth.Of(auth.Set{Logins: []auth.Login{stays, other}, Tokens: tokens})
	done := make(chan error)
	for range 3 {
		// Ends after its rounds.
		go func() {
			for range 3 {
				who, err := all.Authenticate(t.Context(), protocols.Credentials{User: "stays", Password: "correct"})
				if err != nil || !who.May(protocols.Send, queuecore.QueueNamed("q")) {
					done <- fmt.Errorf("%v, %w", who, err)
					return
				}
			}
			done <- nil
		}()
	}
	for i := range 300 {
		if i%2 == 0 {
			all.Replace(auth.Set{Logins: []auth.Login{stays}})
		} else {
			all.Replace(auth.Set{Logins: []auth.Login{other, stays}, Tokens: tokens})
		}
	}
	for range 3 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// Whose credential or grant is another one, or gone, is revoked; the others stay as they are.
func TestReplaceRevokes(t *testing.T) {
	secret := envSecret(t, hidden)
	set := func(change func(*auth.Set)) auth.Set {
		s := auth.Set{
			Logins:     []auth.Login{loginOf(t, "anna", correctArgon)},
			Keys:       []auth.Key{{ID: "A", User: "anna", Secret: secret}},
			Tokens:     []auth.Token{{Sum: sumOf("token"), User: "anna"}},
			PublicKeys: []auth.PublicKey{{Key: "U1", User: "anna"}},
		}
		if change != nil {
			change(&s)
		}
		return s
	}
	narrow := auth.Grant{Queues: []string{"a"}}
	for name, tt := range map[string]struct {
		change  func(*auth.Set)
		revoked string // of password, key, token and nkey
	}{
		"nothing":          {nil, ""},
		"one more":         {func(s *auth.Set) { s.Tokens = append(s.Tokens, auth.Token{Sum: sumOf("b"), User: "anna"}) }, ""},
		"password":         {func(s *auth.Set) { s.Logins[0] = loginOf(t, "anna", correctBcrypt) }, "password"},
		"no password":      {func(s *auth.Set) { s.Logins = nil }, "password"},
		"no key":           {func(s *auth.Set) { s.Keys = nil }, "key"},
		"account":          {func(s *auth.Set) { s.Keys[0].Account = "111122223333" }, "key"},
		"another's token":  {func(s *auth.Set) { s.Tokens[0].User = "ben" }, "token"},
		"less for the key": {func(s *auth.Set) { s.PublicKeys[0].Grant = narrow }, "nkey"},
		"nobody":           {func(s *auth.Set) { *s = auth.Set{} }, "password key token nkey"},
	} {
		all := auth.Of(set(nil))
		in := map[string]protocols.Principal{}
		for kind, c := range map[string]protocols.Credentials{
			"password": {User: "anna", Password: "correct"}, "key": {AccessKey: "A", Proof: knows(hidden)},
			"token": {Token: "token"}, "nkey": {PublicKey: "U1"},
		} {
			p, err := all.Authenticate(t.Context(), c)
			if err != nil {
				t.Fatal(kind, err)
			}
			in[kind] = p
		}
		all.Replace(set(tt.change))
		for kind, p := range in {
			revoked := p.(protocols.Revocable).Valid().Err() != nil
			want := false
			for k := range strings.FieldsSeq(tt.revoked) {
				want = want || k == kind
			}
			if may := p.May(protocols.Send, queuecore.QueueNamed("a")); revoked != want || may == want {
				t.Errorf("%s: %s revoked: %v, may: %v", name, kind, revoked, may)
			}
			called := make(chan struct{})
			stop := protocols.OnRevoke(p, func() { close(called) })
			if want {
				<-called
			} else if !stop() {
				t.Errorf("%s: %s: called", name, kind)
			}
		}
	}
}

// Of several things that a client shows one counts, so that a public key that is not known
// is not made good by a token.
func TestOneCredentialCounts(t *testing.T) {
	all := auth.Of(auth.Set{
		Logins: []auth.Login{loginOf(t, "anna", correctArgon)}, Tokens: []auth.Token{{Sum: sumOf("token"), User: "tom"}},
		PublicKeys: []auth.PublicKey{{Key: "U1", User: "uma"}},
	})
	for name, tt := range map[string]struct {
		c    protocols.Credentials
		want string
	}{
		"token":                     {protocols.Credentials{Token: "token"}, "tom"},
		"wrong token":               {protocols.Credentials{Token: "tokens"}, ""},
		"user and token":            {protocols.Credentials{User: "anna", Password: "correct", Token: "token"}, "anna"},
		"wrong password and token":  {protocols.Credentials{User: "anna", Password: "x", Token: "token"}, ""},
		"password alone":            {protocols.Credentials{Password: "correct"}, ""},
		"public key":                {protocols.Credentials{PublicKey: "U1", User: "anna"}, "uma"},
		"unknown key and all else":  {protocols.Credentials{PublicKey: "U2", User: "anna", Password: "correct", Token: "token"}, ""},
		"unsigned request, a token": {protocols.Credentials{Proof: knows("x"), Token: "token"}, ""},
	} {
		p, err := all.Authenticate(t.Context(), tt.c)
		if (err == nil) != (tt.want != "") || err == nil && p.Name() != tt.want {
			t.Errorf("%s: %v, %v", name, p, err)
		}
	}
}

// BenchmarkLogin is what the password of a user costs, as "sluice user" hashes it.
func BenchmarkLogin(b *testing.B) {
	hash, err := auth.HashPassword("correct")
	if err != nil {
		b.Fatal(err)
	}
	p, err := auth.ParsePassword(hash)
	if err != nil {
		b.Fatal(err)
	}
	all := auth.Of(auth.Set{Logins: []auth.Login{{User: "anna", Password: p}}})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := all.Authenticate(b.Context(), protocols.Credentials{User: "anna", Password: "correct"}); err != nil {
			b.Fatal(err)
		}
	}
}

// bcrypt ends a password with a NUL and begins anew: of the empty one it cannot tell one of NULs,
// nor of one that is repeated with a NUL between.
func TestNULInPassword(t *testing.T) {
	const emptyBcrypt, abcBcrypt = "$2a$10$k1wbIrmNyFAPwPVPSVa/zecw2BCEnBwVS2GbrmgzxFUOqW9dk4TCW", "$2a$10$WvvTPHKwdBJ3uk0Z37EMR.hLA2W6N9AEBhEgrAOljy2Ae5MtaSIUi"
	all := auth.Of(auth.Set{Logins: []auth.Login{loginOf(t, "anna", emptyBcrypt), loginOf(t, "ben", abcBcrypt)}})
	for user, passwords := range map[string][]string{"anna": {"\x00", "\x00\x00"}, "ben": {"abc\x00abc"}} {
		for _, password := range passwords {
			if enters(t, all, user, password) {
				t.Errorf("%s is let in by %q", user, password)
			}
		}
	}
	if _, err := auth.HashPassword("a\x00b"); err == nil {
		t.Error("a password with a NUL is hashed, and nobody could enter by it")
	}
}
