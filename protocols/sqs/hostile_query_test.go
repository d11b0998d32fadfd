package sqs_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/protocols/sqs"
)

// Requests of the query form that no client in its right mind would send, and some that
// those with their own spelling do.
func TestHostileQuery(t *testing.T) {
	h := start(t, sqs.Options{})
	h.post("CreateQueue", `{"QueueName":"q","Attributes":{"VisibilityTimeout":"0"}}`)
	const malformed, wrong, none = "MalformedInput", "InvalidParameterValue", "AWS.SimpleQueueService.NonExistentQueue"
	long := strings.Repeat("x", 100_000)
	many := ""
	for i := range 2001 {
		many += fmt.Sprint("&a", i, "=")
	}
	for _, c := range []struct{ name, form, code, text string }{
		{"nothing", "", "MissingAction", "Action"},
		{"no action", "Version=2012-11-05&QueueUrl=q", "MissingAction", "Action"},
		{"action in small letters", "action=ListQueues", "MissingAction", "Action"},
		{"an empty action", "Action=", "MissingAction", "Action"},
		{"two actions, the last counts", "Action=DeleteQueue&QueueUrl=q&Action=ListQueues", "", ""},
		{"an action that is none", "Action=%00%ff", "InvalidAction", "is not valid for this endpoint."},
		{"a long action", "Action=" + long, "InvalidAction", "is not valid for this endpoint."},
		{"another version", "Action=ListQueues&Version=1999-01-01", "", ""},
		{"JSON", `{"Action":"ListQueues"}`, "MissingAction", "Action"},
		{"XML", `<Action>ListQueues</Action>`, "MissingAction", "Action"},
		{"only separators", "&&&=&==&", "MissingAction", "Action"},
		{"a bad escape in a name", "Action=ListQueues&%zz=1", malformed, "syntax error"},
		{"a bad escape in a value", "Action=ListQueues&x=%", malformed, "syntax error"},
		{"an escape cut off", "Action=ListQueues&x=%4", malformed, "syntax error"},
		{"escapes in names and values", "%41ction=List%51ueues", "", ""},
		{"invalid UTF-8", "Action=SendMessage&QueueUrl=q&MessageBody=%ff", malformed, "not valid UTF-8"},
		{"overlong UTF-8", "Action=SendMessage&QueueUrl=q&MessageBody=%c0%80", malformed, "not valid UTF-8"},
		{"half a surrogate pair", "Action=SendMessage&QueueUrl=q&MessageBody=%ed%a0%80", malformed, "not valid UTF-8"},
		{"invalid UTF-8 in an attribute's name", "Action=SendMessage&QueueUrl=q&MessageBody=x&MessageAttribute.1.Name=%ff&MessageAttribute.1.Value.DataType=String&MessageAttribute.1.Value.StringValue=x", malformed, "not valid UTF-8"},
		{"invalid UTF-8 in a list of a long name", "Action=UntagQueue&QueueUrl=q&TagKey." + long + "=%ff", malformed, "not valid UTF-8"},
		{"NUL", "Action=SendMessage&QueueUrl=q&MessageBody=%00", "InvalidMessageContents", "#x0"},
		{"raw control characters", "Action=SendMessage&QueueUrl=q&MessageBody=\x01", "InvalidMessageContents", "#x1"},
		{"raw UTF-8", "Action=SendMessage&QueueUrl=q&MessageBody=é&x=😀", "", ""},
		{"plus is a space", "Action=SendMessage&QueueUrl=q&MessageBody=+", "", ""},
		{"semicolons separate nothing", "Action=SendMessage&QueueUrl=q&MessageBody=a;b=c", "", ""},
		{"a parameter twice, the last counts", "Action=SendMessage&QueueUrl=none&QueueUrl=q&MessageBody=x", "", ""},
		{"a parameter twice, the last is none", "Action=SendMessage&QueueUrl=q&QueueUrl=none&MessageBody=x", none, ""},
		{"parameters that nobody knows", "Action=SendMessage&QueueUrl=q&MessageBody=x&New.1.Thing=2&queueurl=none", "", ""},
		{"too many parameters", "Action=ListQueues" + many, malformed, "more than 2000 parameters"},
		{"a name of many parts", "Action=ListQueues&a" + strings.Repeat(".a", 16) + "=1", malformed, "more than 16 parts"},
		{"a name of dots", "Action=ListQueues&" + strings.Repeat(".", 100_000) + "=1", malformed, "more than 16 parts"},
		{"a scalar with parts", "Action=SendMessage&QueueUrl.1=q&MessageBody=x", "MissingParameter", "QueueUrl"},

		{"gaps in a list", "Action=GetQueueAttributes&QueueUrl=q&AttributeName.7=QueueArn&AttributeName.900=All", "", ""},
		{"a list from nought", "Action=GetQueueAttributes&QueueUrl=q&AttributeName.0=QueueArn", "", ""},
		{"numbers that are none", "Action=GetQueueAttributes&QueueUrl=q&AttributeName.x=QueueArn&AttributeName.-1=All&AttributeName.99999999999999999999=All", "", ""},
		{"a list without numbers", "Action=GetQueueAttributes&QueueUrl=q&AttributeName=QueueArn", "", ""},
		{"a list of lists", "Action=GetQueueAttributes&QueueUrl=q&AttributeName.1.1=QueueArn", "InvalidAttributeName", "Unknown Attribute ."},
		{"a name without a value", "Action=SetQueueAttributes&QueueUrl=q&Attribute.1.Name=DelaySeconds", "InvalidAttributeValue", "DelaySeconds"},
		{"a value without a name", "Action=SetQueueAttributes&QueueUrl=q&Attribute.1.Value=1", "InvalidAttributeName", "Unknown Attribute ."},
		{"gaps in a batch", "Action=SendMessageBatch&QueueUrl=q&SendMessageBatchRequestEntry.3.Id=a&SendMessageBatchRequestEntry.3.MessageBody=x&SendMessageBatchRequestEntry.70.Id=b&SendMessageBatchRequestEntry.70.MessageBody=y", "", ""},
		{"an entry with nothing in it", "Action=SendMessageBatch&QueueUrl=q&SendMessageBatchRequestEntry.1=x", "MissingParameter", "SendMessageBatchRequestEntry.1.Id"},
		{"entries of another action", "Action=DeleteMessageBatch&QueueUrl=q&SendMessageBatchRequestEntry.1.Id=a", "AWS.SimpleQueueService.EmptyBatchRequest", "DeleteMessageBatchRequestEntry"},

		{"a number that is none", "Action=ReceiveMessage&QueueUrl=q&MaxNumberOfMessages=many", wrong, "Value many for parameter MaxNumberOfMessages is invalid"},
		{"an empty number", "Action=ReceiveMessage&QueueUrl=q&MaxNumberOfMessages=", wrong, "for parameter MaxNumberOfMessages"},
		{"a fraction", "Action=ReceiveMessage&QueueUrl=q&MaxNumberOfMessages=1.0", wrong, "Value 1.0 for parameter"},
		{"an exponent", "Action=ReceiveMessage&QueueUrl=q&MaxNumberOfMessages=1e0", wrong, "Value 1e0 for parameter"},
		{"hexadecimal", "Action=ReceiveMessage&QueueUrl=q&MaxNumberOfMessages=0x1", wrong, "Value 0x1 for parameter"},
		{"2^31", "Action=ListQueues&MaxResults=2147483648", wrong, "Value 2147483648 for parameter MaxResults"},
		{"-2^31", "Action=ListQueues&MaxResults=-2147483648", wrong, "Value -2147483648 for parameter MaxResults"},
		{"2^64", "Action=SendMessage&QueueUrl=q&MessageBody=x&DelaySeconds=18446744073709551617", wrong, "for parameter DelaySeconds"},
		{"a long number", "Action=ListQueues&MaxResults=" + strings.Repeat("9", 100_000), wrong, "for parameter MaxResults"},
		{"a number with NUL", "Action=ListQueues&MaxResults=1%00", wrong, "for parameter MaxResults"},
		{"a number that is not UTF-8", "Action=ListQueues&MaxResults=%ff", wrong, "for parameter MaxResults"},

		{"base64 with a space for its plus", "Action=SendMessage&QueueUrl=q&MessageBody=x&MessageAttribute.1.Name=a&MessageAttribute.1.Value.DataType=Binary&MessageAttribute.1.Value.BinaryValue=+/8=", malformed, "base64"},
		{"the same attribute twice, the last counts", "Action=SendMessage&QueueUrl=q&MessageBody=x&MessageAttribute.1.Name=a&MessageAttribute.1.Value.DataType=Nonsense&MessageAttribute.2.Name=a&MessageAttribute.2.Value.DataType=String&MessageAttribute.2.Value.StringValue=x", "", ""},
		{"a long handle", "Action=DeleteMessage&QueueUrl=q&ReceiptHandle=" + long, "ReceiptHandleIsInvalid", "xxx..."},
		{"a handle with markup", "Action=DeleteMessage&QueueUrl=q&ReceiptHandle=%3C/Message%3E%26%00", "ReceiptHandleIsInvalid", "</Message>&"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := h.exchange(t, false, "POST", queryText("/", c.form))
			if r.code != c.code || !strings.Contains(r.message, c.text) {
				t.Errorf("got %s %.300q, want %s %q", r.code, r.message, c.code, c.text)
			}
			if len(r.body) > 4000 {
				t.Errorf("an answer of %d bytes", len(r.body))
			}
		})
	}
}
