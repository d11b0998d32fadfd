// Package lazyfs is a file system that forgets what was not synced.
//
// It is mounted through FUSE and behaves as any other to the programs that use
// it. Behind it every file has two states: what a program reads back, and what
// is durable. A write, a truncation, a new name, a rename and a removal change
// the first one only; fsync, fdatasync and msync bring it over.
//
//	write, mmap ──► pages in memory ──fsync──► durable bytes, a file of the backing directory
//	create, rename, unlink ──► changes in order ──fsync──► durable names
//
// [FS.Freeze] is the moment in which the power goes: from then on no sync ends.
// Once every process that used the file system has been killed, [FS.Restart]
// forgets what was not durable, or keeps a random part of it as a disk may,
// and mounts the rest.
//
// How much a sync of a file does for its name is a matter of the file system
// that is played: see [Names].
//
// A process must not map files of a file system that it serves itself: a page
// fault would wait for a goroutine that may be stopped for the garbage collector.
package lazyfs
