package mapping_test

import (
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/queuecore"
)

// setting is a field of QueueConfig, what each side calls it, and the test in
// bridge/interop/sides that proves it of two sides; "" where one side alone has a word.
type setting struct{ field, rule, sqs, nats, note, proof string }

func settings() []setting {
	return []setting{
		{"Lease", "lease", "VisibilityTimeout", "ack_wait", "A consumer that names no ack_wait has the queue's. A durable one that is alone on its stream when it names one, by a client who may administer the queue, makes it the queue's until it goes or names none; beside others each has its own. What SQS sets later holds for those who name none. VisibilityTimeout 0 is for SQS receivers alone.", "TestVisibilityTimeoutIsAckWait"},
		{"MaxAttempts", "max_attempts", "RedrivePolicy: maxReceiveCount", "max_deliver", "SQS shows it together with a dead-letter queue alone. Of several consumers the largest is the queue's.", "TestMaxReceiveCountIsMaxDeliver"},
		{"DeadLetter", "dead_letter", "RedrivePolicy: deadLetterTargetArn", "stream metadata `sluice.dead_letter`", "NATS: the name of a stream that is there and does not hand back.", "TestDeadLetterQueueIsMetadata"},
		{"ExpiredTo", "expired_to", "–", "stream metadata `sluice.expired_to`", "", ""},
		{"Delay", "delay", "DelaySeconds", "stream metadata `sluice.delay`", "NATS: a Go duration.", "TestDelayIsMetadata"},
		{"Retention", "retention", "MessageRetentionPeriod", "max_age", "Without end SQS shows 1209600.", "TestRetentionIsMaxAge"},
		{"DedupWindow", "dedup_window", "– (FIFO: 5 minutes when it is made)", "duplicate_window", "A FIFO queue for which NATS names none keeps what it has, or has 5 minutes.", "TestFIFOIsMetadata"},
		{"DedupPerGroup", "–", "DeduplicationScope", "–", "", ""},
		{"GroupOrder", "group_order", "FifoQueue, with the suffix .fifo", "stream metadata `sluice.fifo`", "Fixed when the queue is made. SQS takes only a name with the suffix for a FIFO queue: `orders_x2Efifo` is orders.fifo.", "TestFIFOIsMetadata"},
		{"FairGroups", "fair_groups", "– (standard queues have them)", "–", "", ""},
		{"GroupAffinity", "group_affinity", "–", "–", "", ""},
		{"GroupRebalance", "group_rebalance", "–", "–", "", ""},
		{"MaxInFlight", "max_in_flight", "– (120000)", "–", "max_ack_pending is of one consumer.", ""},
		{"MaxMessages", "max_messages", "–", "max_msgs", "", ""},
		{"MaxBytes", "max_bytes", "–", "max_bytes", "", ""},
		{"DropOldest", "drop_oldest", "–", "discard", "", ""},
		{"MaxPerTopic", "–", "–", "max_msgs_per_subject", "Refused for relays and their members.", ""},
		{"DropOldestPerTopic", "–", "–", "discard_new_per_subject", "NATS says the opposite.", ""},
		{"MaxMessageSize", "max_message_size", "MaximumMessageSize", "max_msg_size", "SQS counts less of a message: what it sets shows in NATS with an addition for what it does not count.", "TestMaximumMessageSizeIsMaxMsgSize"},
		{"BackoffInitial", "backoff", "–", "–", "A consumer's backoff is its leases.", ""},
		{"BackoffMax", "backoff_max", "–", "–", "", ""},
		{"BackoffFactor", "backoff_factor", "–", "–", "", ""},
		{"Relay", "–", "–", "retention: interest", "Fixed when the queue is made.", ""},
		{"Of", "–", "–", "a consumer of such a stream", "Fixed when the queue is made. Bounds and retention are the relay's.", ""},
		{"Topics", "–", "–", "filter_subject, filter_subjects of such a consumer", "", ""},
		{"Own", "–", "–", "whether they cover the stream's name", "", ""},
		{"Transient", "–", "–", "–", "Temporary queues of STOMP sessions.", ""},
		{"Labels", "–", "tags, and attributes that are no rule of the core", "description, deny_purge and others that are no rule of the core", "", ""},
	}
}

func settingsTable() string {
	var b strings.Builder
	b.WriteString("\n## Settings of a queue\n\nA setting is one value, kept to the nanosecond: what one side sets the others show at once and after a restart. SQS shows whole seconds, rounded up; what is past its range is shown as it is, " +
		"though SetQueueAttributes would refuse it. STOMP clients have no word for any; `queue_rules` are for queues that they make by use. A key of metadata that a NATS client leaves out says nothing, and takes the setting away when it is empty.\n\n" +
		"| QueueConfig | queue_rules | SQS | NATS | note | test in bridge/interop/sides |\n|---|---|---|---|---|---|\n")
	for _, s := range settings() {
		proof := "–"
		if s.proof != "" {
			proof = "`" + s.proof + "`"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", s.field, s.rule, s.sqs, s.nats, s.note, proof)
	}
	return b.String()
}

// The table has every setting of a queue, and every test that it names is there.
func TestSettingsTable(t *testing.T) {
	named := make(map[string]bool)
	tests, err := os.ReadFile("../bridge/interop/sides/settings_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range settings() {
		named[s.field] = true
		if s.proof != "" && !strings.Contains(string(tests), "func "+s.proof+"(") {
			t.Errorf("%s: there is no test %s", s.field, s.proof)
		}
	}
	config := reflect.TypeFor[queuecore.QueueConfig]()
	for i := range config.NumField() {
		if !named[config.Field(i).Name] {
			t.Errorf("QueueConfig.%s is not in the table", config.Field(i).Name)
		}
	}
	if len(named) != config.NumField() {
		t.Errorf("the table has %d settings, QueueConfig %d", len(named), config.NumField())
	}
}
