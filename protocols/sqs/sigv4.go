package sqs

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/sluicemq/sluice/protocols/sqs/wire"
)

const (
	algorithm   = "AWS4-HMAC-SHA256"
	serviceName = "sqs"
	terminator  = "aws4_request"
	stampForm   = "20060102T150405Z" // ISO 8601, basic format, UTC

	// maxSkew is how far a client's clock may be off, either way.
	// AWS Signature Version 4, "Troubleshooting": requests expire after 15 minutes.
	maxSkew = 15 * time.Minute
	// maxPresigned bounds X-Amz-Expires: 7 days.
	maxPresigned = 7 * 24 * time.Hour
)

// proof is the claim of one request to come from the owner of a secret. It
// belongs to the goroutine of its call.
type proof struct {
	*call
	signature
	body []byte
	err  error // why the claim does not hold, as far as that is known

	wrong bool // the signature itself does not hold
}

// isExcused implements protocols.Credentials.Excused: whose clock is off, or whose request is not as
// it should be, has not guessed a secret.
func (p *proof) isExcused() bool { return p.err != nil && !p.wrong }

// holds implements protocols.Credentials.Proof.
func (p *proof) holds(secret string) bool {
	if p.err == nil {
		p.err = p.verify(secret, p.Now())
	}
	return p.err == nil
}

// verify holds the signature against the secret of the key that it names. The
// scope and the clock come first: neither needs the secret.
func (p *proof) verify(secret string, now time.Time) error {
	if err := p.checkScope(); err != nil {
		return err
	}
	if err := p.checkTime(now); err != nil {
		return err
	}
	if err := p.checkHeaders(p.r.Header); err != nil {
		return err
	}
	payload, ok := payloadHash(p.r.Header, p.body)
	if !ok || !p.matches(secret, &payload) {
		p.wrong = true
		return mismatch("The request signature we calculated does not match the signature you provided. " +
			"Check your AWS Secret Access Key and signing method. Consult the service documentation for details.")
	}
	return nil
}

func mismatch(format string, args ...any) error {
	return wire.Errorf(wire.SignatureDoesNotMatch, format, args...)
}

// checkScope takes any region, since a server of one's own is in none of AWS's, unless
// the gateway is told to check it.
// AWS Signature Version 4, "Credential": key/YYYYMMDD/region/service/aws4_request.
func (p *proof) checkScope() error {
	switch {
	case p.service != serviceName:
		return mismatch("Credential should be scoped to correct service: '%s'.", serviceName)
	case p.end != terminator:
		return mismatch("Credential should be scoped with a valid terminator: '%s'.", terminator)
	case p.region == "" || p.CheckRegion && p.region != p.Region:
		return mismatch("Credential should be scoped to a valid region.")
	case p.date != p.stamp[:len("20060102")]:
		return mismatch("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "+
			"'%s' != '%s', from '%s'.", cut(p.date), p.stamp[:len("20060102")], p.stamp)
	}
	return nil
}

// checkTime says by how much a request is too old or too new. SDKs look for the
// code, set their clock by the Date of the answer, and try again.
func (p *proof) checkTime(now time.Time) error {
	life := maxSkew
	if p.life > 0 {
		life = p.life
	}
	stamp := func(t time.Time) string { return t.UTC().Format(stampForm) }
	now = now.Truncate(time.Second)
	if oldest := now.Add(-life); p.at.Before(oldest) {
		return mismatch("Signature expired: %s is now earlier than %s (%s - %s.)", p.stamp, stamp(oldest), stamp(now), span(life))
	}
	if newest := now.Add(maxSkew); p.at.After(newest) {
		return mismatch("Signature not yet current: %s is still later than %s (%s + %s.)", p.stamp, stamp(newest), stamp(now), span(maxSkew))
	}
	return nil
}

// checkHeaders wants those headers signed that say what is to be done. Without
// the target, one who overhears a ReceiveMessage could make a DeleteQueue of it.
// AWS Signature Version 4, "SignedHeaders": host and the x-amz-* headers.
func (p *proof) checkHeaders(h http.Header) error {
	if !slices.Contains(p.headers, "host") {
		return mismatch("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
	}
	for _, name := range []string{"x-amz-target", "x-amz-security-token"} {
		if len(valuesOf(h, name)) > 0 && !slices.Contains(p.headers, name) {
			return mismatch("'%s' must be a 'SignedHeader' in the AWS Authorization.", name)
		}
	}
	return nil
}

// payloadHash returns the hash of the body. A client that announces one must
// have announced this one: UNSIGNED-PAYLOAD and the streaming forms belong to S3.
func payloadHash(h http.Header, body []byte) (hash hexSum, ok bool) {
	sum := sha256.Sum256(body)
	hex.Encode(hash[:], sum[:])
	said := h["X-Amz-Content-Sha256"]
	return hash, len(said) == 0 || len(said) == 1 && said[0] == string(hash[:])
}

// hexSum is a hash in hexadecimal digits.
type hexSum [2 * sha256.Size]byte

// matches tries what the client may have signed: the host that it called, or
// the public one where a proxy has put another in its place; the path as it is, or
// without its dots and double slashes, on which SDKs do not agree. That is safe: dots
// that somebody adds to a path on its way never make another queue's name its last part.
func (p *proof) matches(secret string, payload *hexSum) bool {
	key, cached := p.signing.get(p.scope(), secret)
	hosts, paths := p.hosts(), paths(p.r.URL.EscapedPath())
	var room [1 << 10]byte
	for _, host := range hosts {
		for _, uri := range paths {
			request := p.appendCanonical(room[:0], p.r, host, uri, payload)
			if p.signedBy(key, request) {
				if !cached {
					p.signing.put(p.scope(), secret, key)
				}
				return true
			}
		}
	}
	return false
}

func (p *proof) hosts() []string {
	if p.publicHost == "" || p.publicHost == p.r.Host {
		return []string{p.r.Host}
	}
	return []string{p.r.Host, p.publicHost}
}

func paths(escaped string) []string {
	if escaped == "" || escaped == "/" {
		return []string{"/"}
	}
	clean := path.Clean("/" + escaped)
	if strings.HasSuffix(escaped, "/") && clean != "/" {
		clean += "/"
	}
	if clean == escaped {
		return []string{escaped}
	}
	return []string{escaped, clean}
}

// signedBy compares in constant time.
func (s *signature) signedBy(key *signingKey, request []byte) bool {
	mac := s.calculate(key, request)
	return hmac.Equal(mac[:], []byte(s.mac))
}

// calculate returns what the signature should be, in hexadecimal.
// AWS Signature Version 4, "Create a string to sign", "Calculate the signature".
func (s *signature) calculate(key *signingKey, request []byte) (sum hexSum) {
	m := key.macs.Get().(*mac)
	defer key.macs.Put(m)
	m.text = s.appendText(m.text[:0], request)
	m.Reset()
	m.Write(m.text)
	m.sum = m.Sum(m.sum[:0])
	hex.Encode(sum[:], m.sum)
	return sum
}

func (s *signature) appendText(text, request []byte) []byte {
	sum := sha256.Sum256(request)
	text = append(text, algorithm+"\n"...)
	text = append(append(text, s.stamp...), '\n')
	for _, part := range []string{s.date, s.region, s.service} {
		text = append(append(text, part...), '/')
	}
	text = append(append(text, s.end...), '\n')
	return hex.AppendEncode(text, sum[:])
}
