package lazyfs

import "errors"

// ErrUnavailable: file systems cannot be mounted here, and the text says why.
var ErrUnavailable = errors.New("FUSE cannot be used")

// Names says when the name of a file is durable.
type Names int

// The ways of file systems with names and lengths.
const (
	// Strict is what POSIX promises of a sync: the name of a file is durable once its
	// directory was synced, not before. What was not synced is kept in its order, so that
	// a torn cut keeps the first changes.
	Strict Names = iota
	// Journaled is what ext4 and XFS do: the sync of a directory, or of a file that is
	// new or has another size, makes all changes durable up to now. A torn cut
	// keeps the first ones of the rest.
	Journaled
	// Unordered is Strict, and a torn cut keeps any of the changes: a removal without the
	// name that was made before it. POSIX allows it; no file system is known to do it.
	Unordered
)

// String returns the word for n.
func (n Names) String() string { return [...]string{"strict", "journaled", "unordered"}[n] }

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
