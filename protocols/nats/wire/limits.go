package wire

// Limits bound what a Reader takes. The zero value of a field is its default.
type Limits struct {
	// ControlLine bounds the arguments of one line, in bytes (nats-server,
	// max_control_line). Zero is DefaultControlLine.
	ControlLine int
	// Payload bounds headers and body of one message, in bytes (INFO,
	// max_payload). Zero is DefaultPayload.
	Payload int
}

const (
	// DefaultControlLine is nats-server's max_control_line.
	DefaultControlLine = 4096
	// DefaultPayload is nats-server's max_payload.
	DefaultPayload = 1 << 20
	// MaxHeader bounds a header block that somebody has to understand, in bytes
	// (JetStream, err_code 10097). A block that is only passed on is bounded by
	// the payload limit alone.
	MaxHeader = 64<<10 - 1
)

const (
	// longestVerb is what a line may have before its arguments: "CONNECT ".
	longestVerb = 8
	// minBuffer is the size of a reader that is at rest.
	minBuffer = 4 << 10
	// keepBuffer is the largest buffer that a reader keeps when it is drained.
	keepBuffer = 64 << 10
	// patience is how many small reads make a large buffer small again.
	patience = 64
)

// longest is how many bytes a message has at most, with its line and both line ends.
func (l Limits) longest() int {
	return longestVerb + l.ControlLine + len(crlf) + l.Payload + len(crlf)
}

func (l Limits) withDefaults() Limits {
	if l.ControlLine <= 0 {
		l.ControlLine = DefaultControlLine
	}
	if l.Payload <= 0 {
		l.Payload = DefaultPayload
	}
	return l
}
