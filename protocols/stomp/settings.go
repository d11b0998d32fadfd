package stomp

import (
	"errors"

	"github.com/sluicemq/sluice/protocols/stomp/frame"
)

// nameSetting adds to the words for a frame that is too large what the operator calls that
// limit. Before the login all are one.
func (c *conn) nameSetting(r *refusal, err error) *refusal {
	var f *frame.FormatError
	if !errors.As(err, &f) || f.Limit == frame.NoLimit {
		return r
	}
	named := *r
	named.limit = frameSetting(f.Limit, c.session != nil)
	named.detail += " The setting is " + named.limit + "."
	return &named
}

func frameSetting(l frame.Limit, loggedIn bool) string {
	switch {
	case l == frame.LimitHeaders:
		return "stomp_max_headers"
	case !loggedIn:
		return "stomp_max_login_frame"
	case l == frame.LimitHeaderBytes:
		return "stomp_max_header_size"
	}
	return "stomp_max_body"
}
