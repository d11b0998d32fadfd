package wire

// Bounds of the decoders. They are far above what a valid request holds: the
// deepest one nests five levels, and the fullest one, a batch of ten messages
// with ten attributes each, has some 400 members in the query form.
const (
	maxDepth    = 16
	maxElements = 1000 // of one list or map
	maxPairs    = 2000 // of one query
	maxTotal    = 2000 // members and elements of one JSON text: each takes more memory than its bytes

	// maxName bounds the name of a member in a JSON text, in bytes.
	maxName = 64 << 10

	// maxDigits bounds how an integer may be spelled, in bytes.
	maxDigits = 64

	// maxEcho bounds what an error repeats of a client's own words.
	maxEcho = 1 << 10
)
