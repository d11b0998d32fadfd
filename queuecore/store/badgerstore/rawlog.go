package badgerstore

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"
	"strconv"
)

// logRecord is one record of badger's log, see recover.go.
type logRecord struct {
	raw
	kind byte
	at   int64
}

// What a record is to its transaction: badger marks each with one of these.
const endTxn = 1 << 7

// logRest is what could be read of a log.
type logRest struct {
	path   string
	whole  []raw // of whole transactions, and what is left of damaged ones
	wounds []wound
	end    int64 // of the last record that was read
	marked bool
}

// openLog reads a log of any condition. Its mark says how much of it is known to
// have been synced: what ends before that is damaged, what ends after it may be
// what a power cut leaves.
func openLog(path string, m mark) (*logRest, error) {
	synced := m.synced
	b, err := readToLastByte(path)
	if err != nil {
		return nil, err
	}
	l := &logRest{path: path, marked: m.written > 0}
	if len(b) < logHeader {
		if synced > logHeader {
			l.wounds = append(l.wounds, wound{n: synced, what: "the log is cut off", any: true, lost: 1})
		}
		return l, nil
	}
	if binary.BigEndian.Uint64(b) != 0 {
		l.wounds = append(l.wounds, wound{n: 8, what: "the header of the log is damaged"})
	}
	l.read(b, synced)
	return l, nil
}

// readToLastByte reads a file without the zeros at its end, of which badger maps
// far more than it writes.
func readToLastByte(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	n, err := lastByte(f)
	if err != nil {
		return nil, err
	}
	// A checksum may end in zeros.
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	b := make([]byte, min(n+crc32.Size, info.Size()))
	if _, err := f.ReadAt(b, 0); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return b, nil
}

// transaction gathers the records of the transaction under way.
type transaction struct {
	records []logRecord
	hurt    bool // some are lost
}

func (l *logRest) read(b []byte, synced int64) {
	at := logHeader
	l.end = int64(at)
	var txn transaction
	for at < len(b) {
		r, n := parseLogRecord(b[at:])
		if n == 0 {
			if int64(at) >= synced && len(bytes.Trim(b[at:], "\x00")) == 0 {
				break // written so far
			}
			next := nextLogRecord(b, at+1)
			mended, ok := mendLogRecord(b[at:next])
			l.wound(b, at, next, synced, ok)
			if !ok {
				txn.hurt, at = true, next
				continue
			}
			l.wounds[len(l.wounds)-1].keys = [][]byte{mended.key}
			r, n = mended, next-at
		}
		r.at = int64(at)
		at += n
		if l.take(&txn, r) {
			l.end = int64(at)
		}
	}
	l.finish(&txn, int64(at), synced)
}

// take adds a record to the transaction, and says whether it ends one.
func (l *logRest) take(txn *transaction, r logRecord) (ends bool) {
	if r.kind&inTxn != 0 {
		if len(txn.records) > 0 && txn.records[0].version != r.version {
			l.keep(txn.records, true) // its end is lost
			txn.records = nil
		}
		txn.records = append(txn.records, r)
		return false
	}
	// The number in the end tells whether the records before it are of the same
	// transaction.
	version, err := strconv.ParseUint(string(r.value), 10, 64)
	same := err == nil && (len(txn.records) == 0 || txn.records[0].version == version)
	l.keep(txn.records, txn.hurt || !same)
	*txn = transaction{}
	return true
}

// finish judges how the log ends.
func (l *logRest) finish(txn *transaction, at, synced int64) {
	if len(txn.records) > 0 {
		l.keep(txn.records, true)
		from := txn.records[0].at
		if n := len(l.wounds); n == 0 || l.wounds[n-1].at < from {
			l.wounds = append(l.wounds, wound{
				at: from, n: at - from, what: "the last write in the log is not whole", any: true, lost: 1, unsynced: from >= synced,
			})
		}
	}
	if len(l.wounds) == 0 && l.end < synced {
		l.wounds = append(l.wounds, wound{at: l.end, n: synced - l.end, what: "the end of the log is gone", any: true, lost: 1})
	}
}

