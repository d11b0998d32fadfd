package badgerstore

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/sluicemq/sluice/queuecore/store/disk"
)

// settleLogs has the logs of an unclean end on disk, before badger reads them
// back: a process that died may have left them in the kernel's hands, and from
// now on they count as written. And it logs and counts what badger will drop
// without a word: a log is good up to the first transaction that is not whole.
// Whether that is damage, inspect decides.
func settleLogs(dir string, log *slog.Logger) (dropped int64, err error) {
	numbers, err := numbered(dir, ".mem")
	if err != nil {
		return 0, err
	}
	known, err := readMarks(dir)
	if err != nil && !errors.Is(err, ErrCorrupt) {
		return 0, err
	}
	s := survey{dir: dir, marks: known}
	for _, n := range numbers {
		path := filepath.Join(dir, logName(n))
		good, rest, err := settleLog(path)
		if err != nil {
			return 0, err
		}
		m, err := s.markOf(n)
		if err != nil {
			return 0, err
		}
		if unborn, err := isUnborn(path, m); err != nil {
			return 0, err
		} else if unborn {
			continue
		}
		if rest == 0 {
			rest = max(m.written-good-logHeader, 0)
		}
		log.Info("reading back a log that was not closed", "file", path, "bytes", good)
		if rest > 0 {
			sayDropped(log, path, good, rest, m)
		}
		dropped += rest
	}
	return dropped, nil
}

// sayDropped logs that the end of a log is not read back. An error is only what
// reaches below what was synced, since that was to stay.
func sayDropped(log *slog.Logger, path string, good, rest int64, m mark) {
	at := []any{"file", path, "good", good, "dropped", rest, "synced", max(m.synced-logHeader, 0)}
	switch {
	case m.written == 0:
		log.Warn("the end of a log is not whole and dropped; how far it was synced is not known", at...)
	case logHeader+good < m.synced:
		log.Error("a log is damaged before the end of what was synced", at...)
	default:
		log.Info("the end of a log, which was not synced, is not whole and dropped; a power cut leaves that", at...)
	}
}

// inspect returns ErrCorrupt when there is damage in dir that badger would not
// notice, or would make worse, or would die of. Nothing is changed then. Otherwise
// it mends what a power cut or a kill has left.
// Unchecked are the tables of which it has seen only the index when the time was
// over; zero is no limit.
func inspect(dir string, until time.Time, log *slog.Logger) (unchecked []string, err error) {
	s, err := surveyUntil(dir, false, until)
	if err != nil {
		return nil, err
	}
	for _, t := range s.tables {
		if t.unchecked {
			unchecked = append(unchecked, filepath.Base(t.path))
		}
	}
	damage := s.damage()
	if err := s.close(); err != nil {
		return nil, err
	}
	if len(damage) == 0 {
		return unchecked, mend(dir, s.findings, log)
	}
	f := damage[0]
	more := ""
	if n := len(damage) - 1; n > 0 {
		more = fmt.Sprintf(" (and %d more)", n)
	}
	return nil, fmt.Errorf("%s: at byte %d: %s%s: %w", f.File, f.At, f.What, more, ErrCorrupt)
}

// Badger's log: a header, then records of two bytes (the first one says what the
// record is to its transaction), three numbers (the lengths of key and value, and
// an expiry), key, value and checksum. Zeros come after the last one.
const (
	logHeader  = 20
	inTxn      = 1 << 6
	maxLogItem = 1 << 30
)

func settleLog(path string) (good, dropped int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	if err := disk.SyncFile(f); err != nil {
		return 0, 0, err
	}
	return measureLog(f)
}

// measureLog returns the bytes of whole transactions in a log, and how many
// bytes that are not zero come after them.
func measureLog(f *os.File) (good, dropped int64, err error) {
	r := bufio.NewReaderSize(io.NewSectionReader(f, logHeader, 1<<62), 1<<20)
	for at := int64(0); ; {
		kind, n, ok := readLogRecord(r)
		if !ok {
			break
		}
		if at += n; kind&inTxn == 0 {
			good = at
		}
	}
	dropped, err = lastByte(io.NewSectionReader(f, logHeader+good, 1<<62))
	return good, dropped, err
}

// readLogRecord returns what a record is to its transaction, and its length.
func readLogRecord(r *bufio.Reader) (kind byte, n int64, ok bool) {
	sum := crc32.New(castagnoli)
	var head [2]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, 0, false
	}
	sum.Write(head[:])
	n = int64(len(head))
	var lengths [3]uint64
	for i := range lengths {
		x, err := binary.ReadUvarint(r)
		if err != nil {
			return 0, 0, false
		}
		b := binary.AppendUvarint(nil, x)
		sum.Write(b)
		lengths[i], n = x, n+int64(len(b))
	}
	size := lengths[0] + lengths[1]
	if lengths[0] == 0 || lengths[0] > maxLogItem || lengths[1] > maxLogItem {
		return 0, 0, false
	}
	if _, err := io.CopyN(sum, r, int64(size)); err != nil {
		return 0, 0, false
	}
	var want [crc32.Size]byte
	if _, err := io.ReadFull(r, want[:]); err != nil || sum.Sum32() != binary.BigEndian.Uint32(want[:]) {
		return 0, 0, false
	}
	return head[0], n + int64(size) + crc32.Size, true
}

// lastByte returns how many bytes of r there are up to the last one that is not
// zero.
func lastByte(r io.Reader) (last int64, err error) {
	buf, zeros := make([]byte, 256<<10), make([]byte, 256<<10)
	for at := int64(0); ; {
		n, err := io.ReadFull(r, buf)
		if !bytes.Equal(buf[:n], zeros[:n]) {
			last = at + int64(len(bytes.TrimRight(buf[:n], "\x00")))
		}
		at += int64(n)
		switch err {
		case nil:
		case io.EOF, io.ErrUnexpectedEOF:
			return last, nil
		default:
			return last, fmt.Errorf("read a log: %w", err)
		}
	}
}
