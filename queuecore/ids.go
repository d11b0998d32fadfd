package queuecore

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
)

// idSource makes message ids: RFC 9562 version 7, with the 12 bits after the
// millisecond used as a counter (method 1 of section 6.2), so that the ids of
// one process sort in the order in which they were made.
type idSource struct{ last atomic.Int64 } // milliseconds << 12 | counter

func (s *idSource) next(now int64) MessageID {
	t := now / 1e6 << 12
	for {
		last := s.last.Load()
		n := max(t, last+1)
		if s.last.CompareAndSwap(last, n) {
			return makeID(n)
		}
	}
}

func makeID(n int64) MessageID {
	var id MessageID
	binary.BigEndian.PutUint64(id[0:], uint64(n>>12)<<16|0x7000|uint64(n&0xfff))
	binary.BigEndian.PutUint64(id[8:], rand.Uint64()&^(3<<62)|2<<62)
	return id
}

// ParseMessageID reads what MessageID.String wrote. The error is ErrInvalid.
func ParseMessageID(s string) (id MessageID, err error) {
	b, err := hex.DecodeString(strings.ReplaceAll(s, "-", ""))
	copy(id[:], b)
	if err != nil || id.String() != s {
		return MessageID{}, fmt.Errorf("message id %q: %w", s, ErrInvalid)
	}
	return id, nil
}
