package workload

import (
	"bytes"
	"math/rand/v2"
	"strconv"

	"github.com/sluicemq/sluice/bridge/torture/ledger"
)

// body returns a body of size bytes or little more, which shows whose it is, and
// whether it is whole.
func body(id ledger.ID, size int) []byte {
	head := strconv.AppendUint(nil, uint64(id), 10)
	head = append(head, ' ')
	head = strconv.AppendInt(head, int64(size), 10)
	head = append(head, ' ')
	b := make([]byte, 0, max(size, len(head)))
	b = append(b, head...)
	for len(b) < size {
		b = append(b, b[:min(len(b), size-len(b))]...)
	}
	return b
}

// idOf returns the id of a message from queue; false when its body is not what
// was sent.
func idOf(b []byte, queue string) (ledger.ID, bool) {
	first, rest, ok := bytes.Cut(b, []byte(" "))
	if !ok {
		return 0, false
	}
	second, _, ok := bytes.Cut(rest, []byte(" "))
	if !ok {
		return 0, false
	}
	id, err := strconv.ParseUint(string(first), 10, 64)
	if err != nil {
		return 0, false
	}
	size, err := strconv.Atoi(string(second))
	if err != nil || size > maxBody || !bytes.Equal(b, body(ledger.ID(id), size)) {
		return 0, false
	}
	return ledger.ID(id) + ledger.ID(copyOf(queue)), true
}

const maxBody = 200 << 10

// size returns that of a body: most are small, some are stored apart from their
// entries, and a few are large.
func size(r *rand.Rand) int {
	switch n := r.IntN(2000); {
	case n == 0:
		return 50<<10 + r.IntN(maxBody-50<<10)
	case n < 20:
		return 5<<10 + r.IntN(30<<10)
	}
	return 60 + r.IntN(80)
}
