package store

// Presence says what is known of a key of a store that may be damaged.
type Presence int

// A key is there and can be read; or it is not there; or it is not there, or
// cannot be read, and may have stood in what is lost.
const (
	Present Presence = iota
	Absent
	Lost
)

// Repair is a record that takes the place of a lost one.
type Repair struct {
	Key, Value []byte
	What       string
}

// Meaning knows what the records of a store mean, for whoever looks after one
// that is damaged. A Meaning serves one look at one store, from one goroutine,
// and keeps nothing of the slices that it is given.
type Meaning interface {
	// Names is the prefix of the records that Name needs. Learn is given those
	// of them that can be read, before anything else.
	Names() []byte
	Learn(key, value []byte)
	// Name says in words what stands at a key.
	Name(key []byte) string
	// Judge is given each record that can be read, in the order of the keys.
	// Problem says what is wrong with it, if anything; a record that is not to
	// be kept would keep the store from opening, or is good for nothing.
	Judge(key, value []byte, look func(key []byte) Presence) (keep bool, problem string)
	// Mend returns records to be added, and what for, after the last Judge.
	Mend(look func(key []byte) Presence) []Repair
}
