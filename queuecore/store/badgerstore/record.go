package badgerstore

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// A key of the store stands in badger under a byte that says what it is:
//
//	'd' key          the value and its checksum; or, marked large, its length and checksum
//	'p' key number   a part of a large value; the number has four bytes
//	'x'              filler, see keeper.go
//
// Badger would move values over its threshold to the value log, whose files have
// a rotation gap of their own and need a garbage collector that has more than
// once brought deleted keys back. Cut in parts they stay out of it.
const (
	dataByte   = 'd'
	partByte   = 'p'
	fillerByte = 'x'

	numberBytes = 4
	sumBytes    = 4
	largeMark   = 1 // the UserMeta of a record whose value stands in parts

	// maxKey keeps a key with all its trimmings below badger's limit of 65,000.
	maxKey = 64_000
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum covers the key too: a value must not turn up under another's name.
func checksum(key, value []byte) uint32 {
	return crc32.Update(crc32.Checksum(key, castagnoli), castagnoli, value)
}

func appendDataKey(b, key []byte) []byte { return append(append(b, dataByte), key...) }

func appendPartKey(b, key []byte, number int) []byte {
	b = append(append(b, partByte), key...)
	return binary.BigEndian.AppendUint32(b, uint32(number))
}

// appendSmall packs a value that fits one record.
func appendSmall(b, key, value []byte) []byte {
	return binary.BigEndian.AppendUint32(append(b, value...), checksum(key, value))
}

// openSmall undoes appendSmall. The result points into packed.
func openSmall(key, packed []byte) ([]byte, error) {
	n := len(packed) - sumBytes
	if n < 0 || binary.BigEndian.Uint32(packed[n:]) != checksum(key, packed[:n]) {
		return nil, damaged(key)
	}
	return packed[:n:n], nil
}

// appendLarge packs what stands for a value that is kept in parts.
func appendLarge(b, key, value []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(value)))
	return binary.BigEndian.AppendUint32(b, checksum(key, value))
}

// openLarge undoes appendLarge.
func openLarge(key, packed []byte) (length int, sum uint32, err error) {
	if len(packed) != 2*sumBytes {
		return 0, 0, damaged(key)
	}
	return int(binary.BigEndian.Uint32(packed)), binary.BigEndian.Uint32(packed[sumBytes:]), nil
}

func damaged(key []byte) error { return fmt.Errorf("key %q: %w", key, ErrCorrupt) }
