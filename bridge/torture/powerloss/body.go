package powerloss

import (
	"bytes"
	"hash/fnv"
	"math/rand/v2"
	"strings"
)

// text is what bodies are made of: every dialect carries it.
const text = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// body makes the body of the message called name, so that any other is known to
// be damaged. One in eight is over 4 KiB, and of those sent alone one in fifty is
// large. Names that begin with an s are of messages that a wire has to carry.
func body(name string) []byte {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // never fails
	rnd := rand.New(rand.NewPCG(h.Sum64(), 0))
	n := 20 + rnd.IntN(1500)
	switch k := rnd.IntN(100); {
	case k < 2 && strings.HasPrefix(name, "s"):
		n = 500 << 10
	case k < 2 && !strings.Contains(name, "+"): // a transaction with several may be too large
		n = 1<<20 + rnd.IntN(400<<10)
	case k < 13:
		n = 4<<10 + rnd.IntN(16<<10)
	}
	b := append(make([]byte, 0, n+len(name)+9), name...)
	b = append(b, ' ')
	for len(b) < n {
		x := rnd.Uint64()
		for range 8 {
			b = append(b, text[x%uint64(len(text))])
			x >>= 8
		}
	}
	return b
}

// nameOf returns a body's name. That of a damaged one is no message's name.
func nameOf(b []byte) string {
	name, _, _ := bytes.Cut(b[:min(len(b), 100)], []byte(" "))
	if !bytes.Equal(b, body(string(name))) {
		return "damaged:" + string(bytes.ToValidUTF8(name, []byte("?")))
	}
	return string(name)
}
