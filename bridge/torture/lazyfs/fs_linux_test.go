package lazyfs_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/sluicemq/sluice/bridge/torture/lazyfs"
)

// A process that maps files of the file system must not be the one that serves it.
func TestMain(m *testing.M) {
	if len(os.Args) == 4 && os.Args[1] == "map" {
		if err := mapAndWait(os.Args[2], os.Args[3]); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// mapAndWait writes through a mapping, syncs it in the way named, writes more,
// and waits to be killed.
func mapAndWait(path, how string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	b, err := syscall.Mmap(int(f.Fd()), 0, 2*4096, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		return err
	}
	copy(b, "first")
	copy(b[4096:], "second")
	switch how {
	case "msync":
		if _, _, e := syscall.Syscall(syscall.SYS_MSYNC, uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), syscall.MS_SYNC); e != 0 {
			return e
		}
	case "fdatasync":
		if err := syscall.Fdatasync(int(f.Fd())); err != nil {
			return err
		}
	case "unmap":
		if err := syscall.Munmap(b); err != nil {
			return err
		}
		fmt.Println("ready")
		time.Sleep(time.Hour)
	}
	copy(b, "FIRST")
	fmt.Println("ready")
	time.Sleep(time.Hour)
	return nil
}

// mount mounts a file system for one test, or skips it with the reason.
func mount(t *testing.T, o lazyfs.Options) (*lazyfs.FS, string) {
	t.Helper()
	point := t.TempDir()
	o.Backing = t.TempDir()
	f, err := lazyfs.Mount(point, o)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f, point
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// cut lets nothing survive that was not synced.
func cut(t *testing.T, f *lazyfs.FS) {
	t.Helper()
	f.Freeze()
	f.Release()
	must(t, f.Restart())
}

func content(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	must(t, err)
	return strings.Trim(string(b), "\x00")
}

func write(t *testing.T, path, text string, sync bool) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	must(t, err)
	_, err = f.WriteString(text)
	must(t, err)
	if sync {
		must(t, f.Sync())
	}
	must(t, f.Close())
}

func syncDir(t *testing.T, path string) {
	t.Helper()
	d, err := os.Open(path)
	must(t, err)
	must(t, d.Sync())
	must(t, d.Close())
}

// Through the kernel: what was synced is there after a cut and the rest is not.
func TestCut(t *testing.T) {
	f, dir := mount(t, lazyfs.Options{})
	a, b, c := filepath.Join(dir, "a"), filepath.Join(dir, "b"), filepath.Join(dir, "c")
	write(t, a, "old", true)
	write(t, b, "unnamed", true)
	syncDir(t, dir)
	write(t, a, "new", false)
	must(t, os.Rename(b, c))
	if got := content(t, a) + content(t, c); got != "newunnamed" {
		t.Errorf("before the cut: %q", got)
	}
	cut(t, f)
	if got := content(t, a) + content(t, b); got != "oldunnamed" {
		t.Errorf("after the cut: %q", got)
	}
	must(t, os.Rename(b, c))
	syncDir(t, dir)
	write(t, a, "NEW", true)
	write(t, b, "lost", true)
	cut(t, f)
	if got := content(t, a) + content(t, c); got != "NEWunnamed" {
		t.Errorf("after the second cut: %q", got)
	}
	if _, err := os.Stat(b); !os.IsNotExist(err) {
		t.Errorf("a name that was not synced is there: %v", err)
	}
}

// A tree of directories can be made, listed and removed, also while it is listed.
func TestTree(t *testing.T) {
	_, dir := mount(t, lazyfs.Options{})
	sub := filepath.Join(dir, "x", "y")
	must(t, os.MkdirAll(sub, 0o700))
	for i := range 300 {
		write(t, filepath.Join(sub, fmt.Sprint("file", i)), "z", false)
	}
	entries, err := os.ReadDir(sub)
	if err != nil || len(entries) != 300 {
		t.Errorf("%d entries: %v", len(entries), err)
	}
	if err := os.Remove(sub); err == nil {
		t.Error("a directory with entries was removed")
	}
	must(t, os.RemoveAll(filepath.Join(dir, "x")))
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("%d entries are left: %v", len(entries), err)
	}
}

// What was written through a mapping is durable after msync or fdatasync, and
// not when the kernel has merely written it back.
func TestMapped(t *testing.T) {
	for how, want := range map[string]string{"msync": "first", "fdatasync": "first", "unmap": "", "none": ""} {
		t.Run(how, func(t *testing.T) {
			f, dir := mount(t, lazyfs.Options{})
			path := filepath.Join(dir, "a")
			write(t, path, strings.Repeat("\x00", 2*4096), true)
			syncDir(t, dir)
			mapIn(t, f, path, how)
			got := content(t, path)
			if first, _, _ := strings.Cut(got, "\x00"); first != want {
				t.Errorf("%q is there after the cut, want %q", first, want)
			}
		})
	}
}

// A torn cut may keep what a killed process had written through a mapping.
func TestMappedTorn(t *testing.T) {
	f, dir := mount(t, lazyfs.Options{Torn: true, Seed: 1})
	path := filepath.Join(dir, "a")
	write(t, path, strings.Repeat("\x00", 2*4096), true)
	syncDir(t, dir)
	for range 40 {
		mapIn(t, f, path, "none")
		if strings.HasPrefix(content(t, path), "FIRST") {
			return
		}
	}
	t.Error("40 torn cuts kept nothing")
}

// mapIn runs mapAndWait in a process and cuts the power when it is ready.
func mapIn(t *testing.T, f *lazyfs.FS, path, how string) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "map", path, how)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	line := make([]byte, 100)
	n, err := out.Read(line)
	if err != nil || string(line[:n]) != "ready\n" {
		t.Errorf("the process that maps says %q: %v", line[:n], err)
	}
	f.Freeze()
	must(t, cmd.Process.Kill())
	f.Release()
	_ = cmd.Wait() // it was killed
	must(t, f.Restart())
}
