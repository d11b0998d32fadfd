package frame

// The commands of STOMP 1.0, 1.1 and 1.2.
const (
	Connect     = "CONNECT"
	Stomp       = "STOMP"
	Send        = "SEND"
	Subscribe   = "SUBSCRIBE"
	Unsubscribe = "UNSUBSCRIBE"
	Ack         = "ACK"
	Nack        = "NACK"
	Begin       = "BEGIN"
	Commit      = "COMMIT"
	Abort       = "ABORT"
	Disconnect  = "DISCONNECT"

	Connected = "CONNECTED"
	Message   = "MESSAGE"
	Receipt   = "RECEIPT"
	Error     = "ERROR"
)

// Header is one header line, without its escapes.
type Header struct{ Name, Value string }

// Frame is one STOMP frame. The zero Frame is no frame.
type Frame struct {
	Command string
	Headers []Header
	Body    []byte
}

// Header returns the value of the header called name, and whether there is one.
func (f *Frame) Header(name string) (string, bool) {
	for i := range f.Headers {
		if f.Headers[i].Name == name {
			return f.Headers[i].Value, true
		}
	}
	return "", false
}

// commandOf returns b as a string, which costs nothing when b is a command of STOMP.
func commandOf(b []byte) string {
	for _, c := range [...]string{
		Send, Ack, Nack, Subscribe, Unsubscribe, Begin, Commit, Abort, Disconnect, Connect, Stomp,
	} {
		if string(b) == c {
			return c
		}
	}
	return string(b)
}

// hasBody reports whether frames with the command may have a body.
// STOMP 1.2, "Body".
func hasBody(command string) bool {
	return command == Send || command == Message || command == Error
}

// plain reports whether frames with the command are never escaped, so that a
// client of any version can read them. STOMP 1.2, "Value Encoding". The STOMP
// frame is handled "in the same manner as a CONNECT frame".
func plain(command string) bool {
	return command == Connect || command == Connected || command == Stomp
}
