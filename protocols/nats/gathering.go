package nats

import "io"

// gathering is what a client's bytes are read from. Acks that came together are handed to
// the broker before more is waited for.
type gathering struct {
	from io.Reader
	conn *conn
}

// Read implements io.Reader.
func (g *gathering) Read(p []byte) (int, error) {
	if client := g.conn.client.Load(); client != nil {
		client.Flush()
	}
	return g.from.Read(p)
}
