package badgerstore

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
)

// mend brings a directory, as a power cut may leave it, into a form that badger opens.
// Nothing that was synced is dropped; where that cannot be told the directory is
// left as it is, and badger or mend refuses it.
func mend(dir string, log *slog.Logger) error {
	if err := dropUnborn(dir, log); err != nil {
		return err
	}
	manifest := filepath.Join(dir, "MANIFEST")
	if err := dropTornChange(dir, manifest, log); errors.Is(err, fs.ErrNotExist) {
		return nil // a new directory
	} else if err != nil {
		return err
	}
	return forgetUnnamedTables(dir, manifest, log)
}

// dropUnborn removes logs without a byte. Badger makes a file first and gives it
// its length next; a cut or a kill in between leaves one that badger refuses to
// open. Whatever was synced to a log came after its length. And it removes value logs
// that hold nothing, which they all do: each unclean end would leave one for ever.
func dropUnborn(dir string, log *slog.Logger) error {
	dropped := false
	for pattern, unborn := range map[string]func(*os.File, int64) (bool, error){
		"*.mem":  func(_ *os.File, size int64) (bool, error) { return size == 0, nil },
		"*.vlog": isUnused,
	} {
		paths, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			return err
		}
		for _, path := range paths {
			if drop, err := askFile(path, unborn); err != nil {
				return err
			} else if !drop {
				continue
			}
			log.Info("dropping a log that holds nothing", "file", path)
			if err := os.Remove(path); err != nil {
				return err
			}
			dropped = true
		}
	}
	if dropped {
		return syncDir(dir)
	}
	return nil
}

// askFile asks about a file and its size.
func askFile(path string, question func(*os.File, int64) (bool, error)) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return false, err
	}
	return question(f, info.Size())
}

// isUnused reports whether a value log that was not closed holds nothing. A
// closed one is as long as its header, and is used again.
func isUnused(f *os.File, size int64) (bool, error) {
	if size == logHeader {
		return false, nil
	}
	last, err := lastByte(io.NewSectionReader(f, logHeader, max(0, size-logHeader)))
	return last == 0, err
}

// Badger's manifest: eight bytes that say what it is, then changes, each with
// its length and checksum.
const (
	manifestHead = 8
	changeHead   = 8
	maxChange    = 64 << 20
)

// dropTornChange cuts a manifest off at its last change if that is not whole.
// Badger syncs each change before it acts on it, so nothing has come of one that
// was torn. A damaged change before others is left for badger to refuse, and a last
// one that something has come of is refused here.
func dropTornChange(dir, path string, log *slog.Logger) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	end, err := tornChange(f)
	if err != nil || end == 0 {
		return err
	}
	if err := nothingCameOf(dir, f, end); err != nil {
		return fmt.Errorf("the last change of %s is damaged: %w: %w", path, err, ErrCorrupt)
	}
	log.Warn("dropping the last change of the manifest, which was torn by a power cut", "file", path, "at", end)
	return errors.Join(f.Truncate(end), f.Sync())
}

// tornChange returns where the last change of a manifest begins if it has the
// length that it says, or is the last in the file, and is not what was written;
// otherwise 0. Badger itself sees to one that is too short.
func tornChange(f *os.File) (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	r := bufio.NewReader(io.NewSectionReader(f, manifestHead, info.Size()))
	for at := int64(manifestHead); ; {
		var head [changeHead]byte
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return 0, nil // the end, or badger's to see to
		}
		n := int64(binary.BigEndian.Uint32(head[:4]))
		if end := at + changeHead + n; end > info.Size() {
			return tornLength(at, n, info.Size()), nil
		}
		change := make([]byte, n)
		if _, err := io.ReadFull(r, change); err != nil {
			return 0, err
		}
		if crc32.Checksum(change, castagnoli) != binary.BigEndian.Uint32(head[4:]) {
			if at+changeHead+n < info.Size() {
				return 0, nil
			}
			return at, nil
		}
		at += changeHead + n
	}
}

// tornLength judges a change that would end after the file: a length that no
// change has is a torn one.
func tornLength(at, n, size int64) int64 {
	if n > size || n > maxChange {
		return at
	}
	return 0
}

// appendDeletion appends a change to a manifest that takes tables out of it.
func appendDeletion(path string, tables []uint64) error {
	var change []byte
	for _, id := range tables {
		// A ManifestChange: field 1 the table, field 2 what to do (1: delete).
		c := append(binary.AppendUvarint([]byte{1 << 3}, id), 2<<3, 1)
		// Field 1 of a ManifestChangeSet, with its length.
		change = append(binary.AppendUvarint(append(change, 1<<3|2), uint64(len(c))), c...)
	}
	b := binary.BigEndian.AppendUint32(nil, uint32(len(change)))
	b = append(binary.BigEndian.AppendUint32(b, crc32.Checksum(change, castagnoli)), change...)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
