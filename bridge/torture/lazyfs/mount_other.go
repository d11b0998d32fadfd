//go:build !linux

package lazyfs

import "fmt"

// FS is a mounted file system. There is none here: see Mount.
type FS struct{}

// Available returns ErrUnavailable: mounting has been built for Linux alone.
func Available() error { return fmt.Errorf("%w: this is not Linux", ErrUnavailable) }

// Mount returns what Available does.
func Mount(string, Options) (*FS, error) { return nil, Available() }

// Freeze is never called.
func (*FS) Freeze() {}

// FreezeOn is never called.
func (*FS) FreezeOn(func(Event) bool) {}

// Frozen is never called.
func (*FS) Frozen() <-chan struct{} { return nil }

// Release is never called.
func (*FS) Release() {}

// Restart is never called.
func (*FS) Restart() error { return ErrUnavailable }

// Export is never called.
func (*FS) Export(string) error { return ErrUnavailable }

// Counts is never called.
func (*FS) Counts() Counts { return Counts{} }

// Close is never called.
func (*FS) Close() error { return ErrUnavailable }
