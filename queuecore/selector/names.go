package selector

import (
	"slices"
	"strings"
)

// headers are the header fields that a selector may look at (Jakarta Messaging
// 3.1, 3.8.1.1).
var headers = []string{"JMSDeliveryMode", "JMSPriority", "JMSMessageID", "JMSTimestamp", "JMSCorrelationID", "JMSType"}

// allowedNames tells of isAllowed.
const allowedNames = "JMSDeliveryMode, JMSPriority, JMSMessageID, JMSTimestamp, JMSCorrelationID, JMSType, " +
	"a name that begins with JMSX or JMS_, or one that does not begin with JMS"

// isAllowed reports whether a selector may look at name: all names that begin with
// JMS are reserved, and of those only some may be used.
func isAllowed(name string) bool {
	return !strings.HasPrefix(name, "JMS") || strings.HasPrefix(name, "JMSX") || strings.HasPrefix(name, "JMS_") || isHeader(name)
}

func isHeader(name string) bool { return slices.Contains(headers, name) }

// cached is how many names an evaluation remembers the values of.
const cached = 8

// settle gives the names that come more than once a slot each, as far as there
// are slots, and returns all names, sorted.
func settle(root *node) []string {
	uses := make(map[string]int)
	root.walk(func(n *node) {
		if n.op == opName {
			uses[n.value.str]++
		}
	})
	slots := make(map[string]uint8)
	root.walk(func(n *node) {
		if n.op != opName || uses[n.value.str] < 2 {
			return
		}
		name := n.value.str
		if slots[name] == 0 && len(slots) < cached {
			slots[name] = uint8(len(slots) + 1)
		}
		n.slot = slots[name]
	})
	names := make([]string, 0, len(uses))
	for name := range uses {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
