package cert

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
)

// Client returns the configuration of a client that trusts whom the file ca vouches for ("": whom
// the system trusts), and shows the certificate in the file cert ("": none), of which key has the key. The error
// names the file.
func Client(ca, cert, key string) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if ca != "" {
		all, err := Read(ca)
		if err != nil {
			return nil, err
		}
		c.RootCAs = x509.NewCertPool()
		for _, a := range all {
			c.RootCAs.AddCert(a)
		}
	}
	switch {
	case cert == "" && key == "":
		return c, nil
	case cert == "" || key == "":
		return nil, errors.New("a certificate and its key go together: name both files")
	}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("%s and %s: %w", cert, key, err)
	}
	c.Certificates = []tls.Certificate{pair}
	return c, nil
}

// Read returns the certificates in a file in PEM, of which there is at least one.
func Read(path string) ([]*x509.Certificate, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	all, err := certificates(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return all, nil
}

// certificates reads a text of certificates, and of nothing else but words between them. One
// that is cut off or damaged is an error: package pem passes over it.
func certificates(text []byte) (all []*x509.Certificate, err error) {
	begun := bytes.Count(text, []byte("-----BEGIN "))
	for {
		var b *pem.Block
		if b, text = pem.Decode(text); b == nil {
			break
		}
		if b.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("it has a %s, which is no CERTIFICATE", b.Type)
		}
		c, err := x509.ParseCertificate(b.Bytes)
		if err != nil {
			return nil, fmt.Errorf("certificate %d: %w", len(all)+1, err)
		}
		all = append(all, c)
	}
	switch {
	case begun == 0:
		return nil, errors.New("there is no certificate in PEM in it")
	case len(all) < begun:
		return nil, fmt.Errorf("of %d certificates only %d are whole", begun, len(all))
	}
	return all, nil
}
