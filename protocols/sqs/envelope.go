package sqs

import (
	"net/http"
	"strings"

	"github.com/sluicemq/sluice/protocols/sqs/wire"
)

// checkEnvelope refuses what HTTP allows and SQS does not. Nothing of it is a matter of
// whose request it is.
func (c *call) checkEnvelope() error {
	if err := c.checkMethod(); err != nil {
		return err
	}
	if n := headerBytes(c.r); n > c.Limits.HeaderBytes {
		c.Tally.Add(settingHeader)
		return invalid("One or more parameters are invalid. Reason: The header must be shorter than %d bytes, it has %d; the setting is %s.",
			c.Limits.HeaderBytes, n, settingHeader)
	}
	// A body that is read as something else than it is would be another request.
	if e := c.r.Header.Get("Content-Encoding"); e != "" && !strings.EqualFold(e, "identity") {
		return wire.Errorf(wire.MalformedInput, "The content encoding %s is not supported. The body must be sent as it is.", cut(e))
	}
	return nil
}

// checkMethod takes no HEAD and no PUT for what they would say in another method.
// AWS JSON 1.0 protocol: "the HTTP request method is POST"; SQS developer guide, "Making
// Query API requests": GET and POST.
func (c *call) checkMethod() error {
	m := c.r.Method
	switch {
	case m == http.MethodPost, m == http.MethodGet && !c.json:
		return nil
	case c.json:
		c.w.Header().Set("Allow", "POST")
		return wire.Errorf(wire.UnknownOperation, "The method %s is not valid for this endpoint. It must be POST.", cut(m))
	}
	c.w.Header().Set("Allow", "GET, POST")
	return wire.Errorf(wire.UnknownOperation, "The method %s is not valid for this endpoint. It must be GET or POST.", cut(m))
}

// headerBytes returns about what the header of a request took on the wire.
func headerBytes(r *http.Request) int {
	n := len(r.Method) + len(r.RequestURI) + len(r.Host)
	for name, values := range r.Header {
		for _, v := range values {
			n += len(name) + len(v) + len(": \r\n")
		}
	}
	return n
}
