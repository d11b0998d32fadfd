package badgerstore

import (
	"encoding/binary"
	"hash/crc32"
	"math"
	"math/bits"

	"github.com/dgraph-io/badger/v4/pb"
	"google.golang.org/protobuf/proto"

	"github.com/sluicemq/sluice/queuecore/store/bitflip"
)

// What stands in badger's files, read without badger: it panics over files that
// are damaged, or takes the damage for the end of the data.

// raw is one version of one of badger's keys.
type raw struct {
	key     []byte // with its first byte, see record.go
	version uint64
	deleted bool
	mark    byte
	value   []byte
}

const (
	deletedBit   = 1
	versionBytes = 8
	entryHeader  = 4
	sumField     = 2 << 3 // the second field, a number; the first is the kind of sum, CRC-32C when it is left out
	maxSumBytes  = 32     // of a checksum as badger packs it; really 12 at most
)

// splitVersion takes badger's version from the end of a key.
func splitVersion(k []byte) (key []byte, version uint64, ok bool) {
	n := len(k) - versionBytes
	if n <= 0 {
		return nil, 0, false
	}
	return k[:n:n], math.MaxUint64 - binary.BigEndian.Uint64(k[n:]), true
}

// parseSum reads a checksum as badger packs it.
func parseSum(b []byte) (sum uint32, ok bool) {
	// All but always it is one field, and there is one for every 4 KiB of the store.
	if len(b) > 1 && b[0] == sumField {
		if x, n := binary.Uvarint(b[1:]); n == len(b)-1 && x <= math.MaxUint32 {
			return uint32(x), true
		}
	}
	var c pb.Checksum
	if err := proto.Unmarshal(b, &c); err != nil || c.Algo != pb.Checksum_CRC32C || c.Sum > math.MaxUint32 {
		return 0, false
	}
	return uint32(c.Sum), true
}

// A block: entries; where each begins, four bytes each; their number; and the
// checksum of all that, and its length.

// splitBlock takes a block's checksum off.
func splitBlock(b []byte) (body []byte, sum uint32, ok bool) {
	n := len(b) - 4
	if n < 0 {
		return nil, 0, false
	}
	length := int64(binary.BigEndian.Uint32(b[n:]))
	if length > maxSumBytes || length > int64(n) {
		return nil, 0, false
	}
	body = b[:n-int(length)]
	sum, ok = parseSum(b[len(body):n])
	return body, sum, ok && len(body) >= 4
}

// openBlock returns a block without its checksum, if that is right.
func openBlock(b []byte) (body []byte, ok bool) {
	body, sum, ok := splitBlock(b)
	return body, ok && crc32.Checksum(body, castagnoli) == sum
}

// entries returns where the entries of a block's body begin, and where the last one ends.
func entries(body []byte) (starts []uint32, end int, ok bool) {
	n := int64(binary.BigEndian.Uint32(body[len(body)-4:]))
	at := int64(len(body)) - 4 - 4*n
	if n == 0 || at < 0 {
		return nil, 0, false
	}
	starts = make([]uint32, n)
	for i := range starts {
		starts[i] = binary.LittleEndian.Uint32(body[at+int64(4*i):])
	}
	return starts, int(at), true
}

// parseBlock returns the entries of a block's body, which they point into, and
// how many of them cannot be read. Base, if any, is the block's first key as the
// index has it.
func parseBlock(body, base []byte) (rs []raw, lost int) {
	starts, end, ok := entries(body)
	if !ok {
		return nil, 1
	}
	for i, at := range starts {
		next := end
		if i+1 < len(starts) {
			next = int(min(uint64(starts[i+1]), uint64(end)))
		}
		r, k, ok := parseEntry(body[:next], int(min(uint64(at), uint64(next))), base)
		if !ok {
			lost++
			continue
		}
		if i == 0 && base == nil {
			base = k
		}
		rs = append(rs, r)
	}
	return rs, lost
}

// parseEntry reads the entry from at to the end of b: how much of base its key
// begins with, how many bytes follow, those, two marks, an expiry, the value.
func parseEntry(b []byte, at int, base []byte) (r raw, key []byte, ok bool) {
	if len(b)-at < entryHeader {
		return r, nil, false
	}
	same, more := int(binary.LittleEndian.Uint16(b[at:])), int(binary.LittleEndian.Uint16(b[at+2:]))
	at += entryHeader
	if same > len(base) || len(b)-at < more+3 {
		return r, nil, false
	}
	key = append(append(make([]byte, 0, same+more), base[:same]...), b[at:at+more]...)
	at += more
	if r.key, r.version, ok = splitVersion(key); !ok {
		return r, nil, false
	}
	r.deleted, r.mark = b[at]&deletedBit != 0, b[at+1]
	_, n := binary.Uvarint(b[at+2:])
	if n <= 0 {
		return r, nil, false
	}
	r.value = b[at+2+n:]
	return r, key, true
}

// trusted leaves of the entries of a damaged block those whose own checksum is
// right, or will be looked at when the value is put together. A deletion has no
// checksum, and to believe a wrong one would lose a message.
func trusted(rs []raw) (kept []raw, lost [][]byte) {
	for _, r := range rs {
		if believable(r) {
			r.deleted = false
			kept = append(kept, r)
		} else {
			lost = append(lost, r.key)
		}
	}
	return kept, lost
}

// contradicts says whether a record's own checksum shows that what looked like
// one wrong bit was more: larger damage to 4 KiB
// does so once in a hundred thousand times.
func contradicts(r raw) bool {
	return !r.deleted && r.key[0] == dataByte && !believable(r)
}

func believable(r raw) bool {
	switch {
	case len(r.value) == 0:
		return false
	case r.key[0] == partByte:
		return true
	case r.key[0] != dataByte:
		return false
	}
	if _, err := openSmall(r.key[1:], r.value); err == nil {
		return r.mark == 0
	}
	return r.mark == largeMark && len(r.value) == 2*sumBytes
}

// mendBit undoes the flip of a single bit in b, if one flip explains why its
// checksum is not sum. CRC-32C tells all single flips apart in anything that
// badger writes in one piece.
func mendBit(b []byte, sum uint32) bool {
	wrong := crc32.Checksum(b, castagnoli) ^ sum
	if bits.OnesCount32(wrong) == 1 {
		return true // it is the sum itself that was hit
	}
	return bitflip.Mend(b, wrong)
}
