package lazyfs

import (
	"io"
	"os"
)

const pageSize = 4096

type page [pageSize]byte

// content is the bytes of a file. What is seen is the pages written since the
// last sync, over the first base durable bytes, over zeros.
type content struct {
	path  string
	file  *os.File // the durable bytes; nil while there were none
	saved int64    // durable bytes

	size  int64
	base  int64
	pages map[int64]*page
}

func newContent(path string) content { return content{path: path, pages: make(map[int64]*page)} }

// readAt fills b from off and returns how much of it the file has.
func (c *content) readAt(b []byte, off int64) (int, error) {
	b = b[:max(0, min(int64(len(b)), c.size-off))]
	if err := c.readBase(b, off); err != nil || len(c.pages) == 0 {
		return len(b), err
	}
	for at := off; at < off+int64(len(b)); {
		number, from := at/pageSize, at%pageSize
		n := min(pageSize-from, off+int64(len(b))-at)
		if p := c.pages[number]; p != nil {
			copy(b[at-off:], p[from:from+n])
		}
		at += n
	}
	return len(b), nil
}

// readBase fills b with durable bytes as far as they are seen, and zeros.
func (c *content) readBase(b []byte, off int64) error {
	n := int64(0)
	if c.file != nil && off < c.base {
		n = min(int64(len(b)), c.base-off)
		if _, err := c.file.ReadAt(b[:n], off); err != nil && err != io.EOF {
			return err
		}
	}
	clear(b[n:])
	return nil
}

func (c *content) writeAt(b []byte, off int64) error {
	for len(b) > 0 {
		number, from := off/pageSize, off%pageSize
		p, err := c.page(number)
		if err != nil {
			return err
		}
		n := copy(p[from:], b)
		b, off = b[n:], off+int64(n)
		c.size = max(c.size, off)
	}
	return nil
}

// page returns a page to write to.
func (c *content) page(number int64) (*page, error) {
	if p := c.pages[number]; p != nil {
		return p, nil
	}
	p := new(page)
	if err := c.readBase(p[:], number*pageSize); err != nil {
		return nil, err
	}
	c.pages[number] = p
	return p, nil
}

func (c *content) truncate(size int64) {
	if size < c.size {
		for number := range c.pages {
			if number*pageSize >= size {
				delete(c.pages, number)
			}
		}
		if rest := size % pageSize; rest > 0 && c.pages[size/pageSize] != nil {
			clear(c.pages[size/pageSize][rest:])
		}
		c.base = min(c.base, size)
	}
	c.size = size
}

// settle makes what is seen durable, and returns how many pages it wrote.
func (c *content) settle() (int, error) {
	if err := c.open(); err != nil {
		return 0, err
	}
	if err := c.shorten(); err != nil {
		return 0, err
	}
	for number, p := range c.pages {
		at := number * pageSize
		if _, err := c.file.WriteAt(p[:min(pageSize, max(0, c.size-at))], at); err != nil {
			return 0, err
		}
	}
	n := len(c.pages)
	return n, c.settled(c.size)
}

// commitSize makes a length durable that the file had at some time since the last
// settle, without what was written to it.
func (c *content) commitSize(size int64) error {
	if size == c.saved {
		return nil
	}
	if err := c.open(); err != nil {
		return err
	}
	// What was cut off is gone; what was added is zeros, and is seen as such.
	if c.base == c.saved || c.base > size {
		c.base = size
	}
	c.base = min(c.base, c.size)
	c.saved = size
	return c.file.Truncate(size)
}

// shorten makes durable that the file was cut off in between.
func (c *content) shorten() error {
	if c.base >= c.saved {
		return nil
	}
	c.saved = c.base
	return c.file.Truncate(c.base)
}

// settled goes on from the durable bytes, of which there are size.
func (c *content) settled(size int64) error {
	c.saved, c.size, c.base = size, size, size
	clear(c.pages)
	if c.file == nil {
		return nil
	}
	return c.file.Truncate(size)
}

func (c *content) open() (err error) {
	if c.file == nil {
		c.file, err = os.OpenFile(c.path, os.O_RDWR|os.O_CREATE, 0o600)
	}
	return err
}

// remove gives the durable bytes up.
func (c *content) remove() error {
	if c.file == nil {
		return nil
	}
	if err := c.file.Close(); err != nil {
		return err
	}
	return os.Remove(c.path)
}

// copyTo writes the durable bytes to a file, with holes where there are zeros.
func (c *content) copyTo(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	var b, zero page
	for at := int64(0); at < c.saved; at += pageSize {
		n, err := c.file.ReadAt(b[:min(pageSize, c.saved-at)], at)
		if err != nil && err != io.EOF {
			return err
		}
		if b != zero {
			if _, err := f.WriteAt(b[:n], at); err != nil {
				return err
			}
		}
		b = zero
	}
	return f.Truncate(c.saved)
}
