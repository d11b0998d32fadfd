package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/sluicemq/sluice/queuecore/store/disk"
)

// Extension ends the names of the segments' files.
const Extension = ".journal"

// A segment's file begins with its header: a magic, its number, the number of its first
// record, where the segment before it ended, the journal's salt, and a sum. Records come after it, without
// gaps; behind the last one stands what the file held before.
const (
	segmentMagic  = 0x736c7569636a3031
	segmentHeader = 64
	headerUsed    = 5*8 + crc32.Size
)

// segment is one file of the journal, of a fixed size.
type segment struct {
	file   *os.File
	header header
	end    int64 // of what is written
}

type header struct {
	number   uint64 // segments are numbered in their order, from 1
	first    uint64 // the number of its first record
	previous int64  // where the segment before it ended
	salt     salt
}

func (h *header) encode() []byte {
	b := make([]byte, segmentHeader)
	binary.BigEndian.PutUint64(b, segmentMagic)
	binary.BigEndian.PutUint64(b[8:], h.number)
	binary.BigEndian.PutUint64(b[16:], h.first)
	binary.BigEndian.PutUint64(b[24:], uint64(h.previous))
	binary.BigEndian.PutUint64(b[32:], uint64(h.salt))
	binary.BigEndian.PutUint32(b[40:], crc32.Checksum(b[:40], castagnoli))
	return b
}

func parseHeader(b []byte) (h header, ok bool) {
	if len(b) < segmentHeader || binary.BigEndian.Uint64(b) != segmentMagic ||
		binary.BigEndian.Uint32(b[40:]) != crc32.Checksum(b[:40], castagnoli) {
		return h, false
	}
	return header{
		number: binary.BigEndian.Uint64(b[8:]), first: binary.BigEndian.Uint64(b[16:]),
		previous: int64(binary.BigEndian.Uint64(b[24:])), salt: salt(binary.BigEndian.Uint64(b[32:])),
	}, true
}

// createSegment makes an empty segment's file, of the size and with its blocks, where the
// file system can set some aside.
func createSegment(dir string, file int, size int64) (_ *segment, err error) {
	path := filepath.Join(dir, fmt.Sprintf("%02d%s", file, Extension))
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close(), os.Remove(path))
		}
	}()
	if err := f.Truncate(size); err != nil {
		return nil, err
	}
	if err := disk.Allocate(f, size); isFull(err) {
		return nil, err
	}
	if err := errors.Join(f.Sync(), disk.SyncDir(dir)); err != nil {
		return nil, err
	}
	return &segment{file: f}, nil
}

func isFull(err error) bool { return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) }

// begin makes an empty segment, or one that is used again, the one with the header.
func (s *segment) begin(h header) error {
	s.header, s.end = h, segmentHeader
	_, err := s.file.WriteAt(h.encode(), 0)
	return err
}

// segmentFiles returns the paths of the segments' files in dir.
func segmentFiles(dir string) ([]string, error) {
	list, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, e := range list {
		if segmentNumber(e.Name()) >= 0 {
			paths = append(paths, filepath.Join(dir, e.Name()))
		}
	}
	return paths, nil
}

// segmentNumber returns the number in the name of a segment's file, and -1 when it is none.
func segmentNumber(path string) int {
	digits, ok := strings.CutSuffix(filepath.Base(path), Extension)
	n, err := strconv.Atoi(digits)
	if !ok || err != nil {
		return -1
	}
	return n
}
