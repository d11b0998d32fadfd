package hostile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"strings"
	"sync"
	"time"
)

// Kind is a kind of hostility. It comes by every Way at once.
type Kind struct {
	Name    string
	workers int           // for each way, one connection at a time each
	pace    time.Duration // between two things that one worker does
	do      func(*attack) error
}

// Kinds returns all kinds. Their rates are bounded, so that what they take of the processor
// themselves is not what a good client notices.
func Kinds() []Kind {
	return []Kind{
		{"half-open", 100, 10 * time.Millisecond, (*attack).halfOpen},
		{"slow", 30, 20 * time.Millisecond, (*attack).slow},
		{"churn", 1, 10 * time.Millisecond, (*attack).churn},
		{"flood", 2, 10 * time.Millisecond, (*attack).flood},
		{"deaf", 4, 100 * time.Millisecond, (*attack).deaf},
		{"huge", 1, 50 * time.Millisecond, (*attack).huge},
		{"malformed", 1, 20 * time.Millisecond, (*attack).malformed},
	}
}

// Tally is what has become of the connections of one kind that came by one way.
type Tally struct {
	Opened int
	Cut    int            // ended by the server
	Failed int            // that did not come in
	Said   map[string]int // by the beginning of the server's last words

	mu sync.Mutex
}

func (t *Tally) add(f func(t *Tally)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f(t)
}

// Counts returns a copy.
func (t *Tally) Counts() (opened, cut, failed int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.Opened, t.Cut, t.Failed
}

// Words returns what the server said last, all of it.
func (t *Tally) Words() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return fmt.Sprint(t.Said)
}

// Attack is under way until Stop.
type Attack struct {
	Tallies map[string]*Tally // by the Way's name
	cancel  context.CancelFunc
	all     sync.WaitGroup
}

// Start has a kind come by every way.
func (k Kind) Start(s *Server) *Attack {
	ctx, cancel := context.WithCancel(context.Background())
	a := &Attack{Tallies: make(map[string]*Tally), cancel: cancel}
	for _, w := range Ways() {
		t := &Tally{Said: make(map[string]int)}
		a.Tallies[w.Name] = t
		for i := range k.workers {
			// Ends with ctx, which Stop ends.
			a.all.Go(func() { (&attack{Way: w, Kind: k, ctx: ctx, server: s, tally: t, n: i}).run() })
		}
	}
	return a
}

// begunWithin is how long it may take until somebody has come by every way.
const begunWithin = time.Minute

// Begun returns once a connection has been made by every way.
func (a *Attack) Begun() error {
	end := time.Now().Add(begunWithin)
	for way, t := range a.Tallies {
		for opened := 0; opened == 0; opened, _, _ = t.Counts() {
			if time.Now().After(end) {
				return fmt.Errorf("nobody has come in by %s: %s", way, t.Words())
			}
			time.Sleep(time.Millisecond)
		}
	}
	return nil
}

// Stop ends the attack, and returns when all its connections are closed.
func (a *Attack) Stop() {
	a.cancel()
	a.all.Wait()
}

// attack is one worker.
type attack struct {
	*Way
	Kind
	ctx    context.Context
	server *Server
	tally  *Tally
	n      int
}

// errAgain: the connection is done with, and another one follows.
var errAgain = errors.New("again")

// run has one connection after the other.
func (a *attack) run() {
	for a.ctx.Err() == nil {
		err := a.do(a)
		switch {
		case a.ctx.Err() != nil || err == errAgain:
		case cut(err):
			a.tally.add(func(t *Tally) { t.Cut++ })
		case err != nil:
			a.tally.add(func(t *Tally) { t.Failed++; t.Said[short(err.Error())]++ })
		}
		a.n++
		a.rest()
	}
}

// cut reports whether err says that the server has ended the connection.
func cut(err error) bool {
	return errors.Is(err, io.EOF) || err != nil && (strings.Contains(err.Error(), "reset by peer") || strings.Contains(err.Error(), "broken pipe"))
}

func short(s string) string {
	s = strings.ToValidUTF8(s, "?")
	return s[:min(len(s), 60)]
}

// rest waits for the next thing to be done.
func (a *attack) rest() {
	t := time.NewTimer(a.pace)
	defer t.Stop()
	select {
	case <-t.C:
	case <-a.ctx.Done():
	}
}

// with has f do something on a connection from open.
func (a *attack) with(open func(context.Context, *Server) (*link, error), f func(*link) error) error {
	l, err := open(a.ctx, a.server)
	if err != nil {
		return fmt.Errorf("no way in: %.100s", err) // also when it was cut off
	}
	defer l.close()
	a.tally.add(func(t *Tally) { t.Opened++ })
	return f(l)
}

