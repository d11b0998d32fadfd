package sqs

import (
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
	"time"

	"github.com/sluicemq/sluice/queuecore"
)

// A receipt handle is, in hexadecimal digits: a version, the receipt, the time
// of its receive in milliseconds, and a checksum. It holds no '-', for a client
// library that wraps handles splits them there, and none of the characters that
// hand-made query requests forget to escape. All state is in it, so it is good
// after a restart.
const (
	handleVersion = 1
	handleBytes   = 1 + 4 + 8 + 4 + 8 + 4
)

// handle is what a receipt handle says.
type handle struct {
	receipt  queuecore.Receipt
	received time.Time
}

func (h handle) String() string {
	b := make([]byte, 0, handleBytes)
	b = append(b, handleVersion)
	b = binary.BigEndian.AppendUint32(b, h.receipt.Queue)
	b = binary.BigEndian.AppendUint64(b, h.receipt.Seq)
	b = binary.BigEndian.AppendUint32(b, h.receipt.Attempt)
	b = binary.BigEndian.AppendUint64(b, uint64(h.received.UnixMilli()))
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
	return hex.EncodeToString(b)
}

func parseHandle(s string) (handle, bool) {
	var b [handleBytes]byte
	if len(s) != 2*handleBytes {
		return handle{}, false
	}
	if _, err := hex.Decode(b[:], []byte(s)); err != nil || b[0] != handleVersion {
		return handle{}, false
	}
	sum := handleBytes - 4
	if binary.BigEndian.Uint32(b[sum:]) != crc32.ChecksumIEEE(b[:sum]) {
		return handle{}, false
	}
	return handle{
		receipt: queuecore.Receipt{
			Queue:   binary.BigEndian.Uint32(b[1:]),
			Seq:     binary.BigEndian.Uint64(b[5:]),
			Attempt: binary.BigEndian.Uint32(b[13:]),
		},
		received: time.UnixMilli(int64(binary.BigEndian.Uint64(b[17:]))),
	}, true
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
