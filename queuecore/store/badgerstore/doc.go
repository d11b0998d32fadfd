// Package badgerstore keeps a store.Store in a directory, with badger.
//
//	Write, Sync ──► journal (a room of its own)
//	                   │ what lasts, as sorted batches
//	                   ▼
//	base: Write ──► one badger transaction ──► memory table + its log file (mmap)
//	      Sync  ──► fdatasync of the log ──────────────┘      │ full: a new pair, and
//	                                                          ▼ the old one is written
//	keeper ──► flush and compact after a drain ────────► sorted tables, level by level
//
// Badger alone does not keep the promise of store.Store: its Sync passes over a
// log file that has just been replaced, a value over 1 MiB goes to a second log
// with the same gap, and a table with a damaged block is cut short in silence.
// Nor does it notice most damage. DESIGN.md says how each is met here.
//
//	files ──► survey (raw*.go: tables, logs, manifest and journal, read without badger)
//	            ├─► Open: refuses what is damaged
//	            ├─► Check: names it
//	            └─► Salvage ──► a new Store with all the rest
package badgerstore
