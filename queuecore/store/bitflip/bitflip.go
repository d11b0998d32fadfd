// Package bitflip finds the one bit that makes a CRC-32C wrong.
package bitflip

import "hash/crc32"

// Mend sets the bit of b right that makes its CRC-32C differ by wrong from what it
// should be, if there is one; at the lengths in question the sum tells all single bits
// apart. It does not matter what the sum covers before b.
func Mend(b []byte, wrong uint32) bool {
	table := crc32.MakeTable(crc32.Castagnoli)
	// What a flip of the lowest bit of the last byte changes in the sum, then of
	// the next bit, and so on; each earlier byte is one step of the register away.
	var effect [8]uint32
	for bit := range effect {
		effect[bit] = table[1<<bit]
	}
	for i := len(b) - 1; i >= 0; i-- {
		for bit, e := range effect {
			if e == wrong {
				b[i] ^= 1 << bit
				return true
			}
			effect[bit] = table[byte(e)] ^ e>>8
		}
	}
	return false
}

// Try sets the bit of b right with which whole is true, if there is one. It
// is for few bytes: each bit is tried.
func Try(b []byte, whole func() bool) bool {
	for i := range len(b) * 8 {
		b[i/8] ^= 1 << (i % 8)
		if whole() {
			return true
		}
		b[i/8] ^= 1 << (i % 8)
	}
	return false
}