// listen reads until the server ends the connection, for as long as limit; 0: for ever. What came
// last is in the tally.
func (a *attack) listen(l *link, limit time.Duration) error {
	if limit > 0 {
		if err := l.raw.SetReadDeadline(time.Now().Add(limit)); err != nil {
			return err
		}
	}
	var last [8 << 10]byte
	n := 0
	for {
		m, err := l.Read(last[n:])
		if n += m; n == len(last) {
			n = copy(last[:], last[n-len(last)/2:n])
		}
		if err != nil {
			a.tally.add(func(t *Tally) {
				if n > 0 && len(t.Said) < 100 {
					t.Said[words(last[:n])]++
				}
			})
			if errors.Is(err, os.ErrDeadlineExceeded) {
				return errAgain
			}
			return err
		}
	}
}

// words is where the server's own words begin in what came last: behind what it says to everybody.
func words(b []byte) string {
	s := string(b)
	for _, mark := range []string{"ERROR\n", "-ERR", "HTTP/1.1"} {
		if i := strings.LastIndex(s, mark); i >= 0 {
			return short(s[i:])
		}
	}
	return short(s)
}

// halfOpen begins to say something.
func (a *attack) halfOpen() error {
	return a.with(a.Way.dial, func(l *link) error {
		if _, err := io.WriteString(l, a.half); err != nil {
			return err
		}
		return a.listen(l, 0)
	})
}

// slow says byte for byte what never ends.
func (a *attack) slow() error {
	return a.with(a.Way.dial, func(l *link) error {
		if a.wrap != nil {
			var err error
			if l.Conn, err = a.wrap(l.raw); err != nil {
				return fmt.Errorf("no way in: %.100s", err)
			}
		}
		for i := 0; ; i++ {
			b := []byte{' '}
			if i < len(a.endless) {
				b[0] = a.endless[i]
			}
			if _, err := l.Write(b); err != nil {
				return err
			}
			if err := a.listen(l, a.pace); err != errAgain {
				return err
			}
		}
	})
}

// churn comes and goes.
func (a *attack) churn() error {
	return a.with(a.enter, func(*link) error { return errAgain })
}

// floodBurst is how many requests come at once, and floodTurns how often one connection floods.
const (
	floodBurst = 20
	floodTurns = 500
)

// flood asks for more than anybody needs, and reads what it is told.
func (a *attack) flood() error {
	return a.with(a.enter, func(l *link) error {
		var heard sync.WaitGroup
		defer heard.Wait()
		defer l.close()
		// Ends when the link is closed.
		heard.Go(func() { _, _ = io.Copy(io.Discard, l.Conn) })
		for turn := range floodTurns {
			var b strings.Builder
			for i := range floodBurst {
				fmt.Fprintf(&b, a.cheap, turn*floodBurst+i)
			}
			if _, err := io.WriteString(l, b.String()); err != nil {
				return err
			}
			a.rest()
		}
		return errAgain
	})
}

// deaf asks for much and reads none of it.
func (a *attack) deaf() error {
	return a.with(a.enter, func(l *link) error {
		if tcp, ok := l.raw.(*net.TCPConn); ok {
			_ = tcp.SetReadBuffer(4 << 10) // a larger one is no harm
		}
		if _, err := io.WriteString(l, a.ears); err != nil {
			return err
		}
		for i := 0; ; i++ {
			if _, err := fmt.Fprintf(l, a.thirst, i); err != nil {
				return err
			}
			a.rest()
		}
	})
}

// hugeBytes is how much of what a client has claimed it does send.
const hugeBytes = 8 << 20

// huge claims much.
func (a *attack) huge() error {
	return a.with(a.enter, func(l *link) error {
		_, err := io.WriteString(l, a.Way.huge[a.n%len(a.Way.huge)])
		for sent := 0; sent < hugeBytes && err == nil; sent += len(a.bulk) {
			_, err = io.WriteString(l, a.bulk)
		}
		if err != nil && !cut(err) {
			return err
		}
		return a.listen(l, lastWord) // what it was told before it was cut off
	})
}

// lastWord is how long a client waits for what the server has to say.
const lastWord = 5 * time.Second

// malformed says what makes no sense: some of it may be sense by accident.
func (a *attack) malformed() error {
	open := a.enter
	if a.n%3 == 0 {
		open = a.Way.dial // not even a login
	}
	return a.with(open, func(l *link) error {
		s := a.broken[a.n%len(a.broken)]
		if a.n%2 == 0 {
			s = mangled(s + a.login)
		}
		if _, err := io.WriteString(l, s); err != nil {
			return err
		}
		if half, ok := l.raw.(*net.TCPConn); ok {
			_ = half.CloseWrite() // what is not whole will not be
		}
		return a.listen(l, lastWord)
	})
}

// mangled is s with some bytes of it replaced.
func mangled(s string) string {
	b := []byte(s)
	for range 1 + len(b)/8 {
		if len(b) > 0 {
			b[rand.IntN(len(b))] = byte(rand.IntN(256))
		}
	}
	return string(b)
}
