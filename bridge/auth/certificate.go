package auth

import (
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"strings"

	"github.com/sluicemq/sluice/protocols"
)

// Certificate is a name in a certificate of a client: his subject, or one of his alternative names,
// as CertificateNames spells them.
type Certificate struct {
	Name  string
	User  string
	Grant Grant
}

// alternativeWords are before the alternative names that count, by the tags that these have.
// RFC 5280, section 4.2.1.6: rfc822Name [1], dNSName [2], uniformResourceIdentifier [6].
func alternativeWords() map[int]string { return map[int]string{1: "email:", 2: "dns:", 6: "uri:"} }

// alternativeNames is the id of their extension.
const alternativeNames = "2.5.29.17"

// CertificateNames returns what a certificate is called: its subject as SubjectName spells it, if
// there is one, and its alternative names of DNS, mail and URI, to the byte as they are in it, behind dns:, email:
// and uri:.
func CertificateNames(c *x509.Certificate) ([]string, error) {
	subject, err := SubjectName(c.RawSubject)
	if err != nil {
		return nil, err
	}
	var names []string
	if subject != "" {
		names = append(names, subject)
	}
	for _, e := range c.Extensions {
		if e.Id.String() == alternativeNames {
			more, err := alternatives(e.Value)
			if err != nil {
				return nil, err
			}
			names = append(names, more...)
		}
	}
	return names, nil
}

// alternatives reads the extension itself: package x509 makes URLs of URIs, and several
// URIs may be one URL.
func alternatives(der []byte) (names []string, err error) {
	var all asn1.RawValue
	if rest, err := asn1.Unmarshal(der, &all); err != nil || len(rest) > 0 {
		return nil, errors.New("its alternative names are malformed")
	}
	for rest := all.Bytes; len(rest) > 0; {
		var n asn1.RawValue
		if rest, err = asn1.Unmarshal(rest, &n); err != nil {
			return nil, fmt.Errorf("its alternative names are malformed: %w", err)
		}
		if word := alternativeWords()[n.Tag]; word != "" && n.Class == asn1.ClassContextSpecific {
			names = append(names, word+string(n.Bytes))
		}
	}
	return names, nil
}

// CheckCertificateName says what keeps a text from being what CertificateNames returns, or nil.
func CheckCertificateName(name string) error {
	for _, word := range alternativeWords() {
		if rest, ok := strings.CutPrefix(name, word); ok {
			if rest == "" {
				return fmt.Errorf("%q has nothing behind %s", name, word)
			}
			return nil
		}
	}
	return checkSubject(name)
}

// withCertificate returns who the client is that has shown a certificate, and by something else that
// it is p, which may be nil; nil: nobody.
func (k *known) withCertificate(p *principal, c *protocols.Credentials) *principal {
	who, single := k.ofCertificate(c.Certificate)
	alone := c.User == "" && c.Password == "" && c.Token == "" && c.PublicKey == "" && c.AccessKey == "" && c.Proof == nil
	switch {
	case !single:
		return nil
	case alone:
		return who
	case p != nil && who != nil && p.user != who.user:
		return nil
	}
	return p
}

// ofCertificate returns whose certificate it is, or nil, and whether it names no more than one user.
func (k *known) ofCertificate(c *x509.Certificate) (who *principal, single bool) {
	names, err := CertificateNames(c)
	if err != nil {
		return nil, false
	}
	for _, name := range names {
		p := k.certificates[name]
		switch {
		case p == nil:
		case who == nil:
			who = p
		case who.user != p.user:
			return nil, false
		}
	}
	return who, true
}
