package badgerstore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/sluicemq/sluice/queuecore/store/disk"
)

// wal follows the log files of badger's memory tables, NNNNN.mem, so that none
// is left behind unsynced. Badger turns to a new file at the start of a write
// that finds the table full, and never looks at the old one again until it has
// become a sorted table, some time later.
//
// Two rules follow. A file that badger has left is synced before anything else
// happens. And a write that may make badger leave a file is not begun before the
// file is synced, so that no power cut can take an earlier write and leave a
// later one.
type wal struct {
	dir   string
	limit int64 // badger's MemTableSize
	sync  func(*os.File) error

	number int
	file   *os.File // the file that badger writes to
	used   weight   // what is in it and in its table
	dirty  bool     // written to since the last sync
	blocks blocks   // what the disk has set aside for the file

	end      int64 // of the records in the file
	window   []byte
	marks    marks
	markFile *os.File
}

// weight is what writes take up: in the log file, exactly, and in the memory
// table, where each record stands on a random number of levels.
type weight struct{ file, table int64 }

// slack covers how far the random part of weight.table may be off. Its standard
// deviation over a full table is under 3 KiB.
const slack = 64 << 10

// openWAL finds the file that badger has just begun. Limit is its MemTableSize.
func openWAL(dir string, limit int64) (*wal, error) {
	numbers, err := numbered(dir, ".mem")
	if err != nil {
		return nil, err
	}
	w := &wal{dir: dir, limit: limit, sync: disk.SyncFile, number: -1, end: logHeader, window: make([]byte, 32<<10)}
	if len(numbers) > 0 {
		w.number = numbers[len(numbers)-1]
	}
	if w.file, err = os.Open(w.path(w.number)); err != nil {
		return nil, err
	}
	if err := w.openMarks(); err != nil {
		return nil, errors.Join(err, w.file.Close())
	}
	return w, disk.SyncDir(dir)
}

// older returns how many logs there are that badger does not write to any more.
func (w *wal) older() (n int, err error) {
	numbers, err := numbered(w.dir, ".mem")
	for _, number := range numbers {
		if number < w.number {
			n++
		}
	}
	return n, err
}

func (w *wal) openMarks() (err error) {
	w.marks.begin(w.number, w.file)
	w.markFile, err = os.OpenFile(filepath.Join(w.dir, marksFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(w.markFile.Truncate(marksSize), w.syncMarks()); err != nil {
		return errors.Join(err, w.markFile.Close())
	}
	return nil
}

// mark notes how far the log is written and synced.
func (w *wal) mark() error {
	m := &w.marks[marksKept-1]
	m.written = w.end
	if !w.dirty {
		m.synced = m.written
	}
	_, err := w.markFile.WriteAt(w.marks.encode(), 0)
	return err
}

func (w *wal) path(number int) string {
	return filepath.Join(w.dir, fmt.Sprintf("%05d.mem", number))
}

// mayTurn reports whether badger may begin the next write with a new file.
func (w *wal) mayTurn() bool {
	return w.used.file+slack >= w.limit || w.used.table+slack >= w.limit
}

// before comes before each write.
func (w *wal) before() error {
	if !w.mayTurn() {
		return nil
	}
	return errors.Join(w.flush(), w.noteTurn())
}

// noteTurn notes that badger may leave the log, and remove it some time later:
// from then on it is no loss if it is not there. That is on disk before it can
// happen.
func (w *wal) noteTurn() error {
	m := &w.marks[marksKept-1]
	if m.left {
		return nil
	}
	m.left = true
	err := w.syncMarks()
	m.left = err == nil
	return err
}

func (w *wal) syncMarks() error { return errors.Join(w.mark(), w.sync(w.markFile)) }

// after comes after each write that succeeded.
func (w *wal) after(x weight) error {
	info, err := os.Stat(w.path(w.number + 1))
	if err == nil && info.Mode().IsRegular() { // otherwise badger is about to find out
		err = w.turn()
	} else if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	w.used.add(x)
	w.dirty = true
	return errors.Join(err, w.follow(x.file), w.mark())
}

// follow moves end behind the records that were just written, which take up most
// bytes, or less: of two operations on one key badger writes the last.
func (w *wal) follow(most int64) error {
	for limit := w.end + most; w.end < limit; {
		n, err := w.file.ReadAt(w.window[:min(int64(len(w.window)), limit-w.end)], w.end)
		if err != nil && err != io.EOF {
			return err
		}
		b := w.window[:n]
		moved := 0
		for {
			head, key, value, ok := logLengths(b[min(moved, n):])
			if !ok {
				break
			}
			moved += head + key + value + crc32.Size
		}
		if moved == 0 {
			return nil
		}
		w.end += int64(moved)
	}
	return nil
}

// turn leaves the old file synced and goes on with the next one, whose directory
// entry badger has not synced.
func (w *wal) turn() error {
	if err := w.flush(); err != nil {
		return err
	}
	next, err := os.Open(w.path(w.number + 1))
	if err != nil {
		return err
	}
	err = errors.Join(w.file.Close(), disk.SyncDir(w.dir))
	w.file, w.used, w.end, w.blocks.set = next, weight{}, logHeader, 0
	w.number++
	w.marks.begin(w.number, next)
	return errors.Join(err, w.syncMarks())
}

// flush has all that was written on disk.
func (w *wal) flush() error {
	if !w.dirty {
		return nil
	}
	if err := w.sync(w.file); err != nil {
		return err
	}
	w.dirty = false
	return w.mark()
}

func (w *wal) close() error { return errors.Join(w.file.Close(), w.markFile.Close()) }

// weigh says what a record takes up. In the file: two bytes, the lengths, an
// expiry of one byte, key with version, value and checksum. In the table: the
// key, the value with three bytes, and a node of 23 bytes and 4 for each level,
// of which there are 1.5 on average.
func weigh(key, value int) weight {
	var b [binary.MaxVarintLen64]byte
	key += 8 // the version
	lengths := binary.PutUvarint(b[:], uint64(key)) + binary.PutUvarint(b[:], uint64(value))
	return weight{
		file:  int64(3 + lengths + key + value + 4),
		table: int64(key + value + 3 + 23 + 6),
	}
}

// weighCommit is for the record that ends a transaction, which holds its version
// in decimal digits: in the file only.
func weighCommit(version uint64) weight {
	digits := 1
	for ; version >= 10; version /= 10 {
		digits++
	}
	return weight{file: weigh(len("!badger!txn"), digits).file}
}

func (w *weight) add(x weight) {
	w.file += x.file
	w.table += x.table
}
