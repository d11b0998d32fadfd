// Package disk has tests alone: a whole server, with unmodified clients of all
// three dialects, on a disk that is full or that fails. They mount small file systems,
// which takes root; elsewhere they are skipped and say so.
package disk
