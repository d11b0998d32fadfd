package wire

import (
	"cmp"
	"crypto/md5"
	"encoding/binary"
	"encoding/hex"
	"slices"
)

// MD5OfBody returns the digest of a body in hexadecimal digits.
func MD5OfBody(body string) string {
	return inHex(md5.Sum([]byte(body)))
}

func inHex(sum [md5.Size]byte) string {
	var digits [2 * md5.Size]byte
	hex.Encode(digits[:], sum[:])
	return string(digits[:])
}

// MD5 returns the digest of the attributes in hexadecimal digits; "" when there
// are none. It is computed over the attributes sorted by name: name, data type
// and value, each with its length before it as four bytes, big endian, and a byte
// before the value that is 1 for text and 2 for binary.
//
// SQS developer guide, "Calculating the MD5 message digest for message attributes".
func (as Attributes) MD5() string {
	if len(as) == 0 {
		return ""
	}
	sorted := make([]*Attribute, len(as))
	for i := range as {
		sorted[i] = &as[i]
	}
	slices.SortFunc(sorted, func(a, b *Attribute) int { return cmp.Compare(a.Name, b.Name) })
	var b []byte
	for _, a := range sorted {
		b = appendSized(b, a.Name)
		b = appendSized(b, a.DataType)
		if a.IsBinary() {
			b = appendSized(append(b, 2), string(a.Binary))
		} else {
			b = appendSized(append(b, 1), a.Text)
		}
	}
	return inHex(md5.Sum(b))
}

func appendSized(b []byte, s string) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(s)))
	return append(b, s...)
}
