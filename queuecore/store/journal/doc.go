// Package journal puts a journal before another store, so that a write is
// confirmed after one append and one sync, and what comes and goes within some
// megabytes never reaches the store below.
//
//	Write ──► segment (append) + generation (in memory) ──┐ full: the next segment, the next generation
//	Sync  ──► fdatasync of the segment                    ▼
//	Get, Load, Range ◄── generations, then the store below ◄── flusher: what is left of a generation
//
// A segment is used again once the store below has all that was left of it, and has
// it on disk. Open hands what a dead process left in segments to the store below.
package journal
