// Package killpoint ends the process at a named point of the way to the disk.
//
// It wraps a store. The points lie between its calls and inside of them, where
// a kill from outside would come only by chance:
//
//	Load     ── load: after so many records
//	Write    ── write: before it
//	         ── pieces: before it, when an earlier piece of the same batch is written
//	         ── sweep: before it, when it removes what a purge left
//	Sync     ── sync: before it; answer: after it, before anybody is told
//	Close    ── close: while it works
package killpoint
