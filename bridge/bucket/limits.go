package bucket

const (
	// maxUnderway bounds the objects that are fetched and stored at the same time, and
	// with the largest allowed what they take of memory.
	maxUnderway = 16
	// maxKey bounds the key of an object, in bytes (S3 User Guide, "Naming S3 objects").
	maxKey = 1024
	// maxHeader bounds the header of an answer.
	maxHeader = 64 << 10
	// maxRemovals bounds the objects that wait to be removed; more than that stay.
	maxRemovals = 10_000
	// removers is how many are removed at the same time.
	removers = 4
)
