package journal

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/sluicemq/sluice/queuecore/store/disk"
)

// MarksFile is the name of the file that says how far the journal has come. A segment
// that ends early looks like one that was never longer; beside its mark it does not.
const MarksFile = "JOURNAL"

// marks are what the file says. After the death of the process they are exact. After
// a power cut they may be late, and are true all the same: what they call synced or
// applied was so before they were written.
type marks struct {
	segment         uint64 // the newest one
	written, synced int64  // bytes of it
	applied         uint64 // the last segment that the store below has on disk
	salt            salt
}

const (
	marksMagic = 0x736c6a6d
	marksBytes = 4 + 5*8 + crc32.Size
)

func (m *marks) encode() []byte {
	b := make([]byte, 0, marksBytes)
	b = binary.BigEndian.AppendUint32(b, marksMagic)
	for _, n := range [...]uint64{m.segment, uint64(m.written), uint64(m.synced), m.applied, uint64(m.salt)} {
		b = binary.BigEndian.AppendUint64(b, n)
	}
	return binary.BigEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

// readMarks returns whether there are marks that can be read; damaged, whether there is a
// file of them that cannot. An empty one is what a crash leaves that came too early.
func readMarks(dir string) (m marks, known, damaged bool, err error) {
	b, err := os.ReadFile(filepath.Join(dir, MarksFile))
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(b) == 0 {
		return m, false, false, nil
	}
	if err != nil {
		return m, false, false, err
	}
	n := marksBytes - crc32.Size
	if len(b) != marksBytes || binary.BigEndian.Uint32(b) != marksMagic ||
		crc32.Checksum(b[:n], castagnoli) != binary.BigEndian.Uint32(b[n:]) {
		return m, false, true, nil
	}
	m = marks{
		segment: binary.BigEndian.Uint64(b[4:]),
		written: int64(binary.BigEndian.Uint64(b[12:])), synced: int64(binary.BigEndian.Uint64(b[20:])),
		applied: binary.BigEndian.Uint64(b[28:]), salt: salt(binary.BigEndian.Uint64(b[36:])),
	}
	return m, true, false, nil
}

// marker keeps the file of marks. All methods may be called from any goroutine.
type marker struct {
	file *os.File
	mu   sync.Mutex
	now  marks
}

// openMarker begins the file anew, on disk.
func openMarker(dir string, m marks) (*marker, error) {
	f, err := os.OpenFile(filepath.Join(dir, MarksFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	k := &marker{file: f, now: m}
	if err := errors.Join(k.note(func(*marks) {}), f.Truncate(marksBytes), f.Sync(), disk.SyncDir(dir)); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return k, nil
}

// note changes the marks.
func (k *marker) note(change func(*marks)) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	change(&k.now)
	_, err := k.file.WriteAt(k.now.encode(), 0)
	return err
}

// noteApplied notes on disk that the store below has a segment.
func (k *marker) noteApplied(segment uint64) error {
	if err := k.note(func(m *marks) { m.applied = segment }); err != nil {
		return err
	}
	return disk.SyncFile(k.file)
}
