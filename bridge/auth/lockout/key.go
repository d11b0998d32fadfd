package lockout

import (
	"hash/maphash"
	"net"
	"net/netip"

	"github.com/sluicemq/sluice/protocols"
)

// keys are what a login is counted by. 0: not by that.
type keys struct {
	pair, address, user uint64
	owner               uint64 // of the pair: who it is, wherever
}

// keysOf returns the keys of a login, and false when nothing was shown: who shows nothing
// guesses nothing.
func (g *Guard) keysOf(c *protocols.Credentials) (k keys, shown bool) {
	kind, name := named(c)
	if kind == "" {
		return k, false
	}
	from := origin(c.Remote)
	k.pair = g.sum(who{kind, name, from})
	if from.IsValid() && !from.Addr().IsLoopback() {
		k.address = g.sum(who{kind: "address", from: from})
	}
	k.owner = g.sum(who{kind: kind, name: name})
	if kind == "user" {
		k.user = k.owner
	}
	return k, true
}

// named returns what kind of credential a client shows, and what says whose it is. A token has no
// name but itself.
func named(c *protocols.Credentials) (kind, name string) {
	switch {
	case c.PublicKey != "":
		return "public key", c.PublicKey
	case c.AccessKey != "":
		return "access key", c.AccessKey
	case c.Proof != nil:
		return "", "" // nothing is signed
	case c.User != "":
		return "user", c.User
	case c.Token != "":
		return "token", ""
	}
	return "", ""
}

// origin is what clients at a are counted by: an address of IPv4, a network of 64 bits of IPv6,
// which is what one customer is given at least, and this machine as a whole.
func origin(a net.Addr) netip.Prefix {
	if a == nil {
		return netip.Prefix{}
	}
	ap, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.Prefix{}
	}
	ip, bits := ap.Addr().Unmap().WithZone(""), 64
	switch {
	case ip.IsLoopback():
		ip, bits = netip.AddrFrom4([4]byte{127, 0, 0, 1}), 32
	case ip.Is4():
		bits = 32
	}
	p, _ := ip.Prefix(bits) // the bits are in range
	return p
}

// who is what a key stands for.
type who struct {
	kind, name string
	from       netip.Prefix
}

// sum returns the key of w: nobody outside can find another one with the same.
func (g *Guard) sum(w who) uint64 {
	return maphash.Comparable(g.seed, w) | 1 // 0 is none
}
