package mapping

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sluicemq/sluice/queuecore"
)

// alphabet tells which characters a dialect's names may hold. A name's other
// bytes are spelled "_x" and two upper-case hexadecimal digits, and an underscore
// that would by chance begin such a spelling is spelled so itself. A name within
// the alphabet that holds no such spelling stands for itself.
type alphabet func(r rune) bool

const escapeLen = len("_xHH")

// encode spells name within the alphabet. No two names are spelled alike.
func (legal alphabet) encode(name string) string {
	i := legal.firstEscape(name)
	if i == len(name) {
		return name
	}
	b := make([]byte, i, len(name)+4*escapeLen)
	copy(b, name)
	for i < len(name) {
		r, n := utf8.DecodeRuneInString(name[i:])
		if legal.plain(r, n) && !legal.spellsByte(name[i:]) {
			b = append(b, name[i:i+n]...)
		} else {
			for _, c := range []byte(name[i : i+n]) {
				b = fmt.Appendf(b, "_x%02X", c)
			}
		}
		i += n
	}
	return string(b)
}

// firstEscape returns the place of the first character that needs one, or the length.
func (legal alphabet) firstEscape(name string) int {
	for i, r := range name {
		if r == utf8.RuneError || !legal(r) || legal.spellsByte(name[i:]) {
			return i
		}
	}
	return len(name)
}

func (legal alphabet) plain(r rune, n int) bool {
	return (r != utf8.RuneError || n > 1) && legal(r)
}

// decode is the inverse of encode. A spelling that encode would not have chosen is refused.
func (legal alphabet) decode(spelled string) (string, error) {
	name := spelled
	if strings.Contains(spelled, "_x") {
		name = legal.decodeBytes(spelled)
	}
	if name == "" || legal.encode(name) != spelled {
		return "", fmt.Errorf("name %q: no queue is spelled like this: %w", spelled, queuecore.ErrInvalid)
	}
	return name, nil
}

func (legal alphabet) decodeBytes(s string) string {
	b := make([]byte, 0, len(s))
	for len(s) > 0 {
		if legal.spellsByte(s) {
			c, _ := hexByte(s[2:])
			b, s = append(b, c), s[escapeLen:]
		} else {
			b, s = append(b, s[0]), s[1:]
		}
	}
	return string(b)
}

// spellsByte reports whether s begins with the spelling of a byte that needs
// one: a byte outside the alphabet, or an underscore before what would be read as such.
func (legal alphabet) spellsByte(s string) bool {
	if s == "" || s[0] != '_' {
		return false
	}
	for s = s[1:]; len(s) >= 3 && s[0] == 'x'; s = s[3:] {
		c, ok := hexByte(s[1:])
		if !ok || c != '_' {
			return ok && (c >= utf8.RuneSelf || !legal(rune(c)))
		}
	}
	return false
}

func hexByte(s string) (byte, bool) {
	hi, ok1 := hexDigit(s[0])
	lo, ok2 := hexDigit(s[1])
	return hi<<4 | lo, ok1 && ok2
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

// sqsName is the alphabet of SQS queue names but for the suffix of a FIFO queue
// (CreateQueue, QueueName).
func sqsName(r rune) bool { return r < utf8.RuneSelf && isWordByte(byte(r)) }

// natsStream is the alphabet of stream names: what is printed, but for the dots
// and wildcards of subjects and the separators of paths (ADR-6, "Names").
func natsStream(r rune) bool {
	if r < utf8.RuneSelf {
		return r > ' ' && r < 0x7f && strings.IndexByte(`.*>/\`, byte(r)) < 0
	}
	return unicode.IsPrint(r) && !isBlank(r)
}

// natsToken is the alphabet of one token of a subject.
func natsToken(r rune) bool {
	if r < utf8.RuneSelf {
		return r > ' ' && r < 0x7f && r != '.' && r != '*' && r != '>'
	}
	return unicode.IsPrint(r) && !isBlank(r)
}
