package mapping_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/queuecore"
)

// selected is a name that selectors know, and what a producer of STOMP, NATS and SQS calls the
// same; "": he cannot say it.
type selected struct {
	name, note string
	from       [3]string
}

func selectedNames() []selected {
	return []selected{
		{"JMSCorrelationID", "", [3]string{"correlation-id", "Correlation-Id", "JMS_SQSCorrelationID"}},
		{"JMSType", "", [3]string{"type", "JMSType", "JMSType"}},
		{"JMSPriority", "0 to 9", [3]string{"priority", "JMSPriority", "JMSPriority"}},
		{"JMSXGroupID", "SQS: MessageGroupId as well (gateway)", [3]string{"JMSXGroupID", "JMSXGroupID", "JMSXGroupID"}},
		{"n", "a property", [3]string{"n", "n", "n"}},
		{"x-y.z", "a property with `-` and `.` in its name", [3]string{"x-y.z", "x-y.z", "x-y.z"}},
	}
}

// selectorTable is the part of TABLE.md on selectors.
func selectorTable() string {
	var b strings.Builder
	b.WriteString("\n## What a selector calls it\n\nA selector (STOMP: `selector` on SUBSCRIBE; NATS: `sluice.selector` in a consumer's metadata; SQS: `Sluice.Selector=…` among " +
		"MessageAttributeNames; `sluice queue move` and `browse`) names the same in all dialects, so that one text does for a queue whoever sends. Strings are " +
		"numbers where those are wanted; a name that no message of the dialect has under it is refused with the right one (not in `sluice queue`, which speaks no dialect: there it matches nothing).\n\n" +
		"| in a selector | sent by STOMP as | by NATS as | by SQS as | note |\n|---|---|---|---|---|\n")
	for _, s := range selectedNames() {
		fmt.Fprintf(&b, "| `%s` | `%s` | `%s` | `%s` | %s |\n", s.name, s.from[0], s.from[1], s.from[2], s.note)
	}
	b.WriteString("| `JMSMessageID`, `JMSTimestamp`, `JMSXUserID`, `JMSDeliveryMode` | – | – | – | the broker's own: an id of 36 characters, ms since 1970, the authenticated sender, PERSISTENT |\n")
	fmt.Fprintf(&b, "| `%s`, `%s`, `%s` | – | – | – | of dead letters alone |\n", queuecore.DeadQueue, queuecore.DeadReason, queuecore.DeadAttempts)
	return b.String()
}

// What the table says of a name holds of a message of each dialect.
func TestSelectorTable(t *testing.T) {
	for _, s := range selectedNames() {
		value := "7"
		want, err := queuecore.CompileSelector(s.name+" = "+value+" OR "+s.name+" = '7'", queuecore.SelectorOptions{Convert: true, Hyphens: true})
		if s.name == "JMSPriority" {
			want, err = queuecore.CompileSelector("JMSPriority = 7", queuecore.SelectorOptions{})
		}
		if err != nil {
			t.Fatal(err)
		}
		stomp, err1 := mapping.STOMP{}.Decode([]mapping.Header{{Name: "destination", Value: "/queue/q"}, {Name: s.from[0], Value: value}}, nil, time.Now())
		nats, err2 := mapping.NATS{}.Decode([]mapping.Header{{Name: s.from[1], Value: value}}, nil, time.Now())
		kind := "String"
		if s.name == "JMSPriority" {
			kind = "Number.int"
		}
		sqs, err3 := mapping.SQS{}.Decode(mapping.SQSMessage{Body: "b", Delay: -1, Attributes: []mapping.SQSAttribute{{Name: s.from[2], DataType: kind, Text: value}}}, time.Now())
		for dialect, x := range map[string]struct {
			m   *queuecore.Message
			err error
		}{"STOMP": {stomp, err1}, "NATS": {nats, err2}, "SQS": {sqs, err3}} {
			if x.err != nil || !want.Match(x.m) {
				t.Errorf("%s: %s does not see what is sent: %v", dialect, s.name, x.err)
			}
		}
	}
}
