package mapping

import "github.com/sluicemq/sluice/queuecore"

// groupSeq is the property that numbers the messages of a group. Jakarta Messaging 3.1,
// 3.5.9. With ActiveMQ a negative one says that the message is the last.
const groupSeq = "JMSXGroupSeq"

// endGroup says whether m is the last message of its group, as its properties have it.
func endGroup(m *queuecore.Message) {
	if m.Group == "" {
		return
	}
	switch v, _ := m.Properties.Get(groupSeq); v := v.(type) {
	case string:
		m.GroupEnd = v == "-1"
	case queuecore.Decimal:
		m.GroupEnd = v == "-1"
	case int8:
		m.GroupEnd = v == -1
	case int16:
		m.GroupEnd = v == -1
	case int32:
		m.GroupEnd = v == -1
	case int64:
		m.GroupEnd = v == -1
	}
}
