package frame

// Limits bound what a Reader takes. STOMP 1.2, "Size Limits": a server may limit
// the number of headers, the length of header lines and the size of the body.
type Limits struct {
	Headers     int // header lines of one frame, repeated ones included
	HeaderBytes int // command and header lines of one frame
	Body        int // bytes of a body
}

// FreeBytes is what a frame may take for its headers, and again for its body, before
// [Reader.SetRoom] is asked.
const FreeBytes = 16 << 10

const (
	// maxCommand bounds the command line: the longest command has 11 letters.
	maxCommand = 32
	// firstBody is what a Reader takes for a body of a known length before any
	// of it has come; from then on it takes as much again as has come.
	firstBody = FreeBytes
	// keptBlock is how much room for header lines a Reader keeps between frames.
	keptBlock = 8 << 10
	// sharedBlock is how long header lines may be whose strings share their memory.
	sharedBlock = 2 << 10
	// bufferSize is the size of the read buffer of one connection.
	bufferSize = 4 << 10
)
