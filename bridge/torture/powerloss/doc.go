// Package powerloss cuts the power under a broker, again and again on the same
// data, and holds it to what it had promised.
//
//	this process                                   the child
//	────────────                                   ─────────
//	Run ── starts ───────────────────────────────► Child: broker, badgerstore
//	account ◄── "sending", "sent", "acked" … ───── its producers and consumers
//	lazyfs  ◄── write, mmap, fsync ─────────────── its data directory
//	   │
//	   └─ Freeze, SIGKILL, forget what was not synced, and start the next child
//
// A confirmation that has come through the pipe is binding: what was sent must be
// there after the cut or have been acked, what was acked must not be back, and a
// transaction is there as a whole or not at all. The next child says what it
// found before it goes on with it.
//
// The power goes at a random time, in the middle of a recovery too, or right after
// a named step of the store: a log that is begun, a table that is made, a
// manifest that is synced.
package powerloss
