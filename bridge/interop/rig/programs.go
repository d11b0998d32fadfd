package rig

import (
	"io/fs"
	"testing"
)

// Programs installs the programs of dirs for a test, in the language that get finds, and
// returns it and where they are. The test is skipped in short runs, and where the language
// may be left out.
func Programs(t *testing.T, get func() (*Language, error), dirs ...fs.FS) (l *Language, at string) {
	t.Helper()
	if testing.Short() {
		t.Skip("other languages are left out of short runs")
	}
	l, err := get()
	if MayBeLeftOut(err) {
		t.Skipf("left out: %v", err)
	}
	at = t.TempDir()
	if err == nil {
		err = l.Install(at, dirs...)
	}
	if err != nil {
		t.Fatal(err)
	}
	return l, at
}
