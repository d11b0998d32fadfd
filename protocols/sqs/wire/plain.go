package wire

import (
	"encoding/binary"
	"math/bits"
)

// Plain returns the first place in s, from i on, of a byte that is not printable
// ASCII, or is a quote or a backslash; at least len(s) if there is none. Bodies are
// long and mostly of other bytes, so it looks at eight at a time.
func Plain(s string, i int) int {
	for ; i+8 <= len(s); i += 8 {
		b := s[i : i+8]
		w := uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
			uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
		if m := special(w); m != 0 {
			return i + bits.TrailingZeros64(m)/8
		}
	}
	for i < len(s) && special(uint64(s[i])|spaces&^0xFF) == 0 {
		i++
	}
	return i
}

// plainBytes is Plain.
func plainBytes(s []byte, i int) int {
	for ; i+8 <= len(s); i += 8 {
		if m := special(binary.LittleEndian.Uint64(s[i:])); m != 0 {
			return i + bits.TrailingZeros64(m)/8
		}
	}
	for i < len(s) && special(uint64(s[i])|spaces&^0xFF) == 0 {
		i++
	}
	return i
}

const (
	ones   = 0x0101010101010101
	spaces = ' ' * ones
)

// special has the highest bit of each byte set that is special in w, and perhaps of
// some above one: a subtraction borrows from the next byte only where it finds something.
func special(w uint64) uint64 {
	const quotes, backslashes, deletes, tops = '"' * ones, '\\' * ones, 0x7F * ones, 0x80 * ones
	return (w | (w - spaces) | ((w ^ quotes) - ones) | ((w ^ backslashes) - ones) | ((w ^ deletes) - ones)) & tops
}
