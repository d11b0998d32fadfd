//go:build unix

package main

import "syscall"

// keepPrivate has every file that the process makes from now on be its owner's alone: a data directory that was there
// before may let others in, and what lies in it are messages.
func keepPrivate() { syscall.Umask(0o077) }
