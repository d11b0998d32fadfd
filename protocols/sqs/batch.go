package sqs

import (
	"strconv"

	"github.com/sluicemq/sluice/protocols/sqs/wire"
)

// checkBatch checks what makes a whole batch invalid: how many entries there are,
// and their ids.
// SendMessageBatch and its like, "Errors".
func (c *call) checkBatch(n int, id func(i int) string) error {
	entry := c.action + "RequestEntry"
	switch {
	case n == 0:
		return wire.Errorf(wire.EmptyBatchRequest, "There should be at least one %s in the request.", entry)
	case n > maxEntries:
		return wire.Errorf(wire.TooManyEntriesInBatchRequest, "Maximum number of entries per request are %d. You have sent %d.", maxEntries, n)
	}
	seen := make(map[string]bool, n)
	for i := range n {
		x := id(i)
		switch {
		case x == "":
			return missing(entry + "." + strconv.Itoa(i+1) + ".Id")
		case !isName(x) || len(x) > maxEntryID:
			return wire.Errorf(wire.InvalidBatchEntryID, "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most %d letters long.", maxEntryID)
		case seen[x]:
			return wire.Errorf(wire.BatchEntryIdsNotDistinct, "Id %s repeated.", x)
		}
		seen[x] = true
	}
	return nil
}
