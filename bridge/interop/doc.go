// Package interop lets unmodified client libraries of several languages loose on
// a running house: what one dialect sends, another receives.
//
// There is nothing to import here but tests. Package driver speaks with the
// programs that use the libraries, package rig installs the libraries. README.md says how
// to run it all and how to add a client.
package interop
