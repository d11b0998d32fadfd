package auth_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math/big"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/sluicemq/sluice/bridge/auth"
	"github.com/sluicemq/sluice/protocols"
)

// subject makes a subject of parts, each of attributes: number, value, number, value ….
func subject(t *testing.T, parts ...[]any) []byte {
	t.Helper()
	var all pkix.RDNSequence
	for _, part := range parts {
		var rdn pkix.RelativeDistinguishedNameSET
		for i := 0; i < len(part); i += 2 {
			rdn = append(rdn, pkix.AttributeTypeAndValue{Type: part[i].(asn1.ObjectIdentifier), Value: part[i+1]})
		}
		all = append(all, rdn)
	}
	der, err := asn1.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

var (
	cn    = asn1.ObjectIdentifier{2, 5, 4, 3}
	org   = asn1.ObjectIdentifier{2, 5, 4, 10}
	unit  = asn1.ObjectIdentifier{2, 5, 4, 11}
	dc    = asn1.ObjectIdentifier{0, 9, 2342, 19200300, 100, 1, 25}
	title = asn1.ObjectIdentifier{2, 5, 4, 12}
)

func utf8Text(s string) asn1.RawValue {
	return asn1.RawValue{Tag: asn1.TagUTF8String, Bytes: []byte(s)}
}

// RFC 4514, sections 2 and 4. The name that SubjectName makes can be configured.
func TestSubjectName(t *testing.T) {
	for want, der := range map[string][]byte{
		"":                                 subject(t),
		"CN=anna":                          subject(t, []any{cn, "anna"}),
		"CN=anna,O=Example":                subject(t, []any{org, "Example"}, []any{cn, "anna"}),
		"O=Example,CN=anna":                subject(t, []any{cn, "anna"}, []any{org, "Example"}),
		"OU=b,OU=a":                        subject(t, []any{unit, "a"}, []any{unit, "b"}),
		"OU=a+OU=b":                        subject(t, []any{unit, "a", unit, "b"}),
		"OU=a\\+OU=b":                      subject(t, []any{unit, utf8Text("a+OU=b")}),
		"OU=Sales+CN=J.  Smith,DC=example": subject(t, []any{dc, "example"}, []any{unit, "Sales", cn, "J.  Smith"}),
		`CN=James \"Jim\" Smith\, III`:     subject(t, []any{cn, utf8Text(`James "Jim" Smith, III`)}),
		`CN=Before\0dAfter`:                subject(t, []any{cn, utf8Text("Before\rAfter")}),
		`CN=\00`:                           subject(t, []any{cn, utf8Text("\x00")}),
		`CN=\ `:                            subject(t, []any{cn, " "}),
		`CN=\#x #\ `:                       subject(t, []any{cn, utf8Text("#x # ")}),
		"CN=Lučić":                         subject(t, []any{cn, utf8Text("Lučić")}),
		`CN=a\\b`:                          subject(t, []any{cn, utf8Text(`a\b`)}),
		"2.5.4.12=#130158":                 subject(t, []any{title, "X"}), // no name in RFC 4514
		"CN=#1401e9":                       subject(t, []any{cn, asn1.RawValue{Tag: asn1.TagT61String, Bytes: []byte{0xe9}}}),
	} {
		got, err := auth.SubjectName(der)
		if err != nil || got != want {
			t.Errorf("%q, %v, want %q", got, err, want)
		}
		if want == "" {
			continue
		}
		if err := auth.CheckCertificateName(got); err != nil {
			t.Error(err)
		}
	}
}

// What no certificate is called is refused, with what it should be.
func TestCertificateNamesAreChecked(t *testing.T) {
	for name, want := range map[string]string{
		"":                         "neither a subject",
		"anna":                     "neither a subject",
		"CN=anna, O=Example":       `" O" is no attribute`,
		"cn=anna":                  `"cn" is no attribute`,
		"CN=anna,":                 "neither a subject",
		"CN=anna+":                 "neither a subject",
		"CN=a=b":                   "",
		"CN=anna ":                 `the value anna  is spelled anna\ `,
		"CN=a<b":                   `is spelled a\<b`,
		`CN=a\b`:                   "is spelled",
		`CN=\61`:                   "the value \\61 is spelled a",
		`CN=a\`:                    "is spelled",
		"2.5.4.3=#130161":          "2.5.4.3 is called CN",
		"2.5.4.12=x":               "small hexadecimal digits",
		"2.5.4.12=#13015A":         "small hexadecimal digits",
		"CN=#zz":                   "small hexadecimal digits",
		"dns:":                     "nothing behind dns:",
		"dns:*.example.org":        "",
		"ip:127.0.0.1":             "neither a subject",
		"uri:spiffe://a/b":         "",
		"email:anna@example.org":   "",
		"/O=Example/CN=anna":       `"/O" is no attribute`,
		"CN=a,OU=b;DROP":           `is spelled b\;DROP`,
		"emailAddress=a@b,C=DE":    "",
		"EMAILADDRESS=a@b,C=DE":    `"EMAILADDRESS" is no attribute`,
		"2.5.4.12=#130158,CN=anna": "",
	} {
		err := auth.CheckCertificateName(name)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", name, err, want)
		}
	}
}

// signed makes a certificate of a template, as clients show it.
func signed(t *testing.T, template *x509.Certificate) *x509.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template.SerialNumber, template.NotAfter = big.NewInt(1), time.Now().Add(time.Hour)
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCertificateNames(t *testing.T) {
	// Two URIs that are one URL to package url, one of which is the server's to know.
	at, err := url.Parse("spiffe://example.org/anna")
	if err != nil {
		t.Fatal(err)
	}
	c := signed(t, &x509.Certificate{
		RawSubject: subject(t, []any{org, "Example"}, []any{cn, "anna"}), DNSNames: []string{"a.example.org", "*.example.org"},
		EmailAddresses: []string{"anna@example.org"}, URIs: []*url.URL{at},
	})
	want := []string{"CN=anna,O=Example", "dns:*.example.org", "dns:a.example.org", "email:anna@example.org", "uri:spiffe://example.org/anna"}
	got, err := auth.CertificateNames(c)
	slices.Sort(got)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%q, %v", got, err)
	}
	raw, err := asn1.Marshal([]asn1.RawValue{{Class: asn1.ClassContextSpecific, Tag: 6, Bytes: []byte("spiffe://example.org/anna#")}})
	if err != nil {
		t.Fatal(err)
	}
	c = signed(t, &x509.Certificate{ExtraExtensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 17}, Critical: true, Value: raw}}})
	if got, err := auth.CertificateNames(c); err != nil || !reflect.DeepEqual(got, []string{"uri:spiffe://example.org/anna#"}) {
		t.Errorf("%q, %v", got, err)
	}
}

// A certificate is of whom one of its names is, to the letter: the order of parts counts, and so do
// case, several values in one part, and stars, which stand for themselves.
func TestCertificatesAreLogins(t *testing.T) {
	known := auth.Of(auth.Set{
		Logins: []auth.Login{loginOf(t, "anna", correctArgon), loginOf(t, "ben", correctArgon)},
		Certificates: []auth.Certificate{
			{Name: "CN=anna,OU=a,O=Example", User: "anna"}, {Name: "dns:anna.example.org", User: "anna"},
			{Name: "CN=ben", User: "ben"}, {Name: "dns:*.wild.org", User: "ben"}, {Name: "email:carl@example.org", User: "carl"},
		},
	})
	anna := subject(t, []any{org, "Example"}, []any{unit, "a"}, []any{cn, "anna"})
	for name, tt := range map[string]struct {
		c    x509.Certificate
		also protocols.Credentials
		want string // "": nobody
	}{
		"subject":                          {x509.Certificate{RawSubject: anna}, protocols.Credentials{}, "anna"},
		"order":                            {x509.Certificate{RawSubject: subject(t, []any{unit, "a"}, []any{org, "Example"}, []any{cn, "anna"})}, protocols.Credentials{}, ""},
		"one part":                         {x509.Certificate{RawSubject: subject(t, []any{org, "Example"}, []any{unit, "a", cn, "anna"})}, protocols.Credentials{}, ""},
		"less":                             {x509.Certificate{RawSubject: subject(t, []any{org, "Example"}, []any{cn, "anna"})}, protocols.Credentials{}, ""},
		"more":                             {x509.Certificate{RawSubject: subject(t, []any{org, "Example"}, []any{unit, "a"}, []any{unit, "b"}, []any{cn, "anna"})}, protocols.Credentials{}, ""},
		"case":                             {x509.Certificate{RawSubject: subject(t, []any{cn, "Ben"})}, protocols.Credentials{}, ""},
		"all in one value":                 {x509.Certificate{RawSubject: subject(t, []any{cn, utf8Text("anna,OU=a,O=Example")})}, protocols.Credentials{}, ""},
		"type of string":                   {x509.Certificate{RawSubject: subject(t, []any{cn, utf8Text("ben")})}, protocols.Credentials{}, "ben"},
		"SAN":                              {x509.Certificate{DNSNames: []string{"x", "anna.example.org"}}, protocols.Credentials{}, "anna"},
		"star of the file":                 {x509.Certificate{DNSNames: []string{"a.wild.org"}}, protocols.Credentials{}, ""},
		"star of the client":               {x509.Certificate{DNSNames: []string{"*.example.org"}}, protocols.Credentials{}, ""},
		"both stars":                       {x509.Certificate{DNSNames: []string{"*.wild.org"}}, protocols.Credentials{}, "ben"},
		"SAN of another kind":              {x509.Certificate{DNSNames: []string{"carl@example.org"}}, protocols.Credentials{}, ""},
		"subject in a SAN":                 {x509.Certificate{EmailAddresses: []string{"CN=ben"}}, protocols.Credentials{}, ""},
		"two users":                        {x509.Certificate{RawSubject: anna, DNSNames: []string{"*.wild.org"}}, protocols.Credentials{}, ""},
		"two names of one":                 {x509.Certificate{RawSubject: anna, DNSNames: []string{"anna.example.org"}}, protocols.Credentials{}, "anna"},
		"password of the same":             {x509.Certificate{RawSubject: anna}, protocols.Credentials{User: "anna", Password: "correct"}, "anna"},
		"password of another":              {x509.Certificate{RawSubject: anna}, protocols.Credentials{User: "ben", Password: "correct"}, ""},
		"wrong password":                   {x509.Certificate{RawSubject: anna}, protocols.Credentials{User: "anna", Password: "wrong"}, ""},
		"user without password":            {x509.Certificate{RawSubject: anna}, protocols.Credentials{User: "anna"}, ""},
		"password without user":            {x509.Certificate{RawSubject: anna}, protocols.Credentials{Password: "correct"}, ""},
		"unknown token":                    {x509.Certificate{RawSubject: anna}, protocols.Credentials{Token: "t"}, ""},
		"unknown key":                      {x509.Certificate{RawSubject: anna}, protocols.Credentials{AccessKey: "k", Proof: func(string) bool { return true }}, ""},
		"nobody's, and password":           {x509.Certificate{}, protocols.Credentials{User: "ben", Password: "correct"}, "ben"},
		"two users, and a password of one": {x509.Certificate{RawSubject: anna, DNSNames: []string{"*.wild.org"}}, protocols.Credentials{User: "anna", Password: "correct"}, ""},
	} {
		tt.also.Certificate = signed(t, &tt.c)
		who, err := known.Authenticate(t.Context(), tt.also)
		if tt.want == "" {
			if !errors.Is(err, protocols.ErrDenied) {
				t.Errorf("%s: %v, %v", name, who, err)
			}
			continue
		}
		if err != nil || who.Name() != tt.want {
			t.Errorf("%s: %v, %v", name, who, err)
		}
	}
}

// With its name in the file goes who came in by a certificate.
func TestCertificateIsRevoked(t *testing.T) {
	set := auth.Set{Certificates: []auth.Certificate{{Name: "CN=anna", User: "anna"}, {Name: "CN=ben", User: "ben"}}}
	known := auth.Of(set)
	enter := func(name string) protocols.Revocable {
		who, err := known.Authenticate(t.Context(), protocols.Credentials{Certificate: signed(t, &x509.Certificate{Subject: pkix.Name{CommonName: name}})})
		if err != nil {
			t.Fatal(err)
		}
		return who.(protocols.Revocable)
	}
	anna, ben := enter("anna"), enter("ben")
	set.Certificates = set.Certificates[1:]
	known.Replace(set)
	if anna.Valid().Err() == nil || ben.Valid().Err() != nil {
		t.Error(anna.Valid().Err(), ben.Valid().Err())
	}
}

// Whatever is in a subject, its name can be configured, and is that of no other subject with the same text in it.
func FuzzSubjectName(f *testing.F) {
	f.Add("anna", "Example")
	f.Add("anna,OU=b", "a+CN=c")
	f.Add(" #\\", "\x00\r\n=\"<>;")
	f.Add("", "é")
	f.Fuzz(func(t *testing.T, a, b string) {
		if !utf8.ValidString(a) || !utf8.ValidString(b) {
			return
		}
		name := func(parts ...[]any) string {
			n, err := auth.SubjectName(subject(t, parts...))
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		two := name([]any{unit, utf8Text(b)}, []any{cn, utf8Text(a)})
		if err := auth.CheckCertificateName(two); err != nil {
			t.Error(err)
		}
		for _, other := range []string{
			name([]any{cn, utf8Text(a + ",OU=" + b)}), name([]any{unit, utf8Text(b), cn, utf8Text(a)}), name([]any{cn, utf8Text(a)}, []any{unit, utf8Text(b)}),
		} {
			if other == two {
				t.Errorf("%q is the name of two subjects", two)
			}
		}
	})
}

// No DER and no text makes these panic.
func FuzzCertificateName(f *testing.F) {
	f.Add([]byte{0x30, 0x00}, "CN=a\\")
	f.Add([]byte{0x30, 0x02, 0x31, 0x00}, "dns:")
	f.Fuzz(func(t *testing.T, der []byte, name string) {
		_, _ = auth.SubjectName(der)
		_ = auth.CheckCertificateName(name)
	})
}
