package lazyfs

import (
	"errors"
	"fmt"
	"os"

	"github.com/hanwen/go-fuse/v2/fuse"
)

// FS is a mounted file system.
type FS struct {
	disk  *disk
	point string
	fuse  *fuse.Server
}

// Available returns nil if this process can mount, and otherwise an
// ErrUnavailable that says why not.
func Available() error {
	if os.Geteuid() != 0 {
		return fmt.Errorf("%w: mounting takes root", ErrUnavailable)
	}
	f, err := os.OpenFile("/dev/fuse", os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return f.Close()
}

// Mount mounts an empty file system at a directory. The error is ErrUnavailable
// when that is not possible here.
func Mount(point string, o Options) (*FS, error) {
	if err := Available(); err != nil {
		return nil, err
	}
	d, err := newDisk(o)
	if err != nil {
		return nil, err
	}
	f := &FS{disk: d, point: point}
	if err := f.mount(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return f, nil
}

func (f *FS) mount() error {
	s, err := fuse.NewServer(&server{fuse.NewDefaultRawFileSystem(), f.disk}, f.point, &fuse.MountOptions{
		FsName: "lazyfs", Name: "lazyfs", DirectMountStrict: true,
		MaxWrite: 1 << 20, DisableXAttrs: true, DisableReadDirPlus: true,
	})
	if err != nil {
		return err
	}
	f.fuse = s
	// It ends when the file system is unmounted, by Restart or Close.
	go s.Serve()
	return s.WaitMount()
}

// Freeze cuts the power: no sync ends from now on, until Restart.
func (f *FS) Freeze() { f.disk.freeze() }

// FreezeOn cuts the power right after the first event for which match returns
// true, before whoever caused it learns of it. Match is called by one goroutine at
// a time and must not block. Restart ends the watch.
func (f *FS) FreezeOn(match func(Event) bool) {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	f.disk.stop = match
}

// Frozen returns a channel that is closed when the power has been cut.
func (f *FS) Frozen() <-chan struct{} {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	return f.disk.frozen
}

// Release lets the syncs fail that wait since the power was cut. Their callers must
// have been sent a SIGKILL before: they cannot die while they wait, and must
// not live to see the failure.
func (f *FS) Release() {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	close(f.disk.release)
}

// Restart forgets what was not durable when the power was cut, and mounts the
// rest. Whoever used the file system is dead; Release has been called.
func (f *FS) Restart() error {
	if err := f.fuse.Unmount(); err != nil {
		return fmt.Errorf("unmount %s: %w", f.point, err)
	}
	f.fuse.Wait()
	if err := f.disk.cut(); err != nil {
		return err
	}
	return f.mount()
}

// Export makes dir what is durable now, for somebody to look at.
func (f *FS) Export(dir string) error { return f.disk.export(dir) }

// Counts returns what the file system has done so far.
func (f *FS) Counts() Counts {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	return f.disk.counts
}

// Close unmounts the file system. Nobody may be using it.
func (f *FS) Close() error {
	err := f.fuse.Unmount()
	if err == nil {
		f.fuse.Wait()
	}
	return errors.Join(err, f.disk.close())
}
