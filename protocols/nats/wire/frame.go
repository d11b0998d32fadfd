package wire

import "errors"

// Verb is what a client's line asks for.
type Verb uint8

// The verbs of a client (NATS client protocol, "Protocol messages").
const (
	Connect Verb = iota + 1
	Ping
	Pong
	Pub
	HPub
	Sub
	Unsub
)

// String returns the verb as it stands on the wire.
func (v Verb) String() string {
	names := [...]string{"?", "CONNECT", "PING", "PONG", "PUB", "HPUB", "SUB", "UNSUB"}
	if int(v) >= len(names) {
		return names[0]
	}
	return names[v]
}

// Frame is one line of a client and what belongs to it. Its slices belong to
// the Reader and are good until its next Read. A field that the verb does not
// have is nil.
type Frame struct {
	Verb    Verb
	Subject []byte // PUB, HPUB, SUB
	Reply   []byte // PUB, HPUB
	Queue   []byte // SUB
	SID     []byte // SUB, UNSUB
	Max     int    // UNSUB: messages until the end; 0 ends it now
	Header  []byte // HPUB: the whole block, its version line and last empty line included
	Payload []byte // PUB, HPUB
	JSON    []byte // CONNECT
}

// What may be wrong with a client's bytes. After any of them but ErrPayload the
// stream cannot be read further.
var (
	// ErrUnknown: no such verb, or a verb with arguments that make no sense.
	ErrUnknown = errors.New("unknown protocol operation")
	// ErrControlLine: a line is over Limits.ControlLine.
	ErrControlLine = errors.New("maximum control line exceeded")
	// ErrPayload: a message is over Limits.Payload. Its line is still there for
	// the next Read, which succeeds if the limit is raised meanwhile.
	ErrPayload = errors.New("maximum payload exceeded")
)
