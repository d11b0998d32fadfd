package sqs_test

import (
	"strings"
	"testing"

	"github.com/sluicemq/sluice/protocols/sqs"
)

// Bodies of the JSON form that no client in its right mind would send.
func TestHostileJSON(t *testing.T) {
	h := start(t, sqs.Options{})
	h.post("CreateQueue", `{"QueueName":"q","Attributes":{"VisibilityTimeout":"0"}}`)
	const malformed = "MalformedInput"
	deep := func(open, shut string, n int) string {
		return `{"QueueUrl":"q","X":` + strings.Repeat(open, n) + `1` + strings.Repeat(shut, n) + `}`
	}
	for _, c := range []struct{ name, action, body, code, text string }{
		{"nothing", "ListQueues", "", "", ""},
		{"spaces", "ListQueues", " \r\n\t", "", ""},
		{"empty structure", "ListQueues", "{}", "", ""},
		{"null", "ListQueues", "null", malformed, "not valid JSON"},
		{"a string", "ListQueues", `"x"`, malformed, "A structure was expected"},
		{"a number", "ListQueues", "1", malformed, "A structure was expected"},
		{"a list", "ListQueues", "[]", malformed, "Unrecognized collection type"},
		{"two structures", "ListQueues", "{}{}", malformed, "text after the end"},
		{"cut off in a structure", "SendMessage", `{"QueueUrl":"q"`, malformed, "',' or '}' expected"},
		{"cut off in a string", "SendMessage", `{"QueueUrl":"q","MessageBody":"x`, malformed, "string without an end"},
		{"cut off in an escape", "SendMessage", `{"QueueUrl":"q","MessageBody":"x\u00`, malformed, "string without an end"},
		{"cut off in a number", "SendMessage", `{"QueueUrl":"q","DelaySeconds":1e`, malformed, "digit expected"},
		{"cut off in a word", "SendMessage", `{"QueueUrl":"q","MessageBody":tru`, malformed, "unexpected character"},
		{"comma at the end", "SendMessage", `{"QueueUrl":"q",}`, malformed, "name expected"},
		{"byte order mark", "ListQueues", "\xef\xbb\xbf{}", malformed, "unexpected character at byte 0"},
		{"UTF-16", "ListQueues", "\xfe\xff\x00{\x00}", malformed, "not valid JSON"},
		{"invalid UTF-8", "SendMessage", "{\"QueueUrl\":\"q\",\"MessageBody\":\"\xff\"}", malformed, "invalid UTF-8"},
		{"overlong UTF-8", "SendMessage", "{\"QueueUrl\":\"q\",\"MessageBody\":\"\xc0\x80\"}", malformed, "invalid UTF-8"},
		{"half a surrogate pair", "SendMessage", `{"QueueUrl":"q","MessageBody":"\udc00"}`, malformed, `bad \u escape`},
		{"NUL between tokens", "ListQueues", "{\x00}", malformed, "name expected"},
		{"NUL in a string", "SendMessage", "{\"QueueUrl\":\"q\",\"MessageBody\":\"a\x00\"}", malformed, "control character"},
		{"escaped NUL in a name", "SendMessage", `{"QueueUrl\u0000":"q"}`, "MissingParameter", "QueueUrl"},
		{"as deep as it may be", "ListQueueTags", deep(`[`, `]`, 15), "", ""},
		{"deep lists", "ListQueueTags", deep(`[`, `]`, 100_000), malformed, "nests deeper than 16 levels"},
		{"deep structures", "ListQueueTags", deep(`{"a":`, `}`, 100_000), malformed, "nests deeper than 16 levels"},
		{"a long list", "ListQueueTags", `{"QueueUrl":"q","X":[` + strings.Repeat("1,", 5000) + `1]}`, malformed, "more than 1000 elements"},
		{"many members", "ListQueueTags", `{` + strings.Repeat(`"a":1,`, 5000) + `"QueueUrl":"q"}`, malformed, "more than 1000 elements"},
		{"members that nobody knows", "SendMessage", `{"QueueUrl":"q","MessageBody":"x","x":{"y":[null,{"z":1e999}]},"queueUrl":"none"}`, "", ""},
		{"null members", "SendMessage", `{"QueueUrl":"q","MessageBody":"x","DelaySeconds":null,"MessageAttributes":null,"MessageGroupId":null}`, "", ""},
		{"null for what must be there", "SendMessage", `{"QueueUrl":"q","MessageBody":null}`, "MissingParameter", "MessageBody"},
		{"null in a list", "GetQueueAttributes", `{"QueueUrl":"q","AttributeNames":[null,"All",null]}`, "", ""},
		{"null in a map", "SetQueueAttributes", `{"QueueUrl":"q","Attributes":{"DelaySeconds":null,"VisibilityTimeout":"0"}}`, "", ""},
		{"null alone in a map", "SetQueueAttributes", `{"QueueUrl":"q","Attributes":{"DelaySeconds":null}}`, "MissingParameter", "Attributes"},
		{"null entries of a batch", "SendMessageBatch", `{"QueueUrl":"q","Entries":[null]}`, "AWS.SimpleQueueService.EmptyBatchRequest", ""},
		{"one name twice", "SendMessage", `{"QueueUrl":"none","QueueUrl":"q","MessageBody":"x"}`, "", ""},
		{"one name twice, the last is none", "SendMessage", `{"QueueUrl":"q","QueueUrl":"none","MessageBody":"x"}`, "AWS.SimpleQueueService.NonExistentQueue", ""},
		{"string for a list", "GetQueueAttributes", `{"QueueUrl":"q","AttributeNames":"All"}`, malformed, "A list was expected"},
		{"structure for a list", "GetQueueAttributes", `{"QueueUrl":"q","AttributeNames":{}}`, malformed, "Start of structure"},
		{"list for a string", "SendMessage", `{"QueueUrl":["q"],"MessageBody":"x"}`, malformed, "Start of list found where not expected"},
		{"list in a list", "UntagQueue", `{"QueueUrl":"q","TagKeys":[["a"]]}`, malformed, "Start of list found where not expected"},
		{"structure in a map", "TagQueue", `{"QueueUrl":"q","Tags":{"a":{}}}`, malformed, "Start of structure"},
		{"list for a map", "TagQueue", `{"QueueUrl":"q","Tags":[]}`, malformed, "Unrecognized collection type"},
		{"strings for entries", "DeleteMessageBatch", `{"QueueUrl":"q","Entries":["a"]}`, malformed, "A structure was expected"},
		{"structure for entries", "DeleteMessageBatch", `{"QueueUrl":"q","Entries":{"Id":"1"}}`, malformed, "Start of structure"},
		{"binary that is none", "SendMessage", `{"QueueUrl":"q","MessageBody":"x","MessageAttributes":{"a":{"DataType":"Binary","BinaryValue":"A"}}}`, malformed, "base64"},
		{"binary of a number", "SendMessage", `{"QueueUrl":"q","MessageBody":"x","MessageAttributes":{"a":{"DataType":"Binary","BinaryValue":12345}}}`, malformed, "base64"},
		{"base64 for addresses", "SendMessage", `{"QueueUrl":"q","MessageBody":"x","MessageAttributes":{"a":{"DataType":"Binary","BinaryValue":"_-8="}}}`, malformed, "base64"},
		{"number for a string", "SendMessage", `{"QueueUrl":"q","MessageBody":12.50}`, "", ""},
		{"number for a queue", "SendMessage", `{"QueueUrl":1,"MessageBody":"x"}`, "AWS.SimpleQueueService.NonExistentQueue", ""},
		{"boolean for a string", "SendMessage", `{"QueueUrl":"q","MessageBody":false}`, "", ""},
		{"number for an attribute", "SetQueueAttributes", `{"QueueUrl":"q","Attributes":{"VisibilityTimeout":0}}`, "", ""},
		{"string for a number", "ReceiveMessage", `{"QueueUrl":"q","MaxNumberOfMessages":"1"}`, malformed, "STRING_VALUE can not be converted to an Integer"},
		{"boolean for a number", "ReceiveMessage", `{"QueueUrl":"q","MaxNumberOfMessages":true}`, malformed, "TRUE_VALUE"},
		{"1.0", "ReceiveMessage", `{"QueueUrl":"q","MaxNumberOfMessages":1.0}`, "", ""},
		{"1e0", "ReceiveMessage", `{"QueueUrl":"q","MaxNumberOfMessages":1e0}`, "", ""},
		{"1e3", "ReceiveMessage", `{"QueueUrl":"q","MaxNumberOfMessages":1e3}`, "InvalidParameterValue", "Value 1000 for parameter MaxNumberOfMessages"},
		{"-0", "ReceiveMessage", `{"QueueUrl":"q","WaitTimeSeconds":-0}`, "", ""},
		{"1.5", "ReceiveMessage", `{"QueueUrl":"q","MaxNumberOfMessages":1.5}`, malformed, "NUMBER_VALUE can not be converted to an Integer"},
		{"1e999", "ReceiveMessage", `{"QueueUrl":"q","MaxNumberOfMessages":1e999}`, malformed, "NUMBER_VALUE"},
		{"2^31", "ReceiveMessage", `{"QueueUrl":"q","MaxNumberOfMessages":2147483648}`, malformed, "NUMBER_VALUE"},
		{"2^64", "SendMessage", `{"QueueUrl":"q","MessageBody":"x","DelaySeconds":18446744073709551617}`, malformed, "NUMBER_VALUE"},
		{"2^31-1", "ListQueues", `{"MaxResults":2147483647}`, "InvalidParameterValue", "Value 2147483647 for parameter MaxResults"},
		{"-2^31", "ListQueues", `{"MaxResults":-2147483648}`, "InvalidParameterValue", "Value -2147483648 for parameter MaxResults"},
		{"01", "ReceiveMessage", `{"QueueUrl":"q","MaxNumberOfMessages":01}`, malformed, "',' or '}' expected"},
		{"+1", "ReceiveMessage", `{"QueueUrl":"q","MaxNumberOfMessages":+1}`, malformed, "unexpected character"},
		{"NaN", "ReceiveMessage", `{"QueueUrl":"q","MaxNumberOfMessages":NaN}`, malformed, "unexpected character"},
		{"a form", "SendMessage", `QueueUrl=q&MessageBody=x`, malformed, "not valid JSON"},
		{"a comment", "ListQueues", `{/**/}`, malformed, "name expected"},
		{"single quotes", "ListQueues", `{'a':1}`, malformed, "name expected"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := h.exchange(t, true, "POST", jsonText("/", c.action, c.body))
			if r.code != c.code || !strings.Contains(r.message, c.text) {
				t.Errorf("got %s %q, want %s %q", r.code, r.message, c.code, c.text)
			}
			if len(r.body) > 2000 {
				t.Errorf("an answer of %d bytes", len(r.body))
			}
		})
	}
}
