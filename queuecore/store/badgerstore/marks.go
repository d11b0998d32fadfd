package badgerstore

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/sluicemq/sluice/queuecore/store/disk"
)

// The file of marks says how far each log was written, and how far of that
// synced. A log that ends early looks like one that was never longer; beside its
// mark it does not. The marks are not synced themselves: after the death of the
// process they are exact, after a power cut they may be late, and are true all
// the same.
const marksFile = "MARKS"

// newest returns the last log's mark.
func (m *marks) newest() mark { return m[marksKept-1] }

// dropMarks removes the marks. It comes before badger may remove logs that are not
// marked as left, so that one which has a mark and is not there is one that was lost.
func dropMarks(dir string) error {
	err := os.Remove(filepath.Join(dir, marksFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return errors.Join(err, disk.SyncDir(dir))
}

// mark is about one log. Its random header tells it from an older log of that number.
type mark struct {
	number          uint32
	seed            [logHeader - 8]byte
	written, synced int64 // bytes of the file
	left            bool  // badger may have gone on to the next log, and removed this one
}

const (
	markBytes = 4 + logHeader - 8 + 8 + 8
	leftBit   = 1 << 31 // of the number
	marksKept = 4       // logs that may be there at once, and one more
	marksSize = marksKept*markBytes + crc32.Size
)

// marks are the newest logs' marks, the last one's at the end.
type marks [marksKept]mark

func (m *marks) encode() []byte {
	b := make([]byte, 0, marksSize)
	for i := range m {
		number := m[i].number
		if m[i].left {
			number |= leftBit
		}
		b = binary.BigEndian.AppendUint32(b, number)
		b = append(b, m[i].seed[:]...)
		b = binary.BigEndian.AppendUint64(b, uint64(m[i].written))
		b = binary.BigEndian.AppendUint64(b, uint64(m[i].synced))
	}
	return binary.BigEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

// readMarks returns no marks when the file is not there; ErrCorrupt when it is damaged.
func readMarks(dir string) (m marks, err error) {
	b, err := os.ReadFile(filepath.Join(dir, marksFile))
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil
	}
	if err != nil {
		return m, err
	}
	n := marksSize - crc32.Size
	if len(b) != marksSize || crc32.Checksum(b[:n], castagnoli) != binary.BigEndian.Uint32(b[n:]) {
		return m, ErrCorrupt
	}
	for i := range m {
		e := b[i*markBytes:]
		number := binary.BigEndian.Uint32(e)
		m[i].number, m[i].left = number&^leftBit, number&leftBit != 0
		copy(m[i].seed[:], e[4:])
		m[i].written = int64(binary.BigEndian.Uint64(e[markBytes-16:]))
		m[i].synced = int64(binary.BigEndian.Uint64(e[markBytes-8:]))
	}
	return m, nil
}

// of returns the mark of the log with the number that begins with header. A
// header of zeros, or of which there is not enough, is one that is gone.
func (m *marks) of(number int, header []byte) mark {
	var seed [logHeader - 8]byte
	if len(header) >= logHeader {
		copy(seed[:], header[8:])
	}
	for i := len(m) - 1; i >= 0; i-- {
		if m[i].written > 0 && m[i].number == uint32(number) && (seed == m[i].seed || seed == [logHeader - 8]byte{}) {
			return m[i]
		}
	}
	if last := m.newest(); last.written > 0 && uint32(number) > last.number {
		return mark{number: uint32(number), written: logHeader, synced: logHeader} // begun since
	}
	return mark{}
}

// begin makes room for a log that begins. If its header cannot be read, the mark
// fits no log.
func (m *marks) begin(number int, f *os.File) {
	copy(m[:], m[1:])
	m[marksKept-1] = mark{number: uint32(number), written: logHeader, synced: logHeader}
	var header [logHeader]byte
	if _, err := f.ReadAt(header[:], 0); err == nil {
		copy(m[marksKept-1].seed[:], header[8:])
	}
}
