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
	live    map[uint64]uint32 // with their levels
	deleted map[uint64]bool   // and not made again
	size    int64
	good    int64  // bytes up to the first damage
	broken  string // what is wrong with it; badger refuses it
	torn    bool   // its last change is not whole
}

// Badger's manifest: eight bytes that say what it is, then changes, each with
// its length and checksum.
const (
	manifestHeader = 8
	changeHeader   = 8
)

// readManifest reads the manifest of dir. The error is for a file that cannot be
// read; a missing one is broken.
func readManifest(dir string) (*manifest, error) {
	m := &manifest{live: make(map[uint64]uint32), deleted: make(map[uint64]bool)}
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
			m.judge(rest, err)
			break
		}
		m.good += int64(n)
	}
	return m, nil
}

// judge decides what a change is that is not whole. Badger syncs each one before
// it acts on it and before it begins the next, so a power cut tears the last one
// only, and nothing has come of that; judgeMissing and judgeManifest make sure. One that
// others come after is damaged; badger would drop those too if its length is what was hit.
func (m *manifest) judge(rest []byte, why error) {
	if m.torn = !errors.Is(why, errUnread) && !followed(rest); !m.torn {
		m.broken = why.Error()
	}
}

// followed says whether a whole change begins somewhere behind the beginning of b.
func followed(b []byte) bool {
	for at := 1; at+changeHeader < len(b); at++ {
		n, left := int64(binary.BigEndian.Uint32(b[at:])), b[at+changeHeader:]
		if n > 0 && n <= int64(len(left)) && crc32.Checksum(left[:n], castagnoli) == binary.BigEndian.Uint32(b[at+4:]) {
			return true
		}
	}
	return false
}

// errUnread: a change has the checksum of something else than a change.
var errUnread = errors.New("a change in the manifest cannot be read")

// change takes in the set of changes that b begins with, and returns its length.
func (m *manifest) change(b []byte) (int, error) {
	if len(b) < changeHeader || int64(binary.BigEndian.Uint32(b)) > int64(len(b)-changeHeader) {
		return 0, fmt.Errorf("a length in the manifest is wrong")
	}
	end := changeHeader + int(binary.BigEndian.Uint32(b))
	body := b[changeHeader:end]
	if crc32.Checksum(body, castagnoli) != binary.BigEndian.Uint32(b[4:]) {
		return 0, fmt.Errorf("a change in the manifest is damaged")
	}
	var set pb.ManifestChangeSet
	if err := proto.Unmarshal(body, &set); err != nil {
		return 0, errUnread
	}
	for _, c := range set.Changes {
		if c.Op == pb.ManifestChange_DELETE {
			delete(m.live, c.Id)
			m.deleted[c.Id] = true
		} else {
			m.live[c.Id] = c.Level
			delete(m.deleted, c.Id)
		}
	}
	return end, nil
}

// cutManifest takes the last change off a manifest.
func cutManifest(dir string, end int64) error {
	f, err := os.OpenFile(filepath.Join(dir, badger.ManifestFilename), os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Truncate(end), f.Sync(), f.Close())
}

// forgetTables appends a change to the manifest of dir that takes tables out of it.
func forgetTables(dir string, tables []uint64) error {
	var set pb.ManifestChangeSet
	for _, id := range tables {
		set.Changes = append(set.Changes, &pb.ManifestChange{Id: id, Op: pb.ManifestChange_DELETE})
	}
	change, err := proto.Marshal(&set)
	if err != nil {
		return err
	}
	b := binary.BigEndian.AppendUint32(nil, uint32(len(change)))
	b = append(binary.BigEndian.AppendUint32(b, crc32.Checksum(change, castagnoli)), change...)
	f, err := os.OpenFile(filepath.Join(dir, badger.ManifestFilename), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Sync(), f.Close())
}
