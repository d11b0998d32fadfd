package stomp

import (
	"errors"
	"os"
	"strings"
)

const limited = "To prevent malicious clients from exploiting memory allocation in a server, servers MAY place maximum limits … If these limits are exceeded the server SHOULD send the client an ERROR frame and then close the connection."

func limitChecks() []check {
	return []check{
		{
			"limits.headers", "sends 20,000 headers in one frame",
			on("1.1 1.2", should, "Size Limits", limited),
			func(p *probe) { checkLimit(p, "SEND\n"+strings.Repeat("a:b\n", 20_000)) },
		}, {
			"limits.header-line", "sends a header line of 1 MiB",
			on("1.1 1.2", should, "Size Limits", limited),
			func(p *probe) { checkLimit(p, "SEND\nfoo:"+strings.Repeat("x", 1<<20)) },
		}, {
			"limits.body", "announces a body of 2 GiB",
			on("1.1 1.2", should, "Size Limits", limited),
			func(p *probe) { checkLimit(p, "SEND\ndestination:"+p.queue()+"\ncontent-length:2147483647\n\nx") },
		},
	}
}

// checkLimit sends the beginning of a frame. A server that waits for the rest has
// no limit there, or a higher one; it may take all the time of the check to read so much.
func checkLimit(p *probe, begin string) {
	c := p.connect()
	c.send(begin)
	if p.over() {
		return
	}
	f, err := c.read(p.deadline)
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		p.skip("the server has no limit there")
	case err != nil:
		p.fail("ERROR, and the end of the connection", "%s", describe(err))
	default:
		c.checked(f, "ERROR")
		c.closed()
	}
}
