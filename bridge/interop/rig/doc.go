// Package rig gives tests what they cannot bring themselves: other languages with the
// client libraries of a directory, and a server that is a process of its own.
//
// Libraries are installed once, into the user's cache directory, under the hash
// of the files that list them. A language that is missing is [ErrMissing], which a
// test may skip; CI may not, see [Required].
package rig
