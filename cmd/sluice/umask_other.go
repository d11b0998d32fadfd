//go:build !unix

package main

// keepPrivate does nothing where files have no modes: who may read them is what their directory says.
func keepPrivate() {}
