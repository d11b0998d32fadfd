package badgerstore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/pb"
	"google.golang.org/protobuf/proto"
)

// manifest says which tables count, as far as it can be read.
type manifest struct {
	live    map[uint64]bool
	deleted map[uint64]bool // and not made again
	size    int64
	good    int64  // bytes up to the first damage
	broken  string // what is wrong with it; badger refuses it
	torn    bool   // its last change is cut off, which badger drops
}

const manifestHeader = 8

// readManifest reads the manifest of dir. The error is for a file that cannot be
// read; a missing one is broken.
func readManifest(dir string) (*manifest, error) {
	m := &manifest{live: make(map[uint64]bool), deleted: make(map[uint64]bool)}
	b, err := os.ReadFile(filepath.Join(dir, badger.ManifestFilename))
	if errors.Is(err, fs.ErrNotExist) {
		m.broken = "the manifest is missing"
		return m, nil
	}
	if err != nil {
		return nil, err
	}
	m.size = int64(len(b))
	if len(b) < manifestHeader || string(b[:4]) != "Bdgr" || binary.BigEndian.Uint16(b[4:]) != 0 || b[6] != 0 {
		m.broken = "the manifest does not begin as one"
		return m, nil
	}
	m.good = manifestHeader
	for rest := b[manifestHeader:]; len(rest) > 0; rest = b[m.good:] {
		n, err := m.change(rest)
		if err != nil {
			m.broken = err.Error()
			break
		}
		if n == 0 {
			m.torn = true
			break
		}
		m.good += int64(n)
	}
	return m, nil
}

// change takes in the set of changes that b begins with, and returns its length;
// 0 when b ends within it.
func (m *manifest) change(b []byte) (int, error) {
	const head = 8
	if len(b) < head {
		return 0, nil
	}
	length := int64(binary.BigEndian.Uint32(b))
	if length > m.size {
		return 0, fmt.Errorf("a length in the manifest is wrong")
	}
	if length > int64(len(b)-head) {
		return 0, nil
	}
	body := b[head : head+length]
	if crc32.Checksum(body, castagnoli) != binary.BigEndian.Uint32(b[4:]) {
		return 0, fmt.Errorf("a change in the manifest is damaged")
	}
	var set pb.ManifestChangeSet
	if err := proto.Unmarshal(body, &set); err != nil {
		return 0, fmt.Errorf("a change in the manifest cannot be read")
	}
	for _, c := range set.Changes {
		if c.Op == pb.ManifestChange_DELETE {
			delete(m.live, c.Id)
			m.deleted[c.Id] = true
		} else {
			m.live[c.Id] = true
			delete(m.deleted, c.Id)
		}
	}
	return int(head + length), nil
}
