package badgerstore

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/dgraph-io/badger/v4/fb"
)

// table is one sorted table: blocks, the index, its length, its checksum, and
// the checksum's length.
type table struct {
	path    string
	file    *os.File
	blocks  []block // those that are whole, in order
	version uint64  // of the newest record, if the index can be read
	last    []byte  // the last key in them, once it was asked for
	loose   []raw   // what could be read of the others
	wounds  []wound

	unchecked bool // only the index was read
}

// block is where a block stands, and the first key in it, with its version.
type block struct {
	at, n int64
	first []byte
}

// wound is a damaged place: of a table a block or the index, of a log a stretch.
type wound struct {
	at, n     int64
	what      string
	low, high []byte   // all that it may have held lies between; nil: open
	keys      [][]byte // of those that are known to be hit
	any       bool     // it may have held any key at all
	lost      int      // records that cannot be read, as far as is known; 0: nothing is lost
	unsynced  bool
}

// openTable reads the table's index and checks each block. With deep set it also
// brings out what it can of damaged parts; otherwise it ends at the first. The
// error is for files that cannot be read at all; damage is in wounds.
func openTable(path string, deep bool) (*table, error) {
	t, whole, err := openIndex(path, deep)
	if err != nil || !whole {
		return t, err
	}
	if err := t.checkBlocks(deep); err != nil {
		t.file.Close()
		return nil, err
	}
	return t, nil
}

// openIndex reads the table's index, as openTable does. Whole says that the index
// is, so that the blocks can be checked by it.
func openIndex(path string, deep bool) (_ *table, whole bool, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, false, err
	}
	t := &table{path: path, file: f}
	defer func() {
		if err != nil {
			f.Close()
		}
	}()
	info, err := f.Stat()
	if err != nil {
		return nil, false, err
	}
	end, err := t.readIndex(info.Size())
	if errors.Is(err, ErrCorrupt) {
		t.wounds = append(t.wounds, wound{at: end, n: info.Size() - end, what: "the index of the table is damaged"})
		if !deep {
			return t, false, nil
		}
		return t, false, t.scanBlocks(info.Size())
	}
	return t, err == nil, err
}

// id returns the number in the table's name.
func (t *table) id() uint64 {
	n, _ := fileNumber(filepath.Base(t.path), ".sst")
	return uint64(n)
}

// readIndex fills blocks from the index, and returns where that begins.
func (t *table) readIndex(size int64) (at int64, err error) {
	length, at, err := t.readBack(size, maxSumBytes)
	if err != nil {
		return size, err
	}
	at -= length
	packed, err := t.read(at, length)
	if err != nil {
		return at, err
	}
	sum, ok := parseSum(packed)
	if !ok {
		return at, ErrCorrupt
	}
	length, at, err = t.readBack(at, size)
	if err != nil {
		return at, err
	}
	at -= length
	index, err := t.read(at, length)
	if err != nil {
		return at, err
	}
	if crc32.Checksum(index, castagnoli) != sum {
		return at, ErrCorrupt
	}
	return at, t.fill(index, at)
}

// readBack reads the length that stands before at.
func (t *table) readBack(at, most int64) (length, before int64, err error) {
	b, err := t.read(at-4, 4)
	if err != nil {
		return 0, at, err
	}
	length = int64(binary.BigEndian.Uint32(b))
	if before = at - 4; length > min(most, before) {
		return 0, at, ErrCorrupt
	}
	return length, before, nil
}

func (t *table) read(at, n int64) ([]byte, error) {
	if at < 0 || n < 0 {
		return nil, ErrCorrupt
	}
	b := make([]byte, n)
	if _, err := t.file.ReadAt(b, at); err == io.EOF {
		return nil, ErrCorrupt
	} else if err != nil {
		return nil, err
	}
	return b, nil
}

// fill takes the blocks from an index whose checksum is right. They must cover
// the file up to end.
func (t *table) fill(index []byte, end int64) (err error) {
	defer func() {
		if recover() != nil {
			err = ErrCorrupt // written so, or not an index at all
		}
	}()
	root := fb.GetRootAsTableIndex(index, 0)
	t.version = root.MaxVersion()
	at := int64(0)
	for i := range root.OffsetsLength() {
		var o fb.BlockOffset
		if !root.Offsets(&o, i) || int64(o.Offset()) != at || len(o.KeyBytes()) <= versionBytes {
			return ErrCorrupt
		}
		t.blocks = append(t.blocks, block{at, int64(o.Len()), bytes.Clone(o.KeyBytes())})
		at += int64(o.Len())
	}
	if at != end || at == 0 {
		return ErrCorrupt
	}
	return nil
}

// checkBlocks checks the blocks that the index names.
func (t *table) checkBlocks(deep bool) error {
	all := t.blocks
	t.blocks = nil
	r := bufio.NewReaderSize(io.NewSectionReader(t.file, 0, math.MaxInt64), 256<<10)
	var buf []byte
	for i, b := range all {
		buf = slices.Grow(buf[:0], int(b.n))[:b.n]
		if _, err := io.ReadFull(r, buf); err != nil {
			return fmt.Errorf("%s: %w", t.path, err)
		}
		if _, ok := openBlock(buf); ok {
			if deep {
				t.blocks = append(t.blocks, b)
			}
			continue
		}
		if !deep {
			t.wounds = append(t.wounds, wound{at: b.at, n: b.n, what: "a block is damaged"})
			return nil
		}
		w := wound{at: b.at, n: b.n, low: b.first[:len(b.first)-versionBytes]}
		if i+1 < len(all) {
			w.high = all[i+1].first[:len(all[i+1].first)-versionBytes]
		}
		t.rescue(bytes.Clone(buf), b.first, w)
	}
	return nil
}

// records reads a block that is known to be whole.
func (t *table) records(b block) ([]raw, error) {
	data, err := t.read(b.at, b.n)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t.path, err)
	}
	body, ok := openBlock(data)
	if !ok {
		return nil, fmt.Errorf("%s: block at %d: %w", t.path, b.at, ErrCorrupt)
	}
	rs, lost := parseBlock(body, nil)
	if lost > 0 {
		return nil, fmt.Errorf("%s: block at %d: %w", t.path, b.at, ErrCorrupt)
	}
	return rs, nil
}
