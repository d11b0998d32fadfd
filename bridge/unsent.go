package bridge

import "net"

// unsentBytes is how much the system keeps for a client that does not read, besides what is on its way.
// Otherwise that grows to some megabytes a client, of memory that all connections of the machine share: when it is used
// up, those of others stand still. What is on its way does not count, so that far clients are sent to as fast.
const unsentBytes = 128 << 10

// briefListener is a listener whose connections have the system keep no more than unsentBytes, where it can.
type briefListener struct{ net.Listener }

func (l briefListener) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err == nil {
		boundUnsent(nc) // a connection that is gone already is for its reader to find
	}
	return nc, err
}
