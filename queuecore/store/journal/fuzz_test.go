package journal

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"os"
	"path/filepath"
	"testing"
)

// FuzzRead reads any bytes as a segment, with any marks, and with sums that are right
// if it is sealed. It must end, and give nothing that does not stand there.
func FuzzRead(f *testing.F) {
	seed := func(b []byte) {
		m := marks{segment: 1, written: 200, synced: 150}
		f.Add(b, m.encode(), false)
		f.Add(b, []byte{}, true)
	}
	_, path, at := journalOf(f, batch("a=1", "b:2", "-a"), synced, batch("c=3"), batch("-b", "d=4"))
	b, err := os.ReadFile(path)
	must(f, err)
	b = b[:at[2]+100]
	seed(b)
	for _, i := range []int{10, at[0] + 5, at[0] + headBytes + 3, at[1] + 12} {
		hurt := append([]byte{}, b...)
		hurt[i] ^= 3
		seed(hurt)
	}
	seed(b[:at[1]+20])
	f.Fuzz(func(t *testing.T, segment, marks []byte, sealed bool) {
		if sealed {
			segment = seal(segment)
		}
		dir := t.TempDir()
		must(t, os.WriteFile(filepath.Join(dir, "00"+Extension), segment, 0o600), os.WriteFile(filepath.Join(dir, MarksFile), marks, 0o600))
		last := int64(0)
		v, err := Read(dir, func(op Operation) error {
			if op.At < last || op.At+op.Length > int64(len(segment)) || int(op.Length) < len(op.Key)+len(op.Value) {
				t.Errorf("an operation of %d bytes at %d, behind %d, in %d", op.Length, op.At, last, len(segment))
			}
			last = op.At + op.Length
			return nil
		})
		must(t, err)
		if len(v.Findings) > len(segment)/align+3 {
			t.Errorf("%d findings in %d bytes", len(v.Findings), len(segment))
		}
		for _, f := range v.Findings {
			if f.At < 0 || f.Length < 0 {
				t.Errorf("%+v", f)
			}
		}
	})
}

// seal sets the sums of the header and of all records right.
func seal(b []byte) []byte {
	b = bytes.Clone(b)
	if len(b) >= segmentHeader {
		binary.BigEndian.PutUint64(b, segmentMagic)
		binary.BigEndian.PutUint64(b[32:], 0)
		binary.BigEndian.PutUint32(b[40:], crc32.Checksum(b[:40], castagnoli))
	}
	for at := segmentHeader; at+headBytes <= len(b); at += align {
		if binary.BigEndian.Uint32(b[at:]) != recordMagic {
			continue
		}
		h := b[at : at+headBytes]
		if n := int64(binary.BigEndian.Uint32(h[4:])); int64(at+headBytes)+n <= int64(len(b)) {
			ops := b[at+headBytes : int64(at+headBytes)+n]
			binary.BigEndian.PutUint32(h[32:], crc32.Update(salt(0).seed(binary.BigEndian.Uint64(h[16:])), castagnoli, ops))
		}
		binary.BigEndian.PutUint32(h[36:], salt(0).headSum(h))
	}
	return b
}
