package bitflip_test

import (
	"bytes"
	"hash/crc32"
	"math/rand/v2"
	"testing"

	"github.com/sluicemq/sluice/queuecore/store/bitflip"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Each bit of a piece is found by the difference that it makes, whatever the sum covers
// before it.
func TestMend(t *testing.T) {
	before := []byte("what stands before")
	b := make([]byte, 300)
	for i := range b {
		b[i] = byte(rand.Uint32())
	}
	sum := func() uint32 { return crc32.Update(crc32.Checksum(before, castagnoli), castagnoli, b) }
	right, was := sum(), bytes.Clone(b)
	for i := range len(b) * 8 {
		b[i/8] ^= 1 << (i % 8)
		if !bitflip.Mend(b, sum()^right) || !bytes.Equal(b, was) {
			t.Fatalf("bit %d was not found", i)
		}
	}
}

// What no single bit explains stays as it is.
func TestMendNothing(t *testing.T) {
	b := make([]byte, 300)
	right := crc32.Checksum(b, castagnoli)
	for range 1000 {
		i, j := rand.IntN(len(b)*8), rand.IntN(len(b)*8)
		if i == j {
			continue
		}
		b[i/8] ^= 1 << (i % 8)
		b[j/8] ^= 1 << (j % 8)
		was := bytes.Clone(b)
		if bitflip.Mend(b, crc32.Checksum(b, castagnoli)^right) || !bytes.Equal(b, was) {
			t.Fatalf("bits %d and %d were taken for one", i, j)
		}
		clear(b)
	}
	if bitflip.Mend(b, 0) || bitflip.Mend(nil, 1) {
		t.Error("there was nothing to mend")
	}
}

func TestTry(t *testing.T) {
	b := []byte("some bytes")
	was := bytes.Clone(b)
	whole := func() bool { return bytes.Equal(b, was) }
	for i := range len(b) * 8 {
		b[i/8] ^= 1 << (i % 8)
		if !bitflip.Try(b, whole) || !whole() {
			t.Fatalf("bit %d was not found", i)
		}
	}
	b[0], b[1] = b[0]^1, b[1]^1
	hurt := bytes.Clone(b)
	if bitflip.Try(b, whole) || !bytes.Equal(b, hurt) {
		t.Errorf("two bits were taken for one: %q", b)
	}
}
