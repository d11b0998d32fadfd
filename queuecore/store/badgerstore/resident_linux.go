package badgerstore

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// mappedLimit is how much of files may be mapped and resident before the tables'
// pages are given back. Badger maps its tables and never lets go of a page; the
// kernel would, but only when memory is short, and until then whoever looks at the
// process sees gigabytes.
const mappedLimit = 384 << 20

// pageOut is MADV_PAGEOUT (Linux 5.4): it takes clean pages of files out of
// memory and loses nothing, whatever is mapped at the address by then.
const pageOut = 21

// resident returns the bytes of files that are resident in this process.
func resident() int64 {
	var size, all, files int64
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	if _, err := fmt.Sscan(string(b), &size, &all, &files); err != nil {
		return 0
	}
	return files * int64(os.Getpagesize())
}

// letGo gives back the pages of the tables in dir. What is needed of them again is
// read again.
func letGo(dir string) error {
	f, err := os.Open("/proc/self/maps")
	if err != nil {
		return err
	}
	defer f.Close()
	tables := []byte(" " + filepath.Join(dir, "0"))
	for lines := bufio.NewScanner(f); lines.Scan(); {
		line := lines.Bytes()
		if !bytes.HasSuffix(line, []byte(".sst")) || !bytes.Contains(line, tables) {
			continue
		}
		var from, to uintptr
		if _, err := fmt.Sscanf(string(line), "%x-%x", &from, &to); err != nil {
			return err
		}
		if _, _, errno := syscall.Syscall(syscall.SYS_MADVISE, from, to-from, pageOut); errno == syscall.EINVAL {
			return errno // an older kernel
		}
	}
	return nil
}
