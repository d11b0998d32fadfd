package lazyfs

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// disk holds the two states of every file: what is seen and what is durable.
// Its methods may be called from any goroutine; their errors are syscall.Errno
// or those of the backing directory.
type disk struct {
	o Options

	mu      sync.Mutex // guards what follows, and every node
	nodes   map[uint64]*node
	last    uint64
	pending []change // of names, in order, not durable
	rnd     *rand.Rand
	counts  Counts
	stop    func(Event) bool
	frozen  chan struct{} // closed: no sync ends any more
	release chan struct{} // closed: syncs that wait fail
}

// node is a file or a directory.
type node struct {
	number uint64
	mode   uint32 // with the type
	name   string // the last one it got
	links  int    // names that are seen
	mtime  time.Time

	entries, durable map[string]*node // of a directory; nil otherwise

	content
	unjournaled bool // of a file: it is new, or has another size, since names were last made durable
}

func (n *node) isDir() bool { return n.entries != nil }

// touched is called after the size has or may have changed.
func (n *node) touched() { n.unjournaled, n.mtime = true, time.Now() }

const rootNumber = 1

func newDisk(o Options) (*disk, error) {
	found, err := os.ReadDir(o.Backing)
	if err != nil {
		return nil, err
	}
	if len(found) > 0 {
		return nil, fmt.Errorf("%s: %w", o.Backing, syscall.ENOTEMPTY)
	}
	d := &disk{
		o:     o,
		nodes: make(map[uint64]*node),
		rnd:   rand.New(rand.NewPCG(o.Seed, 0)),
		last:  rootNumber,
	}
	d.nodes[rootNumber] = newDir(rootNumber, 0o755)
	d.powerOn()
	return d, nil
}

func newDir(number uint64, mode uint32) *node {
	return &node{
		number: number, mode: syscall.S_IFDIR | mode&0o7777, mtime: time.Now(), links: 1,
		entries: make(map[string]*node), durable: make(map[string]*node),
	}
}

func (d *disk) powerOn() {
	d.frozen, d.release = make(chan struct{}), make(chan struct{})
}

// newFile is in no directory yet.
func (d *disk) newFile(mode uint32) *node {
	d.last++
	n := &node{number: d.last, mode: syscall.S_IFREG | mode&0o7777, mtime: time.Now(), unjournaled: true}
	n.content = newContent(filepath.Join(d.o.Backing, fmt.Sprint(n.number)))
	d.nodes[n.number] = n
	return n
}

// node returns what the kernel knows by a number.
func (d *disk) node(number uint64) (*node, error) {
	if n := d.nodes[number]; n != nil {
		return n, nil
	}
	return nil, syscall.ESTALE
}

func (d *disk) directory(number uint64) (*node, error) {
	n, err := d.node(number)
	if err == nil && !n.isDir() {
		err = syscall.ENOTDIR
	}
	return n, err
}

func (d *disk) regular(number uint64) (*node, error) {
	n, err := d.node(number)
	if err == nil && n.isDir() {
		err = syscall.EISDIR
	}
	return n, err
}

// happened tells who watches, and freezes the disk when he says so. d.mu is held.
func (d *disk) happened(op Op, name string) {
	if d.stop != nil && !d.isFrozen() && d.stop(Event{op, name}) {
		close(d.frozen)
	}
}

func (d *disk) isFrozen() bool {
	select {
	case <-d.frozen:
		return true
	default:
		return false
	}
}

func (d *disk) freeze() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.isFrozen() {
		close(d.frozen)
	}
}

// lockForSync takes d.mu, unless the power is gone: then it waits until whoever
// asked has been killed, and fails.
func (d *disk) lockForSync() error {
	d.mu.Lock()
	if !d.isFrozen() {
		return nil
	}
	release := d.release
	d.mu.Unlock()
	<-release
	return syscall.EIO
}

// sync makes a file durable: fsync, or fdatasync when dataOnly is set.
func (d *disk) sync(number uint64, dataOnly bool) error {
	if err := d.lockForSync(); err != nil {
		return err
	}
	defer d.mu.Unlock()
	n, err := d.regular(number)
	if err != nil {
		return err
	}
	if d.o.Names == Journaled && (n.unjournaled || !dataOnly) {
		if err := d.commitNames(nil); err != nil {
			return err
		}
		n.unjournaled = false
	}
	d.forgetSizes(n)
	pages, err := n.settle()
	d.counts.Syncs++
	d.counts.Pages += pages
	d.happened(Synced, n.name)
	return err
}

// syncDir makes the names of a directory durable.
func (d *disk) syncDir(number uint64) error {
	if err := d.lockForSync(); err != nil {
		return err
	}
	defer d.mu.Unlock()
	n, err := d.directory(number)
	if err != nil {
		return err
	}
	d.counts.DirSyncs++
	if d.o.Names == Journaled {
		n = nil
	}
	err = d.commitNames(n)
	d.happened(DirSynced, "")
	return err
}

// cut forgets what is not durable. The disk is frozen, and nobody uses it.
func (d *disk) cut() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.counts.Cuts++
	if err := d.cutNames(); err != nil {
		return err
	}
	for _, n := range d.nodes {
		if n.isDir() {
			n.entries = maps.Clone(n.durable)
		} else if err := d.cutContent(n); err != nil {
			return err
		}
	}
	d.stop = nil
	d.powerOn()
	return d.sweep()
}

// sweep drops every file that has no name.
func (d *disk) sweep() error {
	reached := map[uint64]*node{}
	var walk func(n *node)
	walk = func(n *node) {
		if reached[n.number] = n; n.isDir() {
			for name, c := range n.entries {
				c.name, c.links = name, 1
				walk(c)
			}
		}
	}
	walk(d.nodes[rootNumber])
	var errs []error
	for number, n := range d.nodes {
		if reached[number] == nil && !n.isDir() {
			errs = append(errs, n.remove())
		}
	}
	d.nodes = reached
	return errors.Join(errs...)
}

// close gives up the open files; what is durable stays in the backing directory.
func (d *disk) close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var errs []error
	for _, n := range d.nodes {
		if n.file != nil {
			errs = append(errs, n.file.Close())
		}
	}
	return errors.Join(errs...)
}

// export makes dir what the durable state looks like to who mounts it: to look
// at what went wrong.
func (d *disk) export(dir string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return exportDir(d.nodes[rootNumber], dir)
}

func exportDir(n *node, dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	for name, c := range n.durable {
		path := filepath.Join(dir, name)
		var err error
		if c.isDir() {
			err = exportDir(c, path)
		} else {
			err = c.copyTo(path)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
