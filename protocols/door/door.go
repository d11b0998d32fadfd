package door

import (
	"fmt"
	"net"
	"net/netip"
	"sync"
)

// Limits bound the connections that are open at a time.
type Limits struct {
	All int
	// Address bounds those from one address (0: no bound); of IPv6 from one network of 64
	// bits, which is what one customer is given at least. Addresses of this
	// machine itself are not bounded: all its clients share them.
	Address int
}

// Door lets connections in. All methods may be called from any goroutine. Gateways that
// share a Door share its limits.
type Door struct {
	limits Limits

	mu     sync.Mutex // over what follows
	counts Counts
	from   map[netip.Prefix]int
}

// Counts are the open connections, and those that were refused since the start, by reason.
type Counts struct {
	Open                    int
	RefusedAll, RefusedHere uint64 // too many in all; too many from one address
}

// Full is why a connection is not let in.
type Full struct {
	Limit int
	From  netip.Prefix // too many from there; the zero Prefix: too many in all
}

// Error names the limit.
func (f *Full) Error() string {
	if f.From.IsValid() {
		return fmt.Sprintf("%d connections from %s are open, which is the limit for one address", f.Limit, f.From)
	}
	return fmt.Sprintf("%d connections are open, which is the limit", f.Limit)
}

// New returns a Door with nobody behind it.
func New(l Limits) *Door { return &Door{limits: l, from: make(map[netip.Prefix]int)} }

// Enter counts a connection from a, until leave is called, which must be done once. Or it
// returns a *Full, and nothing is counted but the refusal.
func (d *Door) Enter(a net.Addr) (leave func(), err error) {
	from := origin(a)
	d.mu.Lock()
	defer d.mu.Unlock()
	if from.IsValid() && d.limits.Address > 0 && d.from[from] >= d.limits.Address {
		d.counts.RefusedHere++
		return nil, &Full{Limit: d.limits.Address, From: from}
	}
	if d.counts.Open >= d.limits.All {
		d.counts.RefusedAll++
		return nil, &Full{Limit: d.limits.All}
	}
	d.counts.Open++
	if from.IsValid() {
		d.from[from]++
	}
	return func() { d.leave(from) }, nil
}

func (d *Door) leave(from netip.Prefix) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.counts.Open--
	if !from.IsValid() {
		return
	}
	if d.from[from]--; d.from[from] == 0 {
		delete(d.from, from)
	}
}

// Counts returns what has been counted.
func (d *Door) Counts() Counts {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.counts
}

// origin is what connections from a are counted by; the zero Prefix: they are not.
func origin(a net.Addr) netip.Prefix {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.Prefix{}
	}
	ip := tcp.AddrPort().Addr().Unmap().WithZone("")
	if !ip.IsValid() || ip.IsLoopback() {
		return netip.Prefix{}
	}
	bits := 32
	if ip.Is6() {
		bits = 64
	}
	p, _ := ip.Prefix(bits) // the bits are in range
	return p
}
