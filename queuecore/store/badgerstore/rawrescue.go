package badgerstore

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"slices"
	"sort"

	"github.com/dgraph-io/badger/v4/fb"
)

// rescue brings out what it can of a damaged block.
func (t *table) rescue(b, first []byte, w wound) {
	was := bytes.Clone(b)
	body, sum, ok := splitBlock(b)
	if ok && mendBit(body, sum) {
		rs, lost := parseBlock(body, nil)
		if lost == 0 && !slices.ContainsFunc(rs, contradicts) {
			w.what = "one bit of a block is wrong; it can be set right"
			w.keys = entryAt(body, rs, firstDifference(body, was))
			t.loose, t.wounds = append(t.loose, rs...), append(t.wounds, w)
			return
		}
	}
	w.what = "a block is damaged"
	if !ok {
		// The checksum's length or the checksum is hit: take it for as long as it usually is.
		if body, ok = guessBody(b); !ok {
			w.lost = 1
			t.wounds = append(t.wounds, w)
			return
		}
	}
	rs, lost := parseBlock(body, first)
	kept, hit := trusted(rs)
	w.lost, w.keys = max(lost+len(hit), 1), hit
	t.loose, t.wounds = append(t.loose, kept...), append(t.wounds, w)
}

// firstDifference returns where a and b begin to differ.
func firstDifference(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}

// entryAt returns the key of the entry that holds a byte of a block's body.
func entryAt(body []byte, rs []raw, at int) [][]byte {
	starts, end, ok := entries(body)
	if !ok || at >= end {
		return nil
	}
	i := sort.Search(len(starts), func(i int) bool { return int(starts[i]) > at }) - 1
	if i < 0 || i >= len(rs) {
		return nil
	}
	return [][]byte{rs[i].key}
}

// guessBody takes off a checksum that cannot be read.
func guessBody(b []byte) ([]byte, bool) {
	for length := 0; length <= maxSumBytes && len(b)-4-length >= 8; length++ {
		body := b[:len(b)-4-length]
		if starts, _, ok := entries(body); ok && starts[0] == 0 && ascending(starts) {
			return body, true
		}
	}
	return nil, false
}

func ascending(starts []uint32) bool {
	for i := 1; i < len(starts); i++ {
		if starts[i] <= starts[i-1] {
			return false
		}
	}
	return true
}

// scanBlocks finds the blocks without an index: one ends where a checksum
// stands that is right.
func (t *table) scanBlocks(size int64) error {
	t.blocks = nil
	whole, err := t.read(0, size)
	if err != nil {
		return err
	}
	var from int64
	for from < size {
		b, ok := nextBlock(whole, from)
		if !ok {
			break
		}
		t.blocks = append(t.blocks, b)
		from = b.at + b.n
	}
	t.closeScan(whole, from)
	return nil
}

// closeScan judges what comes after the last block that was found. With an
// index that is damaged but there, nothing is missing before it.
func (t *table) closeScan(whole []byte, from int64) {
	w := &t.wounds[len(t.wounds)-1]
	if n := len(t.blocks); n > 0 {
		k := t.blocks[n-1].first
		w.low = k[:len(k)-versionBytes]
	}
	if covers(whole[from:], len(t.blocks)) {
		return
	}
	w.at, w.n, w.lost = from, int64(len(whole))-from, 1
	w.what = "the table is cut off or damaged, from here to its end or to the index"
	if len(t.blocks) == 0 {
		w.any = true
	}
}

// covers says whether what is left of a table is an index of n blocks, though a
// damaged one: it ends in a checksum that fits but for a bit, or its own
// count of blocks is right.
func covers(rest []byte, n int) bool {
	end := len(rest) - 4
	if end < 0 {
		return false
	}
	for _, length := range []int{int(binary.BigEndian.Uint32(rest[end:])), 6, 5, 4} {
		at := end - length - 4
		if length < 0 || length > maxSumBytes || at < 0 {
			continue
		}
		sum, ok := parseSum(rest[at+4 : end])
		index := bytes.Clone(rest[:at])
		if ok && (crc32.Checksum(index, castagnoli) == sum || mendBit(index, sum)) && indexed(index) == n {
			return true
		}
	}
	return false
}

// indexed returns how many blocks an index names.
func indexed(index []byte) (n int) {
	defer func() {
		if recover() != nil {
			n = -1
		}
	}()
	return fb.GetRootAsTableIndex(index, 0).OffsetsLength()
}

// maxBlock is the largest block: one entry of the largest value, and some.
const maxBlock = 2 << 20

// nextBlock returns the first block from there on. When none begins right there,
// which is so after a damaged one, it looks for the next beginning.
func nextBlock(whole []byte, from int64) (block, bool) {
	for at := from; at < min(int64(len(whole)), from+maxBlock); at++ {
		if at > from && !beginsBlock(whole[at:]) {
			continue
		}
		if n := blockLength(whole[at:]); n > 0 {
			body, _, _ := splitBlock(whole[at : at+n])
			if _, first, ok := parseEntry(body, 0, nil); ok {
				return block{at, n, first}, true
			}
		}
	}
	return block{}, false
}

// beginsBlock: the first key of a block begins with nothing of another one, and
// with a byte that we give it.
func beginsBlock(b []byte) bool {
	return len(b) > 16 && b[0] == 0 && b[1] == 0 && b[2]|b[3] != 0 &&
		(b[4] == dataByte || b[4] == partByte || b[4] == fillerByte)
}

// blockLength returns how long the block is that b begins with; 0: none.
func blockLength(b []byte) int64 {
	for end := 8; end <= min(len(b), maxBlock); end++ {
		if length := binary.BigEndian.Uint32(b[end-4:]); length == 0 || length > 12 {
			continue
		}
		if body, _, ok := splitBlock(b[:end]); !ok {
			continue
		} else if starts, _, ok := entries(body); !ok || starts[0] != 0 {
			continue
		}
		if _, ok := openBlock(b[:end]); ok {
			return int64(end)
		}
	}
	return 0
}
