package jetstream

import "github.com/sluicemq/sluice/protocols/nats/wire"

// Transport is how the engine reaches the clients. Its methods may be called
// from any goroutine, must not block and must not call the engine.
type Transport interface {
	// Deliver hands m to those who subscribe to inbox, whatever m.Subject says
	// that they shall see, and reports whether there was anybody. It copies m.
	Deliver(inbox []byte, m *wire.Message) bool
	// Interest reports whether anybody subscribes to inbox.
	Interest(inbox []byte) bool
	// Push is Deliver to those alone of whom may is true.
	Push(subject []byte, m *wire.Message, may func(*Client) bool) bool
	// Audience says how those are who subscribe to exactly subject, in the queue
	// group if one is named, and outside of groups if not, of those of whom may is true.
	// After Busy, Client.Drained is called when that changes.
	Audience(subject []byte, group string, may func(*Client) bool) Audience
}

// Audience is the state of the subscribers of a push consumer.
type Audience uint8

// The audiences.
const (
	Nobody Audience = iota // does not subscribe
	Busy                   // one has no room for more; of a group, none has
	Ready                  // for messages
)

// Message is what a client published. The engine copies what it keeps.
type Message struct {
	Subject string
	Reply   []byte
	Header  []byte // a whole block, or empty
	Body    []byte
}

// Outcome says what became of a message that a client published.
type Outcome uint8

// The outcomes.
const (
	Passed Outcome = iota // not for the engine
	Taken                 // the engine has it and will answer
	Denied                // the principal may not
)
