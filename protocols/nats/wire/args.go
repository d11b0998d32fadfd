package wire

import (
	"bytes"
	"fmt"
)

const crlf = "\r\n"

// maxArgs is the most arguments that a verb has: those of HPUB.
const maxArgs = 4

// none is the position of an argument that is not there.
const none = -1

// args are the arguments of a line as offsets into it, so that the line may
// move while the payload is read.
type args struct {
	n      int
	pos    [maxArgs][2]int
	middle int // index of the reply subject or queue group, or none
	header int // HPUB: bytes of headers
	size   int // PUB, HPUB: bytes of headers and body
	max    int // UNSUB
}

// at returns argument i of the line, nil when i is none.
func (a *args) at(line []byte, i int) []byte {
	if i == none {
		return nil
	}
	return line[a.pos[i][0]:a.pos[i][1]:a.pos[i][1]]
}

// parse reads a line with its end. Verbs may be in either case.
func (a *args) parse(line []byte) (Verb, error) {
	line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
	name := line
	if i := bytes.IndexAny(line, " \t"); i >= 0 {
		name = line[:i]
	}
	verb := verbOf(name)
	if verb == 0 {
		return 0, fmt.Errorf("%.32q: %w", line, ErrUnknown)
	}
	a.middle = none
	if verb == Connect {
		return verb, a.json(line, len(name))
	}
	if verb == Ping || verb == Pong {
		return verb, nil
	}
	if !a.split(line, len(name)) || !a.check(verb, line) {
		return 0, fmt.Errorf("arguments of %.64q: %w", line, ErrUnknown)
	}
	return verb, nil
}

func verbOf(name []byte) Verb {
	var upper [longestVerb]byte
	if len(name) > len(upper) {
		return 0
	}
	for i, c := range name {
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		upper[i] = c
	}
	switch string(upper[:len(name)]) {
	case "PUB":
		return Pub
	case "HPUB":
		return HPub
	case "SUB":
		return Sub
	case "UNSUB":
		return Unsub
	case "PING":
		return Ping
	case "PONG":
		return Pong
	case "CONNECT":
		return Connect
	}
	return 0
}

// json takes the rest of the line as the one argument of CONNECT.
func (a *args) json(line []byte, from int) error {
	rest := bytes.TrimLeft(line[from:], " \t")
	if len(rest) == 0 {
		return fmt.Errorf("CONNECT without options: %w", ErrUnknown)
	}
	a.n, a.pos[0] = 1, [2]int{len(line) - len(rest), len(line)}
	return nil
}

// split finds the arguments behind the verb; false when there are too many.
func (a *args) split(line []byte, from int) bool {
	start := none
	for i := from; i <= len(line); i++ {
		if i < len(line) && line[i] != ' ' && line[i] != '\t' {
			if start == none {
				start = i
			}
			continue
		}
		if start == none {
			continue
		}
		if a.n == maxArgs {
			return false
		}
		a.pos[a.n] = [2]int{start, i}
		a.n++
		start = none
	}
	return true
}

// check reads the numbers and finds the argument in the middle, if there is one.
func (a *args) check(verb Verb, line []byte) (ok bool) {
	least, most := arity(verb)
	if a.n < least || a.n > most {
		return false
	}
	if a.n == most && verb != Unsub {
		a.middle = 1
	}
	switch verb {
	case Pub:
		a.size, ok = number(a.at(line, a.n-1))
	case HPub:
		a.size, ok = number(a.at(line, a.n-1))
		if ok {
			a.header, ok = number(a.at(line, a.n-2))
		}
		ok = ok && a.header <= a.size
	case Unsub:
		ok = true
		if a.n == most {
			a.max, ok = number(a.at(line, 1))
		}
	default:
		ok = true
	}
	return ok
}

// arity is how many arguments a verb has at least and at most.
func arity(verb Verb) (least, most int) {
	switch verb {
	case HPub:
		return 3, 4
	case Unsub:
		return 1, 2
	default: // PUB, SUB
		return 2, 3
	}
}

// number reads a decimal of up to nine digits.
func number(b []byte) (int, bool) {
	if len(b) == 0 || len(b) > 9 {
		return 0, false
	}
	n := 0
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int(c-'0')
	}
	return n, true
}
