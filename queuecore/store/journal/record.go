package journal

import (
	"encoding/binary"
	"hash/crc32"

	"github.com/sluicemq/sluice/queuecore/store"
)

// A record is one batch:
//
//	magic, length of the operations     4 + 4 bytes
//	segment, number, synced             8 + 8 + 8
//	sum of the operations, of the head  4 + 4
//	operations, and zeros up to a multiple of 8
//
// Segment is the number of the segment, so that what that held before is not taken for what it
// holds, and its records can be told without its header. Synced is the number of the last
// record that was known to be on disk when this one was written.
//
// An operation is its kind, the lengths of key and value as varints, key, value, and a
// sum of its own, so that the others of a damaged record can be told to be whole. All sums
// of operations cover the record's number: what stood there before is not taken for them.
// The salt of the journal is in all of these sums, so that nobody can send a message whose body
// passes for a record. The operations' own sums are of another polynomial than the record's: what a power cut has
// torn now and then fits one of them when a single bit is turned, and not both.
const (
	recordMagic = 0x736c6a72
	headBytes   = 40
	opTrimmings = 1 + 4 + 4 + crc32.Size // lengths of up to 2^28
	align       = 8
)

const (
	opPut    = 1
	opDelete = 2
	opFresh  = 3 // a put whose key was not there
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// head is what stands before the operations of a record.
type head struct {
	segment, number, synced uint64
	length                  int
	sum                     uint32
}

func (h *head) encode(b []byte, k salt) {
	binary.BigEndian.PutUint32(b, recordMagic)
	binary.BigEndian.PutUint32(b[4:], uint32(h.length))
	binary.BigEndian.PutUint64(b[8:], h.segment)
	binary.BigEndian.PutUint64(b[16:], h.number)
	binary.BigEndian.PutUint64(b[24:], h.synced)
	binary.BigEndian.PutUint32(b[32:], h.sum)
	binary.BigEndian.PutUint32(b[36:], k.headSum(b))
}

// salt is a random number of a journal, new with each Open: it is in the marks and in the
// headers of segments, which clients have no part in.
type salt uint64

// headSum is the sum of a record's head.
func (k salt) headSum(b []byte) uint32 { return crc32.Update(k.seed(0), castagnoli, b[:36]) }

// seed begins the sums of the operations of the record with the number.
func (k salt) seed(number uint64) uint32 {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:], uint64(k))
	binary.BigEndian.PutUint64(b[8:], number)
	return crc32.Checksum(b[:], castagnoli)
}

// parseHead reads the head that b begins with.
func parseHead(b []byte, k salt) (h head, ok bool) {
	if len(b) < headBytes || binary.BigEndian.Uint32(b) != recordMagic ||
		binary.BigEndian.Uint32(b[36:]) != k.headSum(b) {
		return h, false
	}
	h = head{
		length:  int(binary.BigEndian.Uint32(b[4:])),
		segment: binary.BigEndian.Uint64(b[8:]), number: binary.BigEndian.Uint64(b[16:]),
		synced: binary.BigEndian.Uint64(b[24:]), sum: binary.BigEndian.Uint32(b[32:]),
	}
	return h, true
}

// recordSize is what a record takes whose operations have a length.
func recordSize(length int) int { return (headBytes + length + align - 1) / align * align }

// mostBytes is the most that the record of a batch takes.
func mostBytes(b *store.Batch) int { return recordSize(b.Size() + b.Len()*opTrimmings) }

// appendOp appends an operation to image and says where its key and value stand there.
// Seed is what salt.seed gives for the record.
func appendOp(image []byte, op *store.Op, seed uint32) (_ []byte, p place) {
	from := len(image)
	kind := byte(opPut)
	switch {
	case op.Delete:
		kind = opDelete
	case op.Fresh:
		kind = opFresh
	}
	image = append(image, kind)
	image = binary.AppendUvarint(image, uint64(len(op.Key)))
	image = binary.AppendUvarint(image, uint64(len(op.Value)))
	p.key, p.keyBytes = uint32(len(image)), uint32(len(op.Key))
	image = append(image, op.Key...)
	p.value, p.valueBytes = uint32(len(image)), uint32(len(op.Value))
	image = append(image, op.Value...)
	p.kind = kind
	return binary.BigEndian.AppendUint32(image, opSum(image[from:], seed)), p
}

// opSum is the sum of an operation. The seed is put on top, so that one pass over the bytes
// says to which record they belong.
func opSum(b []byte, seed uint32) uint32 { return crc32.ChecksumIEEE(b) ^ seed }

// place says where an operation's key and value stand in a segment.
type place struct {
	key, keyBytes, value, valueBytes uint32
	kind                             byte
}

// parseOp reads the operation at an offset of image; n is what it takes, and 0
// when there is none whose lengths can be right. Its sum is right if seed is the one of the
// record.
func parseOp(image []byte, at int) (p place, n int, seed uint32) {
	b := image[at:]
	if len(b) == 0 || b[0] < opPut || b[0] > opFresh {
		return p, 0, 0
	}
	key, i := binary.Uvarint(b[1:])
	if i <= 0 {
		return p, 0, 0
	}
	value, j := binary.Uvarint(b[1+i:])
	if j <= 0 {
		return p, 0, 0
	}
	from := uint64(1 + i + j)
	if key > uint64(len(b)) || value > uint64(len(b)) || from+key+value+crc32.Size > uint64(len(b)) {
		return p, 0, 0
	}
	end := int(from + key + value)
	p = place{
		kind: b[0], key: uint32(at + int(from)), keyBytes: uint32(key),
		value: uint32(at + int(from+key)), valueBytes: uint32(value),
	}
	return p, end + crc32.Size, opSum(b[:end], binary.BigEndian.Uint32(b[end:]))
}
