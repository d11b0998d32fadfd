package mapping

import (
	"strconv"
	"strings"
)

// meaning implements grammar. Names are case-sensitive (ADR-4).
func (NATS) meaning(name string) meaning {
	switch name {
	case natsContentType:
		return contentType
	case natsCorrelationID:
		return correlationID
	case natsReplyTo:
		return replyTo
	case natsType:
		return messageType
	case natsBodyKind:
		return bodyKind
	case natsGroup:
		return group
	case natsPriority:
		return priority
	case natsDedupID:
		return dedupID
	case natsTTL:
		return lifetime
	case natsSchedule:
		return schedule
	case natsExpiresAt:
		return expiresAt
	case natsDeliverAt:
		return deliverAt
	case natsTypes:
		return typeList
	case natsPacked:
		return packedRest
	}
	if strings.HasPrefix(name, natsControl) || strings.HasPrefix(name, sluiceControl) {
		return serverSet
	}
	return userOwn
}

// isControl reports whether a server might act on a header of this name, or
// state it. Case does not count, since some clients change it.
func isControl(name string) bool {
	return hasPrefixFold(name, natsControl) || hasPrefixFold(name, sluiceControl)
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// header implements grammar. NATS repeats headers; the second value of X is the
// property X[2].
func (NATS) header(name string) (string, int) {
	if isControl(name) {
		return "", 1
	}
	if !strings.HasSuffix(name, "]") {
		return name, 1
	}
	open := strings.LastIndexByte(name, '[')
	if open <= 0 {
		return name, 1
	}
	n, err := strconv.Atoi(name[open+1 : len(name)-1])
	if err != nil || n < 2 || repeatName(name[:open], n) != name {
		return name, 1
	}
	return name[:open], n
}

// repeatName names the property for the nth value of a header.
func repeatName(header string, n int) string { return header + "[" + strconv.Itoa(n) + "]" }

// writable implements grammar. The names are those that nats.go publishes; the
// values are those that no client library alters (ADR-4; see DESIGN.md).
func (NATS) writable(name, value string) bool {
	return isNATSKey(name) && isNATSValue(value)
}

func isNATSKey(name string) bool {
	for i := range len(name) {
		if c := name[i]; c <= ' ' || c > '~' || strings.IndexByte(`"(),/:;<=>?@[\]{}`, c) >= 0 {
			return false
		}
	}
	return name != ""
}

func isNATSValue(value string) bool {
	for i := range len(value) {
		if c := value[i]; c < ' ' && c != '\t' || c == 0x7F {
			return false
		}
	}
	return strings.TrimFunc(value, isBlank) == value
}
