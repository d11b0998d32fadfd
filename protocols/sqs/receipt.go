package sqs

import (
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
	"time"

	"github.com/sluicemq/sluice/queuecore"
)

// A receipt handle is, in hexadecimal digits: a version, the receipt, the time
// of its receive in milliseconds, in version 2 the id of the message, and a checksum. It
// holds no '-', for a client library that wraps handles splits them there, and none of the
// characters that hand-made query requests forget to escape. All state is in it, so it is
// good after a restart. Version 2 is of a message whose body lies in S3.
const (
	handleVersion    = 1
	offloadedVersion = 2

	handleBytes    = 1 + 4 + 8 + 4 + 8 + 4
	offloadedBytes = handleBytes + 16
)

// handle is what a receipt handle says.
type handle struct {
	receipt   queuecore.Receipt
	received  time.Time
	offloaded queuecore.MessageID // zero: the body was in the answer
}

func (h handle) String() string {
	b := make([]byte, 0, offloadedBytes)
	if h.offloaded.IsZero() {
		b = append(b, handleVersion)
	} else {
		b = append(b, offloadedVersion)
	}
	b = binary.BigEndian.AppendUint32(b, h.receipt.Queue)
	b = binary.BigEndian.AppendUint64(b, h.receipt.Seq)
	b = binary.BigEndian.AppendUint32(b, h.receipt.Attempt)
	b = binary.BigEndian.AppendUint64(b, uint64(h.received.UnixMilli()))
	if !h.offloaded.IsZero() {
		b = append(b, h.offloaded[:]...)
	}
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
	return hex.EncodeToString(b)
}

func parseHandle(s string) (handle, bool) {
	var room [offloadedBytes]byte
	if len(s) != 2*handleBytes && len(s) != 2*offloadedBytes {
		return handle{}, false
	}
	b := room[:len(s)/2]
	if _, err := hex.Decode(b, []byte(s)); err != nil {
		return handle{}, false
	}
	sum := len(b) - 4
	if binary.BigEndian.Uint32(b[sum:]) != crc32.ChecksumIEEE(b[:sum]) {
		return handle{}, false
	}
	h := handle{
		receipt: queuecore.Receipt{
			Queue:   binary.BigEndian.Uint32(b[1:]),
			Seq:     binary.BigEndian.Uint64(b[5:]),
			Attempt: binary.BigEndian.Uint32(b[13:]),
		},
		received: time.UnixMilli(int64(binary.BigEndian.Uint64(b[17:]))),
	}
	version := byte(handleVersion)
	if len(b) == offloadedBytes {
		version = offloadedVersion
		copy(h.offloaded[:], b[handleBytes-4:])
	}
	return h, b[0] == version && h.offloaded.IsZero() == (version == handleVersion)
}

// handleOf reads a receipt handle of the queue q.
func handleOf(q *queuecore.QueueInfo, s string) (handle, error) {
	if s == "" {
		return handle{}, missing("ReceiptHandle")
	}
	h, ok := parseHandle(s)
	if !ok || h.receipt.Queue != q.ID {
		return handle{}, badHandle(s)
	}
	return h, nil
}
