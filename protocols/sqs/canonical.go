package sqs

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/sluicemq/sluice/protocols/sqs/wire"
)

// appendCanonical appends the text that a client signs in place of its request.
// AWS Signature Version 4, "Create a canonical request".
func (s *signature) appendCanonical(b []byte, r *http.Request, host, path string, payload *hexSum) []byte {
	b = append(append(b, r.Method...), '\n')
	// The path is encoded although it is encoded already; only S3 has it once.
	b = append(appendEscaped(b, path, true), '\n')
	b = append(s.appendQuery(b), '\n')
	for _, name := range s.headers {
		b = append(append(b, name...), ':')
		b = append(appendHeader(b, r, name, host), '\n')
	}
	b = append(b, '\n')
	for i, name := range s.headers {
		if i > 0 {
			b = append(b, ';')
		}
		b = append(b, name...)
	}
	return append(append(b, '\n'), payload[:]...)
}

// appendHeader appends the values of a header as the client sent them, with
// what net/http takes out of Request.Header put back.
func appendHeader(b []byte, r *http.Request, name, host string) []byte {
	switch name {
	case "host":
		return appendTrimmed(b, host)
	case "content-length":
		if r.ContentLength >= 0 {
			b = strconv.AppendInt(b, r.ContentLength, 10)
		}
		return b
	case "transfer-encoding":
		return append(b, strings.Join(r.TransferEncoding, ",")...)
	}
	for i, v := range valuesOf(r.Header, name) {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendTrimmed(b, v)
	}
	return b
}

// valuesOf is h.Values without the garbage that names make which net/http does not
// know.
func valuesOf(h http.Header, name string) []string {
	var room [64]byte
	key := append(room[:0], name...)
	first := true
	for i, c := range key {
		if first && 'a' <= c && c <= 'z' {
			key[i] -= 'a' - 'A'
		}
		first = c == '-'
	}
	return h[string(key)]
}

// appendTrimmed appends v without spaces around it and with single ones in it.
func appendTrimmed(b []byte, v string) []byte {
	v = strings.TrimSpace(v)
	for i := range len(v) {
		if v[i] != ' ' || v[i-1] != ' ' {
			b = append(b, v[i])
		}
	}
	return b
}

// param is a parameter of the address, decoded.
type param struct{ name, value string }

// parseParams reads what stands behind the question mark of an address, as
// wire.ParseQuery does: a plus is a space. If the two differed, who writes the one for
// the other on the way would change the request and not its signature.
func parseParams(raw string) (params []param, ok bool) {
	for raw != "" {
		var pair string
		pair, raw, _ = strings.Cut(raw, "&")
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		n, nameOK := wire.UnescapeForm(name)
		v, valueOK := wire.UnescapeForm(value)
		if !nameOK || !valueOK || len(params) == maxParams {
			return nil, false
		}
		params = append(params, param{n, v})
	}
	return params, true
}

// find returns the value of a parameter and how often it is there.
func find(params []param, name string) (value string, n int) {
	for _, p := range params {
		if p.name == name {
			value, n = p.value, n+1
		}
	}
	return value, n
}

func has(params []param, name string) bool {
	_, n := find(params, name)
	return n > 0
}

// appendQuery appends the parameters, encoded and then sorted by name and value.
// A presigned signature cannot sign itself.
func (s *signature) appendQuery(b []byte) []byte {
	if len(s.params) == 0 {
		return b
	}
	encoded := make([]param, 0, len(s.params))
	for _, p := range s.params {
		if s.presigned && p.name == "X-Amz-Signature" {
			continue
		}
		encoded = append(encoded, param{string(appendEscaped(nil, p.name, false)), string(appendEscaped(nil, p.value, false))})
	}
	slices.SortFunc(encoded, func(x, y param) int {
		return cmp.Or(strings.Compare(x.name, y.name), strings.Compare(x.value, y.value))
	})
	for i, p := range encoded {
		if i > 0 {
			b = append(b, '&')
		}
		b = append(append(append(b, p.name...), '='), p.value...)
	}
	return b
}

// appendEscaped appends s with everything encoded that RFC 3986, section 2.3, does
// not call unreserved; a path keeps its slashes.
func appendEscaped(b []byte, s string, path bool) []byte {
	const digits = "0123456789ABCDEF"
	for i := range len(s) {
		c := s[i]
		if isAlphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~' || path && c == '/' {
			b = append(b, c)
		} else {
			b = append(b, '%', digits[c>>4], digits[c&15])
		}
	}
	return b
}
