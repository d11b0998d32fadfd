package sqs

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sluicemq/sluice/protocols/sqs/wire"
)

// signature is what a request says of its own signature. Nothing in it has been
// checked but its form.
type signature struct {
	key                        string // the access key id
	date, region, service, end string // of the credential
	headers                    []string
	mac                        string // in hexadecimal
	stamp                      string // when it was made, as the client wrote it
	at                         time.Time
	presigned                  bool
	life                       time.Duration // of a presigned one; 0: as any other
	params                     []param       // of the address
}

// parseSignature reads the signature of a request out of its header or its
// address. Whatever is there of it is returned with an error too.
func parseSignature(r *http.Request) (s signature, err error) {
	ok := false
	if s.params, ok = parseParams(r.URL.RawQuery); !ok {
		return s, incomplete("The query string contains a syntax error.")
	}
	scheme, rest, _ := strings.Cut(header(r, "Authorization"), " ")
	switch {
	case len(r.Header["Authorization"]) > 1:
		return s, incomplete("The request has more than one Authorization header.")
	case scheme == algorithm:
		return s, s.parseHeader(r, rest)
	case strings.HasPrefix(scheme, "AWS"):
		return s, incomplete("Unsupported AWS 'algorithm': '%s'.", cut(scheme))
	case has(s.params, "X-Amz-Algorithm"), has(s.params, "X-Amz-Signature"):
		return s, s.parseQuery()
	case has(s.params, "AWSAccessKeyId"):
		return s, incomplete("Signature version 4 is the only one that is supported.")
	}
	return s, wire.Errorf(wire.MissingAuthenticationToken, "Request is missing Authentication Token")
}

func incomplete(format string, args ...any) error {
	return wire.Errorf(wire.IncompleteSignature, format, args...)
}

// parseHeader reads Credential=…, SignedHeaders=…, Signature=… in any order.
// AWS Signature Version 4, "Authorization header".
func (s *signature) parseHeader(r *http.Request, text string) error {
	parts := [...]param{{name: "Credential"}, {name: "SignedHeaders"}, {name: "Signature"}}
	for text := range strings.SplitSeq(text, ",") {
		name, value, ok := strings.Cut(strings.TrimSpace(text), "=")
		if !ok {
			return incomplete("'%s' not a valid key=value pair (missing equal-sign) in Authorization header.", cut(text))
		}
		i := slices.IndexFunc(parts[:], func(p param) bool { return p.name == name })
		if i < 0 || parts[i].value != "" {
			return incomplete("'%s' is unknown, or more than once, in the Authorization header.", cut(name))
		}
		parts[i].value = value
	}
	for _, p := range parts {
		if p.value == "" {
			return incomplete("Authorization header requires '%s' parameter.", p.name)
		}
	}
	return s.fill(parts[0].value, parts[1].value, parts[2].value, headerDate(r))
}

// headerDate returns when a request says it was made, in the form of X-Amz-Date.
// AWS Signature Version 4, "Date": Date counts where there is no X-Amz-Date.
func headerDate(r *http.Request) string {
	if d := header(r, "X-Amz-Date"); d != "" {
		return d
	}
	d := header(r, "Date")
	if t, err := http.ParseTime(d); err == nil {
		return t.UTC().Format(stampForm)
	}
	return d
}

// parseQuery reads the presigned form.
// AWS Signature Version 4, "Query string": X-Amz-Algorithm and its like.
func (s *signature) parseQuery() error {
	s.presigned = true
	values := map[string]string{}
	for _, name := range []string{"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date"} {
		v, n := find(s.params, name)
		if n != 1 || v == "" {
			return incomplete("AWS query-string parameters must include '%s' once.", name)
		}
		values[name] = v
	}
	if a := values["X-Amz-Algorithm"]; a != algorithm {
		return incomplete("Unsupported AWS 'algorithm': '%s'.", cut(a))
	}
	if err := s.parseLife(); err != nil {
		return err
	}
	return s.fill(values["X-Amz-Credential"], values["X-Amz-SignedHeaders"], values["X-Amz-Signature"], values["X-Amz-Date"])
}

// parseLife reads X-Amz-Expires, in seconds. Without it a presigned request is as
// short-lived as any other.
func (s *signature) parseLife() error {
	text, n := find(s.params, "X-Amz-Expires")
	if n == 0 {
		return nil
	}
	life, err := strconv.ParseUint(text, 10, 32)
	if err != nil || n > 1 || life == 0 || life > uint64(maxPresigned/time.Second) {
		return incomplete("X-Amz-Expires must be a number from 1 to %d.", maxPresigned/time.Second)
	}
	s.life = time.Duration(life) * time.Second
	return nil
}

func (s *signature) fill(credential, headers, mac, date string) error {
	p := strings.Split(credential, "/")
	if len(p) != 5 || p[0] == "" || len(credential) > maxCredential {
		return incomplete("Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '%s'.", cut(credential))
	}
	s.key, s.date, s.region, s.service, s.end = p[0], p[1], p[2], p[3], p[4]
	s.headers, s.mac = strings.Split(headers, ";"), mac
	if len(s.headers) > maxSignedHeaders {
		return incomplete("SignedHeaders has more than %d names.", maxSignedHeaders)
	}
	return s.parseDate(date)
}

func (s *signature) parseDate(text string) error {
	if text == "" {
		return incomplete("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
	}
	at, err := time.Parse(stampForm, text)
	if err != nil || len(text) != len(stampForm) { // time.Parse takes fractions of a second
		return incomplete("Date must be in ISO-8601 'basic format'. Got '%s'. See http://en.wikipedia.org/wiki/ISO_8601", cut(text))
	}
	s.stamp, s.at = text, at
	return nil
}

// token returns the token of temporary credentials; "" for none. It is where the
// signature is.
func (s *signature) token(r *http.Request) string {
	if !s.presigned {
		return r.Header.Get("X-Amz-Security-Token")
	}
	token, _ := find(s.params, "X-Amz-Security-Token")
	return token
}

// span spells a time as AWS does, in minutes.
func span(d time.Duration) string {
	if d%time.Minute == 0 {
		return fmt.Sprintf("%d min", d/time.Minute)
	}
	return fmt.Sprintf("%d sec", d/time.Second)
}
