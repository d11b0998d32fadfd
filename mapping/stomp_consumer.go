package mapping

import (
	"fmt"
	"net/url"
	"strings"
)

// Options reads the options behind the "?" of a destination that a client of ActiveMQ
// subscribes to: consumer.NAME=VALUE says what the header activemq.NAME does. It returns
// the destination without them, and those headers. Other dialects have no options, and the
// destination is returned as it is. The error is queuecore.ErrInvalid.
func (d STOMP) Options(destination string) (bare string, headers []Header, err error) {
	bare, query, has := strings.Cut(destination, "?")
	if !has || d.Dialect != ActiveMQ {
		return destination, nil, nil
	}
	for _, option := range strings.Split(query, "&") {
		name, value, _ := strings.Cut(option, "=")
		short, isConsumers := strings.CutPrefix(name, "consumer.")
		known := false
		for _, s := range consumerOptions() {
			known = known || isConsumers && s == short
		}
		value, err := url.QueryUnescape(value)
		if !known || err != nil {
			return "", nil, invalid(stompDestination, destination,
				fmt.Sprintf("the option %q is none of consumer.%s", option, strings.Join(consumerOptions(), ", consumer.")))
		}
		headers = append(headers, Header{"activemq." + short, value})
	}
	return bare, headers, nil
}

func consumerOptions() []string { return []string{"exclusive", "priority", "prefetchSize"} }
