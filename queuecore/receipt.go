package queuecore

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
)

// Receipt stands for one delivery. It is good until that delivery is settled or
// the message is handed out again, and survives a restart. Gateways that need
// their own spelling may build one from its parts. In an ack, and there alone,
// Attempt 0 stands for any attempt that there was: it settles the message whoever
// holds it now.
type Receipt struct {
	Queue   uint32 // QueueInfo.ID
	Seq     uint64
	Attempt uint32
}

const receiptBytes = 16

// String returns the receipt as 32 hexadecimal digits.
func (r Receipt) String() string {
	var b [receiptBytes]byte
	binary.BigEndian.PutUint32(b[0:], r.Queue)
	binary.BigEndian.PutUint64(b[4:], r.Seq)
	binary.BigEndian.PutUint32(b[12:], r.Attempt)
	return hex.EncodeToString(b[:])
}

// ParseReceipt reads what Receipt.String wrote. The error is ErrInvalid.
func ParseReceipt(s string) (Receipt, error) {
	var b [receiptBytes]byte
	if len(s) != 2*receiptBytes {
		return Receipt{}, fmt.Errorf("receipt of %d characters: %w", len(s), ErrInvalid)
	}
	if _, err := hex.Decode(b[:], []byte(s)); err != nil {
		return Receipt{}, fmt.Errorf("receipt %q: %w", s, ErrInvalid)
	}
	return Receipt{
		Queue:   binary.BigEndian.Uint32(b[0:]),
		Seq:     binary.BigEndian.Uint64(b[4:]),
		Attempt: binary.BigEndian.Uint32(b[12:]),
	}, nil
}
