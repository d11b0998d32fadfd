package lazyfs

import "errors"

// ErrUnavailable: file systems cannot be mounted here, and the text says why.
var ErrUnavailable = errors.New("FUSE cannot be used")

// Names says when the name of a file is durable.
type Names int

// The ways of file systems with names.
const (
	// Strict is what POSIX promises: a name that came, went or changed is durable once
	// its directory was synced. What was not synced may be kept or not, each
	// change by itself.
	Strict Names = iota
	// Journaled is what ext4 and XFS do: changes of names have one order, and the
	// sync of a directory, or of a file that is new or has another size, makes all of
	// them durable up to now.
	Journaled
)

// String returns the word for n.
func (n Names) String() string {
	if n == Journaled {
		return "journaled"
	}
	return "strict"
}

// Options are the settings of a file system.
type Options struct {
	// Backing is an empty directory for the durable bytes. It is the caller's to remove.
	Backing string
	Names   Names
	// Torn keeps a random part of what was not synced, in pieces of pages or
	// sectors and in any order, as a disk may that was interrupted at writing.
	Torn bool
	// Seed is of the choices of Torn.
	Seed uint64
}

// Event is a change that has just been made, or a sync that has just ended.
type Event struct {
	Op   Op
	Name string // without its directory; after a rename the new one
}

// Op is what happened in an Event.
type Op string

// The events of a file system.
const (
	Created   Op = "create"
	Removed   Op = "remove"
	Renamed   Op = "rename"
	Truncated Op = "truncate"
	Synced    Op = "sync"
	DirSynced Op = "syncdir"
)

// Counts say what a file system has done so far.
type Counts struct {
	Syncs, DirSyncs int
	Pages           int // written by syncs
	Cuts            int
	LostPages       int // dropped by cuts
	KeptPages       int // not synced, and yet kept in whole or in part by a torn cut
	LostNames       int // changes of names dropped by cuts
}
