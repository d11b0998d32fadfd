package mapping

// Header is one header line of a STOMP frame or a NATS message. Order and
// repetition are kept.
type Header struct{ Name, Value string }
