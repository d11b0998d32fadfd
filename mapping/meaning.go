package mapping

// meaning says what a header or attribute name is in its dialect.
type meaning uint8

const (
	userOwn    meaning = iota // the user's own: a property
	transport                 // how a frame travels: no part of the message
	serverSet                 // only a server may say it: taken off on the way in
	address                   // where the message goes
	typeList                  // the types of the properties
	packedRest                // what the dialect has no place for
	contentType
	correlationID
	replyTo
	messageType
	group
	dedupID
	bodyKind
	priority
	expiresAt
	expiresIn // from now
	lifetime  // from now, as Nats-TTL spells it
	deliverAt
	deliverIn // from now
	schedule  // as Nats-Schedule spells it
	routing   // which kind the address is
	planPeriod
	planRepeat
	planCron
)

// packedKey is the name of a field in packed JSON, "" for what is not packed.
func (w meaning) packedKey() string {
	switch w {
	case contentType:
		return "content-type"
	case correlationID:
		return "correlation-id"
	case replyTo:
		return "reply-to"
	case messageType:
		return "type"
	case group:
		return "group"
	case dedupID:
		return "dedup-id"
	case bodyKind:
		return "kind"
	case priority:
		return "priority"
	case expiresAt:
		return "expires"
	case deliverAt:
		return "deliver-at"
	}
	return ""
}

// packedMeaning is the inverse of packedKey.
func packedMeaning(key string) (meaning, bool) {
	for w := contentType; w <= deliverAt; w++ {
		if key != "" && w.packedKey() == key {
			return w, true
		}
	}
	return 0, false
}
