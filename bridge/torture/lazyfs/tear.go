package lazyfs

// cutContent drops what a file has that is not durable, or a random part of it.
// d.mu is held.
func (d *disk) cutContent(n *node) error {
	n.unjournaled = false
	if len(n.pages) == 0 && n.size == n.saved && n.base == n.saved {
		return nil
	}
	// What was written after a shortening stands in new blocks: without the
	// shortening none of it is found. Where changes have an order, cutNames has kept the
	// shortening, or not.
	if !d.o.Torn || n.base < n.saved && (d.o.Names != Unordered || d.rnd.IntN(2) == 0) {
		d.counts.LostPages += len(n.pages)
		return n.settled(n.saved)
	}
	if err := n.open(); err != nil {
		return err
	}
	if err := n.shorten(); err != nil {
		return err
	}
	return d.tear(n)
}

// tear keeps some pieces of the pages. The length is the one that was seen, or the
// least that holds the pieces.
func (d *disk) tear(n *node) error {
	share, piece := d.share(), int64(pageSize)
	if d.rnd.IntN(2) == 0 {
		piece = 512
	}
	end := n.saved
	for number, p := range n.pages {
		kept := 0
		for from := int64(0); from < pageSize; from += piece {
			at := number*pageSize + from
			if at >= n.size || d.rnd.Float64() >= share {
				continue
			}
			to := min(from+piece, n.size-number*pageSize)
			if _, err := n.file.WriteAt(p[from:to], at); err != nil {
				return err
			}
			end = max(end, number*pageSize+to)
			kept++
		}
		if kept > 0 {
			d.counts.KeptPages++
		} else {
			d.counts.LostPages++
		}
	}
	if n.size > end && d.rnd.IntN(2) == 0 {
		end = n.size
	}
	return n.settled(end)
}