// keep takes the records of a transaction. Of one that is not whole the removals
// are left out: what they stand beside may be lost, and a message that comes
// back is better than one that is gone.
func (l *logRest) keep(txn []logRecord, hurt bool) {
	for _, r := range txn {
		if !hurt || !r.deleted {
			l.whole = append(l.whole, r.raw)
		}
	}
}

func (l *logRest) wound(b []byte, at, next int, synced int64, mended bool) {
	w := wound{at: int64(at), n: int64(next - at), what: "a stretch of the log is damaged", any: true, lost: 1}
	if mended {
		w.what, w.lost, w.any = "one bit of the log is wrong; it can be set right", 0, false
	}
	// The disk writes in any order, so a power cut may leave holes in what was
	// not synced. It does not turn single bits.
	w.unsynced = !mended && int64(at) >= synced && (next == len(b) || l.marked)
	l.wounds = append(l.wounds, w)
}

// parseLogRecord reads the record that b begins with; n is 0 if there is none.
func parseLogRecord(b []byte) (r logRecord, n int) {
	head, key, value, ok := splitLogRecord(b)
	if !ok {
		return r, 0
	}
	n = head + key + value
	if len(b) < n+crc32.Size || crc32.Checksum(b[:n], castagnoli) != binary.BigEndian.Uint32(b[n:]) {
		return r, 0
	}
	r.kind, r.mark, r.deleted = b[0], b[1], b[0]&deletedBit != 0
	r.raw.key, r.version, ok = splitVersion(b[head : head+key])
	r.value = b[head+key : n]
	if !ok {
		return r, 0
	}
	return r, n + crc32.Size
}

// splitLogRecord returns the lengths of a record's parts, if they can be such.
func splitLogRecord(b []byte) (head, key, value int, ok bool) {
	head, key, value, ok = logLengths(b)
	return head, key, value, ok && head+key+value <= len(b)
}

// logLengths reads them from the head alone.
func logLengths(b []byte) (head, key, value int, ok bool) {
	if len(b) < 2 {
		return 0, 0, 0, false
	}
	head = 2
	var lengths [3]uint64
	for i := range lengths {
		x, n := binary.Uvarint(b[head:])
		if n <= 0 {
			return 0, 0, 0, false
		}
		lengths[i], head = x, head+n
	}
	if lengths[0] <= versionBytes || lengths[0] > 1<<16 || lengths[1] > maxLogItem {
		return 0, 0, 0, false
	}
	return head, int(lengths[0]), int(lengths[1]), true
}

// nextLogRecord returns where the next record begins, from there on; the end of
// b if nowhere. Records that cannot be ours are not tried, since a checksum over
// each place would take the square of the time.
func nextLogRecord(b []byte, from int) int {
	for at := from; at < len(b); at++ {
		head, key, value, ok := splitLogRecord(b[at:])
		if !ok || b[at+1] > largeMark || value > 2<<20 {
			continue
		}
		switch b[at+head] {
		case dataByte, partByte, fillerByte:
			if b[at]&^deletedBit != inTxn {
				continue
			}
		case '!':
			if b[at] != endTxn || key < len("!badger!txn") {
				continue
			}
		default:
			continue
		}
		if _, n := parseLogRecord(b[at:]); n > 0 {
			return at
		}
	}
	return len(b)
}

// mendLogRecord sets one bit right in a stretch that was one record.
func mendLogRecord(b []byte) (logRecord, bool) {
	n := len(b) - crc32.Size
	if n < logRecordLeast {
		return logRecord{}, false
	}
	fixed := bytes.Clone(b)
	if !mendBit(fixed[:n], binary.BigEndian.Uint32(fixed[n:])) {
		return logRecord{}, false
	}
	binary.BigEndian.PutUint32(fixed[n:], crc32.Checksum(fixed[:n], castagnoli))
	r, length := parseLogRecord(fixed)
	return r, length == len(b) && (r.kind&inTxn == 0 || !contradicts(r.raw))
}

// logRecordLeast is the shortest record: two bytes, three lengths, a key.
const logRecordLeast = 2 + 3 + versionBytes + 1
