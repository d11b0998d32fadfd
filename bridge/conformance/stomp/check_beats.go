package stomp

import (
	"errors"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const (
	// ours is the interval that the checks ask for.
	ours = 500 * time.Millisecond
	// slowest is the longest interval of a server that a check waits for.
	slowest = 4 * time.Second
)

var twoNumbers = regexp.MustCompile(`^[0-9]+,[0-9]+$`)

func beatChecks() []check {
	return []check{
		{
			"beats.header", "reads the heart-beat header of CONNECTED",
			on("1.1 1.2", must, "Heart-beating", "When used, the heart-beat header MUST contain two positive integers separated by a comma."),
			func(p *probe) {
				c := p.dial()
				c.sendConnect("CONNECT", p.version, "heart-beat:500,500")
				f := c.expectConnected(p.version)
				h, ok := f.header("heart-beat")
				if !ok {
					p.skip("the server does not use heart-beats")
				} else if !twoNumbers.MatchString(h) {
					p.fail("two numbers with a comma between", "%q", h)
				}
			},
		}, {
			"beats.none", "sends no heart-beat header, and nothing for a while; nothing comes, and the connection stays",
			on("1.1 1.2", must, "Heart-beating", `A missing heart-beat header MUST be treated the same way as a "heart-beat:0,0" header, that is: the party cannot send and does not want to receive heart-beats.`),
			func(p *probe) {
				c := p.connect()
				c.still(3 * ours)
				c.sync()
			},
		}, {
			"beats.one-way", "sends beats and wants none; none come",
			on("1.1 1.2", must, "Heart-beating", "if <cx> is 0 … or <sy> is 0 … then there will be none … In the other direction, <sx> and <cy> are used the same way."),
			func(p *probe) {
				p.onTime(func() *client {
					c, n := p.beating()
					for i := 0; i < 6 && !p.over(); i++ {
						c.write([]byte("\n"))
						c.still(n / 2)
					}
					c.sync()
					return c
				})
			},
		}, {
			"beats.server", "wants beats; data come in each interval",
			on("1.1 1.2", must, "Heart-beating", "the sender MUST send new data over the network connection at least every <n> milliseconds"),
			func(p *probe) { checkServerBeats(p, false) },
		}, {
			"beats.newline", "wants beats; a line end comes where there is nothing else to send",
			on("1.1 1.2", must, "Heart-beating", "if the sender has no real STOMP frame to send, it MUST send an end-of-line (EOL)"),
			func(p *probe) { checkServerBeats(p, true) },
		}, {
			"beats.client", "sends line ends in time, and nothing else; the connection stays",
			on("1.1 1.2", must, "Heart-beating", "any new data received over the network connection is an indication that the remote end is alive"),
			func(p *probe) { checkAlive(p, "\n", 2, 1) },
		}, {
			"beats.any-data", "sends frames in time, and no beats; the connection stays",
			on("1.1 1.2", must, "Heart-beating", "any new data received over the network connection is an indication that the remote end is alive"),
			func(p *probe) { checkAlive(p, "BEGIN\ntransaction:t\n\n^@ABORT\ntransaction:t\n\n^@", 2, 1) },
		}, {
			"beats.tolerance", "sends beats that are late by a fifth of the interval; the connection stays",
			on("1.1 1.2", should, "Heart-beating", "because of timing inaccuracies, the receiver SHOULD be tolerant and take into account an error margin"),
			func(p *probe) { checkAlive(p, "\n", 5, 6) },
		}, {
			"beats.silent-client", "promises beats, and sends none; the connection is cut",
			on("1.1 1.2", may, "Heart-beating", "if the receiver did not receive any new data, it MAY consider the connection as dead"),
			func(p *probe) {
				c, n := p.beating()
				p.extend(6 * n)
				f, err := c.readWithin(6 * n)
				if err == nil && f.command == "ERROR" {
					_, err = c.readWithin(6 * n)
				}
				if !p.over() && (err == nil || errors.Is(err, os.ErrDeadlineExceeded)) {
					p.fail("the end of the connection", "it is still open after six intervals")
				}
			},
		}, {
			"beats.malformed", "sends a heart-beat header that is not two numbers",
			on("1.1 1.2", should, "Heart-beating", "When used, the heart-beat header MUST contain two positive integers separated by a comma."),
			func(p *probe) {
				c := p.dial()
				c.sendConnect("CONNECT", p.version, "heart-beat:often,please")
				c.refused()
			},
		},
	}
}

// beatsOf reads what a server can send and wants to get; 0: neither.
func beatsOf(f *frame) (can, wants time.Duration) {
	h, _ := f.header("heart-beat")
	x, y, _ := strings.Cut(h, ",")
	sx, _ := strconv.Atoi(x) // 0 when it is no number: beats.header judges that
	sy, _ := strconv.Atoi(y)
	return time.Duration(sx) * time.Millisecond, time.Duration(sy) * time.Millisecond
}

// beating connects a client that can send beats and wants none, and returns the
// interval that is in force.
func (p *probe) beating() (*client, time.Duration) {
	c := p.dial()
	c.spoke = time.Now()
	c.sendConnect("CONNECT", p.version, "heart-beat:500,0")
	f := c.expectConnected(p.version)
	_, wants := beatsOf(&f)
	c.every = p.interval(wants)
	return c, c.every
}

// promise is how often a client has said that it will send something.
type promise struct {
	every  time.Duration // 0: it has not
	spoke  time.Time     // when it began to send the last time
	broken bool
	held   bool // a wait was longer than it should be: the machine stood still
}

// speaks notes that something was sent, from a time until now.
func (x *promise) speaks(since time.Time) {
	x.broken = x.late()
	x.spoke = since
}

// late reports whether the server may have had to wait for too long, or could not do otherwise itself.
func (x *promise) late() bool {
	return x.held || x.broken || x.every > 0 && time.Since(x.spoke) > x.every
}

// rounds is how often onTime tries.
const rounds = 5

// onTime runs a check in which the kit or the server has promised to send in time. When a busy machine has
// held up the kit, a failure says nothing about the server: then it is run again.
func (p *probe) onTime(check func() *client) {
	for i := 1; ; i++ {
		c := check()
		if p.failure == nil || !c.late() || i == rounds {
			return
		}
		c.cut()
		p.failure = nil
	}
}

// interval is the slower of ours and the server's.
func (p *probe) interval(theirs time.Duration) time.Duration {
	switch n := max(ours, theirs); {
	case theirs == 0:
		p.skip("the server does not want to: its half of heart-beat is 0")
	case n > slowest:
		p.skip("the server's interval of %v is too long to wait for", n)
	default:
		p.extend(8 * n)
		return n
	}
	return ours
}

// still fails when an octet comes within d. One line end is not counted: some servers
// send it behind CONNECTED.
func (c *client) still(d time.Duration) {
	if c.p.over() {
		return
	}
	c.p.extend(d)
	err := c.inPieces(d, c.fill)
	if err == nil && !c.padded && string(c.buf) == "\n" {
		c.padded, c.buf = true, nil
		err = c.inPieces(d, c.fill)
	}
	if err == nil {
		c.p.fail("nothing", "%q", c.buf)
	} else if !errors.Is(err, os.ErrDeadlineExceeded) {
		c.p.fail("an open connection", "%s", describe(err))
	}
}

// checkServerBeats wants data in each of three intervals; of line ends alone, when told so.
func checkServerBeats(p *probe, lineEnds bool) {
	p.onTime(func() *client {
		c := p.dial()
		c.sendConnect("CONNECT", p.version, "heart-beat:0,500")
		f := c.expectConnected(p.version)
		can, _ := beatsOf(&f)
		n := p.interval(can)
		for i := 0; i < 3 && !p.over(); i++ {
			c.hear(n, lineEnds)
		}
		return c
	})
}

// hear wants data within an interval, or twice of it: what the network and a busy machine may add.
func (c *client) hear(n time.Duration, lineEnds bool) {
	c.buf = nil
	if err := c.inPieces(2*n, c.fill); err != nil {
		c.p.fail("data every "+n.String(), "%s", describe(err))
	} else if lineEnds && strings.Trim(string(c.buf), "\r\n") != "" {
		c.p.fail("line ends", "%q", c.buf)
	}
}

// checkAlive sends data every n·num/den for five times, and looks whether the
// connection is still there.
func checkAlive(p *probe, data string, den, num int) {
	p.onTime(func() *client {
		c, n := p.beating()
		pause := n * time.Duration(num) / time.Duration(den)
		c.every = max(n, pause+n/5)
		for i := 0; i < 5 && !p.over(); i++ {
			time.Sleep(pause)
			c.send(data)
		}
		c.sync()
		return c
	})
}
