package lazyfs

import (
	"slices"
	"syscall"
)

// change is one change of names that happens as a whole: an entry that comes or
// goes, or both for a rename.
type change []entry

// entry says what a name stands for from now on; nil: nothing. Without a
// directory it says which length the file has been given.
type entry struct {
	dir  *node
	name string
	node *node
	size int64
}

// do makes a change seen, and remembers that it is not durable. d.mu is held.
func (d *disk) do(c change) {
	for _, e := range c {
		if old := e.dir.entries[e.name]; old != nil {
			old.links--
		}
		if e.node == nil {
			delete(e.dir.entries, e.name)
			continue
		}
		e.dir.entries[e.name] = e.node
		e.node.name = e.name
		e.node.links++
	}
	d.pending = append(d.pending, c)
}

// commitNames makes the changes of one directory durable, or of all. d.mu is held.
func (d *disk) commitNames(only *node) error {
	var rest []change
	for _, c := range d.pending {
		var left change
		for _, e := range c {
			if only == nil || e.dir == only {
				if err := e.commit(); err != nil {
					return err
				}
			} else {
				left = append(left, e)
			}
		}
		if len(left) > 0 {
			rest = append(rest, left)
		}
	}
	d.pending = rest
	return nil
}

func (e entry) commit() error {
	switch {
	case e.dir == nil:
		return e.node.commitSize(e.size)
	case e.node == nil:
		delete(e.dir.durable, e.name)
	default:
		e.dir.durable[e.name] = e.node
	}
	return nil
}

// resize gives a file another length. d.mu is held.
func (d *disk) resize(n *node, size int64) {
	n.truncate(size)
	n.touched()
	d.pending = append(d.pending, change{{node: n, size: size}})
	d.happened(Truncated, n.name)
}

// forgetSizes drops the changes of the length of a file that has been synced. d.mu
// is held.
func (d *disk) forgetSizes(n *node) {
	d.pending = slices.DeleteFunc(d.pending, func(c change) bool { return c[0].dir == nil && c[0].node == n })
}

// cutNames drops the changes that are not durable, or some: those at the end, or,
// without order, any. d.mu is held.
func (d *disk) cutNames() error {
	kept, share := 0, 0.0
	switch {
	case d.o.Torn && d.o.Names == Unordered:
		share = d.share()
	case d.o.Torn:
		kept = d.rnd.IntN(len(d.pending) + 1)
	}
	for i, c := range d.pending {
		if i >= kept && d.rnd.Float64() >= share {
			d.counts.LostNames++
			continue
		}
		for _, e := range c {
			if err := e.commit(); err != nil {
				return err
			}
		}
	}
	d.pending = nil
	return nil
}

// share is how much a torn cut keeps of something: nothing and all are as
// likely as anything between.
func (d *disk) share() float64 {
	return []float64{0, 0.1, 0.5, 0.9, 1}[d.rnd.IntN(5)]
}

func (d *disk) lookUp(dir uint64, name string) (*node, error) {
	n, err := d.directory(dir)
	if err != nil {
		return nil, err
	}
	if c := n.entries[name]; c != nil {
		return c, nil
	}
	return nil, syscall.ENOENT
}

// vacant returns the directory if nothing is called name in it.
func (d *disk) vacant(dir uint64, name string) (*node, error) {
	n, err := d.directory(dir)
	if err != nil {
		return nil, err
	}
	if n.entries[name] != nil {
		return nil, syscall.EEXIST
	}
	return n, nil
}

func (d *disk) create(dir uint64, name string, mode uint32) (*node, error) {
	at, err := d.vacant(dir, name)
	if err != nil {
		return nil, err
	}
	n := d.newFile(mode)
	d.do(change{{dir: at, name: name, node: n}})
	d.happened(Created, name)
	return n, nil
}

func (d *disk) mkdir(dir uint64, name string, mode uint32) (*node, error) {
	at, err := d.vacant(dir, name)
	if err != nil {
		return nil, err
	}
	d.last++
	n := newDir(d.last, mode)
	n.links = 0
	d.nodes[n.number] = n
	d.do(change{{dir: at, name: name, node: n}})
	d.happened(Created, name)
	return n, nil
}

func (d *disk) link(number, dir uint64, name string) (*node, error) {
	n, err := d.regular(number)
	if err != nil {
		return nil, err
	}
	at, err := d.vacant(dir, name)
	if err != nil {
		return nil, err
	}
	d.do(change{{dir: at, name: name, node: n}})
	d.happened(Created, name)
	return n, nil
}

func (d *disk) remove(dir uint64, name string, isDir bool) error {
	n, err := d.lookUp(dir, name)
	switch {
	case err != nil:
		return err
	case n.isDir() && !isDir:
		return syscall.EISDIR
	case !n.isDir() && isDir:
		return syscall.ENOTDIR
	case len(n.entries) > 0:
		return syscall.ENOTEMPTY
	}
	d.do(change{{dir: d.nodes[dir], name: name}})
	d.happened(Removed, name)
	return nil
}

func (d *disk) rename(from uint64, old string, to uint64, name string) error {
	n, err := d.lookUp(from, old)
	if err != nil {
		return err
	}
	at, err := d.directory(to)
	if err != nil {
		return err
	}
	if there := at.entries[name]; there != nil && (there.isDir() || n.isDir()) {
		return syscall.EEXIST // directories are moved to new names only
	}
	d.do(change{{dir: d.nodes[from], name: old}, {dir: at, name: name, node: n}})
	d.happened(Renamed, name)
	return nil
}
