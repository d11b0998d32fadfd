package lazyfs

import (
	"slices"
	"syscall"

	"github.com/hanwen/go-fuse/v2/fuse"
)

// server answers the kernel's requests from a disk. What it does not answer is
// ENOSYS. Requests come from any number of goroutines.
type server struct {
	fuse.RawFileSystem
	*disk
}

// forEver is how long the kernel may believe an answer: nobody else changes the files.
const forEver = 3600

const fdatasync = 1 // FUSE_FSYNC_FDATASYNC

func (s *server) String() string { return "lazyfs" }

func (s *server) attr(n *node, a *fuse.Attr) {
	*a = fuse.Attr{
		Ino: n.number, Mode: n.mode, Nlink: uint32(max(n.links, 0)), Blksize: pageSize,
		Size: uint64(n.size), Blocks: uint64(n.size+511) / 512,
		Mtime: uint64(n.mtime.Unix()), Mtimensec: uint32(n.mtime.Nanosecond()),
	}
	a.Ctime, a.Ctimensec = a.Mtime, a.Mtimensec
	a.Atime, a.Atimensec = a.Mtime, a.Mtimensec
}

// entry answers with a node, or with err.
func (s *server) entry(n *node, err error, out *fuse.EntryOut) fuse.Status {
	if err != nil {
		return fuse.ToStatus(err)
	}
	out.NodeId, out.EntryValid, out.AttrValid = n.number, forEver, forEver
	s.attr(n, &out.Attr)
	return fuse.OK
}

func (s *server) Lookup(_ <-chan struct{}, h *fuse.InHeader, name string, out *fuse.EntryOut) fuse.Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := s.lookUp(h.NodeId, name)
	return s.entry(n, err, out)
}

func (s *server) GetAttr(_ <-chan struct{}, in *fuse.GetAttrIn, out *fuse.AttrOut) fuse.Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := s.node(in.NodeId)
	if err != nil {
		return fuse.ToStatus(err)
	}
	out.AttrValid = forEver
	s.attr(n, &out.Attr)
	return fuse.OK
}

func (s *server) SetAttr(_ <-chan struct{}, in *fuse.SetAttrIn, out *fuse.AttrOut) fuse.Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := s.node(in.NodeId)
	if err != nil {
		return fuse.ToStatus(err)
	}
	if mode, ok := in.GetMode(); ok {
		n.mode = n.mode&syscall.S_IFMT | mode&0o7777
	}
	if size, ok := in.GetSize(); ok && !n.isDir() {
		s.resize(n, int64(size))
	}
	out.AttrValid = forEver
	s.attr(n, &out.Attr)
	return fuse.OK
}

func (s *server) Mknod(_ <-chan struct{}, in *fuse.MknodIn, name string, out *fuse.EntryOut) fuse.Status {
	if in.Mode&syscall.S_IFMT != syscall.S_IFREG {
		return fuse.Status(syscall.EPERM)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := s.create(in.NodeId, name, in.Mode)
	return s.entry(n, err, out)
}

func (s *server) Mkdir(_ <-chan struct{}, in *fuse.MkdirIn, name string, out *fuse.EntryOut) fuse.Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := s.mkdir(in.NodeId, name, in.Mode)
	return s.entry(n, err, out)
}

func (s *server) Create(_ <-chan struct{}, in *fuse.CreateIn, name string, out *fuse.CreateOut) fuse.Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := s.create(in.NodeId, name, in.Mode)
	return s.entry(n, err, &out.EntryOut)
}

func (s *server) Link(_ <-chan struct{}, in *fuse.LinkIn, name string, out *fuse.EntryOut) fuse.Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := s.link(in.Oldnodeid, in.NodeId, name)
	return s.entry(n, err, out)
}

func (s *server) Unlink(_ <-chan struct{}, h *fuse.InHeader, name string) fuse.Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fuse.ToStatus(s.remove(h.NodeId, name, false))
}

func (s *server) Rmdir(_ <-chan struct{}, h *fuse.InHeader, name string) fuse.Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fuse.ToStatus(s.remove(h.NodeId, name, true))
}

func (s *server) Rename(_ <-chan struct{}, in *fuse.RenameIn, old, name string) fuse.Status {
	if in.Flags != 0 {
		return fuse.EINVAL
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return fuse.ToStatus(s.rename(in.NodeId, old, in.Newdir, name))
}

func (s *server) Access(<-chan struct{}, *fuse.AccessIn) fuse.Status { return fuse.OK }

func (s *server) Open(_ <-chan struct{}, in *fuse.OpenIn, out *fuse.OpenOut) fuse.Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, err := s.regular(in.NodeId)
	out.OpenFlags = fuse.FOPEN_KEEP_CACHE
	return fuse.ToStatus(err)
}

func (s *server) Read(_ <-chan struct{}, in *fuse.ReadIn, b []byte) (fuse.ReadResult, fuse.Status) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := s.regular(in.NodeId)
	if err != nil {
		return nil, fuse.ToStatus(err)
	}
	have, err := n.readAt(b[:min(len(b), int(in.Size))], int64(in.Offset))
	return fuse.ReadResultData(b[:have]), fuse.ToStatus(err)
}

// Write takes what a program or, for a mapped file, the kernel writes. Being
// written back by the kernel makes nothing durable.
func (s *server) Write(_ <-chan struct{}, in *fuse.WriteIn, b []byte) (uint32, fuse.Status) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := s.regular(in.NodeId)
	if err != nil {
		return 0, fuse.ToStatus(err)
	}
	before := n.size
	if err := n.writeAt(b, int64(in.Offset)); err != nil {
		return 0, fuse.ToStatus(err)
	}
	if n.size != before {
		n.touched()
	}
	return uint32(len(b)), fuse.OK
}

// Writev leaves the work to Write.
func (s *server) Writev(<-chan struct{}, *fuse.WriteIn, [][]byte) (uint32, fuse.Status) {
	return 0, fuse.ENOSYS
}

// Flush comes when a descriptor is closed, which makes nothing durable.
func (s *server) Flush(<-chan struct{}, *fuse.FlushIn) fuse.Status { return fuse.OK }

func (s *server) Fsync(_ <-chan struct{}, in *fuse.FsyncIn) fuse.Status {
	return fuse.ToStatus(s.sync(in.NodeId, in.FsyncFlags&fdatasync != 0))
}

func (s *server) FsyncDir(_ <-chan struct{}, in *fuse.FsyncIn) fuse.Status {
	return fuse.ToStatus(s.syncDir(in.NodeId))
}

func (s *server) OpenDir(_ <-chan struct{}, in *fuse.OpenIn, _ *fuse.OpenOut) fuse.Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, err := s.directory(in.NodeId)
	return fuse.ToStatus(err)
}

// ReadDir hands out the names in the order of their files' numbers, which are
// the offsets as well: a name that comes or goes meanwhile moves no other one.
func (s *server) ReadDir(_ <-chan struct{}, in *fuse.ReadIn, out *fuse.DirEntryList) fuse.Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	dir, err := s.directory(in.NodeId)
	if err != nil {
		return fuse.ToStatus(err)
	}
	var entries []fuse.DirEntry
	for name, n := range dir.entries {
		if n.number > in.Offset {
			entries = append(entries, fuse.DirEntry{Name: name, Mode: n.mode, Ino: n.number, Off: n.number})
		}
	}
	slices.SortFunc(entries, func(a, b fuse.DirEntry) int { return int(int64(a.Ino) - int64(b.Ino)) })
	for _, e := range entries {
		if !out.AddDirEntry(e) {
			break
		}
	}
	return fuse.OK
}

// StatFs shows a disk with room.
func (s *server) StatFs(_ <-chan struct{}, _ *fuse.InHeader, out *fuse.StatfsOut) fuse.Status {
	const blocks, files = 1 << 28, 1 << 20
	*out = fuse.StatfsOut{
		Bsize: pageSize, Frsize: pageSize, NameLen: 255,
		Blocks: blocks, Bfree: blocks, Bavail: blocks, Files: files, Ffree: files,
	}
	return fuse.OK
}
