package sqs_test

import (
	"strings"
	"testing"

	"github.com/sluicemq/sluice/protocols/sqs"
)

const (
	model = "com.amazonaws.sqs#"
	coral = "com.amazon.coral.service#"
)

// failure is what a request is refused with.
type failure struct {
	kind    string // __type
	code    string // of the query form
	status  int    // of the query form, and in query mode; without it is 400
	message string // begins so
}

// everywhere holds the refusal of one request in both forms, with query mode and without.
func (h *house) everywhere(t *testing.T, what, action, json, query string, want failure) {
	t.Helper()
	check := func(form string, r reply, kind string, status int) {
		t.Helper()
		if r.status != status || r.kind != kind || r.code != want.code || !strings.HasPrefix(r.message, want.message) {
			t.Errorf("%s, %s:\n got %d %s %s %q\nwant %d %s %s %q", what, form, r.status, r.kind, r.code, r.message, status, kind, want.code, want.message)
		}
	}
	check("JSON", h.exchange(t, true, "POST", jsonText("/", action, json)), want.kind, 400)
	check("query mode", h.exchange(t, true, "POST", jsonText("/", action, json, "X-Amzn-Query-Mode: true")), want.kind, want.status)
	if want.code == "AWS.SimpleQueueService.NonExistentQueue" {
		want.message = "The specified queue does not exist for this wsdl version."
	}
	check("query", h.exchange(t, false, "POST", queryText("/", "Action="+action+"&"+query)), "", want.status)
}

func noSuchQueue() failure {
	return failure{model + "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue", 400, "The specified queue does not exist."}
}

// Every operation that is about a queue says in the same words that there is none.
func TestNoSuchQueue(t *testing.T) {
	h := start(t, sqs.Options{})
	for _, o := range operations() {
		switch {
		case strings.Contains(o.json, arn):
			h.everywhere(t, o.name, o.name, "{"+o.json+"}", o.query,
				failure{model + "ResourceNotFoundException", "ResourceNotFoundException", 404, "The resource that you specified for the SourceArn parameter doesn't exist."})
		case strings.Contains(o.json, `"QueueUrl"`), o.name == "GetQueueUrl":
			h.everywhere(t, o.name, o.name, "{"+o.json+"}", o.query, noSuchQueue())
		}
	}
	handle := taskHandle("q")
	h.everywhere(t, "CancelMessageMoveTask", "CancelMessageMoveTask", `{"TaskHandle":"`+handle+`"}`, "TaskHandle="+handle,
		failure{model + "ResourceNotFoundException", "ResourceNotFoundException", 404, "The resource that you specified"})
}

// A parameter that must be there is asked for by its name.
func TestMissingParameters(t *testing.T) {
	h := start(t, sqs.Options{})
	h.post("CreateQueue", `{"QueueName":"q"}`)
	for _, c := range []struct{ action, json, query, parameter string }{
		{"CreateQueue", "", "", "QueueName"},
		{"GetQueueUrl", "", "", "QueueName"},
		{"DeleteQueue", "", "", "QueueUrl"},
		{"PurgeQueue", "", "", "QueueUrl"},
		{"GetQueueAttributes", "", "", "QueueUrl"},
		{"SetQueueAttributes", "", "", "QueueUrl"},
		{"SetQueueAttributes", `"QueueUrl":"q"`, "QueueUrl=q", "Attributes"},
		{"SendMessage", "", "", "QueueUrl"},
		{"SendMessage", `"QueueUrl":"q"`, "QueueUrl=q", "MessageBody"},
		{"SendMessageBatch", "", "", "QueueUrl"},
		{"ReceiveMessage", "", "", "QueueUrl"},
		{"DeleteMessage", "", "", "QueueUrl"},
		{"DeleteMessage", `"QueueUrl":"q"`, "QueueUrl=q", "ReceiptHandle"},
		{"DeleteMessageBatch", "", "", "QueueUrl"},
		{"ChangeMessageVisibility", "", "", "QueueUrl"},
		{"ChangeMessageVisibility", `"QueueUrl":"q","VisibilityTimeout":1`, "QueueUrl=q&VisibilityTimeout=1", "ReceiptHandle"},
		{"ChangeMessageVisibility", `"QueueUrl":"q","ReceiptHandle":"x"`, "QueueUrl=q&ReceiptHandle=x", "VisibilityTimeout"},
		{"ChangeMessageVisibilityBatch", "", "", "QueueUrl"},
		{"TagQueue", "", "", "QueueUrl"},
		{"TagQueue", `"QueueUrl":"q"`, "QueueUrl=q", "Tags"},
		{"UntagQueue", "", "", "QueueUrl"},
		{"UntagQueue", `"QueueUrl":"q"`, "QueueUrl=q", "TagKeys"},
		{"ListQueueTags", "", "", "QueueUrl"},
		{"ListDeadLetterSourceQueues", "", "", "QueueUrl"},
		{"AddPermission", "", "", "QueueUrl"},
		{"AddPermission", `"QueueUrl":"q"`, "QueueUrl=q", "Label"},
		{"AddPermission", `"QueueUrl":"q","Label":"l"`, "QueueUrl=q&Label=l", "Actions"},
		{"RemovePermission", "", "", "QueueUrl"},
		{"RemovePermission", `"QueueUrl":"q"`, "QueueUrl=q", "Label"},
		{"StartMessageMoveTask", "", "", "SourceArn"},
		{"CancelMessageMoveTask", "", "", "TaskHandle"},
		{"ListMessageMoveTasks", "", "", "SourceArn"},
	} {
		want := failure{coral + "MissingRequiredParameterException", "MissingParameter", 400, "The request must contain the parameter " + c.parameter + "."}
		h.everywhere(t, c.action+" "+c.json, c.action, "{"+c.json+"}", c.query, want)
	}
}

// Each error of the protocol comes with its own name, code and status in both forms.
func TestFailures(t *testing.T) {
	h := start(t, sqs.Options{PurgeInterval: 60e9, RecreateDelay: 60e9})
	for _, name := range []string{"q", "gone", "purged"} {
		h.post("CreateQueue", `{"QueueName":"`+name+`"}`)
	}
	h.post("CreateQueue", `{"QueueName":"f.fifo","Attributes":{"FifoQueue":"true"}}`)
	h.post("CreateQueue", `{"QueueName":"source","Attributes":{"RedrivePolicy":"{\"maxReceiveCount\":1,\"deadLetterTargetArn\":\"`+arn+`q\"}"}}`)
	h.post("PurgeQueue", `{"QueueUrl":"purged"}`)
	h.post("DeleteQueue", `{"QueueUrl":"gone"}`)
	const legacy = "AWS.SimpleQueueService."
	eleven, elevenQuery := "", ""
	for _, id := range strings.Fields("a b c d e f g h i j k") {
		eleven += `,{"Id":"` + id + `","MessageBody":"x"}`
		elevenQuery += "&SendMessageBatchRequestEntry." + id + ".Id=" + id
	}
	half := strings.Repeat("x", 1<<19+1)
	for _, c := range []struct {
		action, json, query string
		want                failure
	}{
		{"GetQueueUrl", `"QueueName":"none"`, "QueueName=none", noSuchQueue()},
		{"CreateQueue", `"QueueName":"q","Attributes":{"DelaySeconds":"1"}`, "QueueName=q&Attribute.1.Name=DelaySeconds&Attribute.1.Value=1",
			failure{model + "QueueNameExists", "QueueAlreadyExists", 400, "A queue already exists with the same name and a different value for attribute DelaySeconds"}},
		{"CreateQueue", `"QueueName":"gone"`, "QueueName=gone",
			failure{model + "QueueDeletedRecently", legacy + "QueueDeletedRecently", 400, "You must wait 60 seconds after deleting a queue before you can create another with the same name."}},
		{"PurgeQueue", `"QueueUrl":"purged"`, "QueueUrl=purged",
			failure{model + "PurgeQueueInProgress", legacy + "PurgeQueueInProgress", 403, "Only one PurgeQueue operation on purged is allowed every 60 seconds."}},
		{"SendMessageBatch", `"QueueUrl":"q","Entries":[{"Id":"a"},{"Id":"a"}]`, "QueueUrl=q&SendMessageBatchRequestEntry.1.Id=a&SendMessageBatchRequestEntry.2.Id=a",
			failure{model + "BatchEntryIdsNotDistinct", legacy + "BatchEntryIdsNotDistinct", 400, "Id a repeated."}},
		{"SendMessageBatch", `"QueueUrl":"q","Entries":[{"Id":"a","MessageBody":"` + half + `"},{"Id":"b","MessageBody":"` + half + `"}]`,
			"QueueUrl=q&SendMessageBatchRequestEntry.1.Id=a&SendMessageBatchRequestEntry.1.MessageBody=" + half + "&SendMessageBatchRequestEntry.2.Id=b&SendMessageBatchRequestEntry.2.MessageBody=" + half,
			failure{model + "BatchRequestTooLong", legacy + "BatchRequestTooLong", 400, "Batch requests cannot be longer than 1048576 bytes. You have sent 1048578 bytes."}},
		{"DeleteMessageBatch", `"QueueUrl":"q","Entries":[]`, "QueueUrl=q",
			failure{model + "EmptyBatchRequest", legacy + "EmptyBatchRequest", 400, "There should be at least one DeleteMessageBatchRequestEntry in the request."}},
		{"ChangeMessageVisibilityBatch", `"QueueUrl":"q","Entries":[{"Id":"a b"}]`, "QueueUrl=q&ChangeMessageVisibilityBatchRequestEntry.1.Id=a+b",
			failure{model + "InvalidBatchEntryId", legacy + "InvalidBatchEntryId", 400, "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long."}},
		{"SendMessageBatch", `"QueueUrl":"q","Entries":[` + eleven[1:] + `]`, "QueueUrl=q" + elevenQuery,
			failure{model + "TooManyEntriesInBatchRequest", legacy + "TooManyEntriesInBatchRequest", 400, "Maximum number of entries per request are 10. You have sent 11."}},
		{"SendMessage", `"QueueUrl":"q","MessageBody":"x","MessageAttributes":{"a":{"DataType":"String","StringListValues":["x"]}}`,
			"QueueUrl=q&MessageBody=x&MessageAttribute.1.Name=a&MessageAttribute.1.Value.DataType=String&MessageAttribute.1.Value.StringListValue.1=x",
			failure{model + "UnsupportedOperation", legacy + "UnsupportedOperation", 400, "Message attribute list values"}},
		{"DeleteMessage", `"QueueUrl":"q","ReceiptHandle":"x"`, "QueueUrl=q&ReceiptHandle=x",
			failure{model + "ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid", 400, `The input receipt handle "x" is not a valid receipt handle.`}},
		{"SendMessage", `"QueueUrl":"q","MessageBody":"\u0001"`, "QueueUrl=q&MessageBody=%01",
			failure{model + "InvalidMessageContents", "InvalidMessageContents", 400, "Invalid binary character '#x1' was found in the message body"}},
		{"GetQueueAttributes", `"QueueUrl":"q","AttributeNames":["X"]`, "QueueUrl=q&AttributeName.1=X",
			failure{model + "InvalidAttributeName", "InvalidAttributeName", 400, "Unknown Attribute X."}},
		{"SetQueueAttributes", `"QueueUrl":"f.fifo","Attributes":{"FifoQueue":"false"}`, "QueueUrl=f.fifo&Attribute.1.Name=FifoQueue&Attribute.1.Value=false",
			failure{model + "InvalidAttributeValue", "InvalidAttributeValue", 400, "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported."}},
		{"AddPermission", `"QueueUrl":"q","Label":"l","AWSAccountIds":["123456789012"],"Actions":["*","*","*","*","*","*","*","*"]`,
			"QueueUrl=q&Label=l&AWSAccountId.1=123456789012&ActionName.1=*&ActionName.2=*&ActionName.3=*&ActionName.4=*&ActionName.5=*&ActionName.6=*&ActionName.7=*&ActionName.8=*",
			failure{model + "OverLimit", "OverLimit", 403, "8 Actions were found, maximum allowed is 7."}},
		{"ListMessageMoveTasks", `"SourceArn":"` + arn + `none"`, "SourceArn=" + arn + "none",
			failure{model + "ResourceNotFoundException", "ResourceNotFoundException", 404, "The resource that you specified"}},
		{"ReceiveMessage", `"QueueUrl":"q","MaxNumberOfMessages":11`, "QueueUrl=q&MaxNumberOfMessages=11",
			failure{coral + "InvalidParameterValueException", "InvalidParameterValue", 400, "Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided."}},
		{"ReceiveMessage", `"QueueUrl":"q","WaitTimeSeconds":21`, "QueueUrl=q&WaitTimeSeconds=21",
			failure{coral + "InvalidParameterValueException", "InvalidParameterValue", 400, "Value 21 for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided."}},
		{"SendMessage", `"QueueUrl":"f.fifo","MessageBody":"x","MessageGroupId":"g"`, "QueueUrl=f.fifo&MessageBody=x&MessageGroupId=g",
			failure{coral + "InvalidParameterValueException", "InvalidParameterValue", 400, "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly"}},
		{"SendMessage", `"QueueUrl":"f.fifo","MessageBody":"x","MessageDeduplicationId":"d"`, "QueueUrl=f.fifo&MessageBody=x&MessageDeduplicationId=d",
			failure{coral + "MissingRequiredParameterException", "MissingParameter", 400, "The request must contain the parameter MessageGroupId."}},
		{"SendMessage", `"QueueUrl":"f.fifo","MessageBody":"x","MessageGroupId":"g","MessageDeduplicationId":"d","DelaySeconds":2`,
			"QueueUrl=f.fifo&MessageBody=x&MessageGroupId=g&MessageDeduplicationId=d&DelaySeconds=2",
			failure{coral + "InvalidParameterValueException", "InvalidParameterValue", 400, "Value 2 for parameter DelaySeconds is invalid. Reason: The request include parameter that is not valid for this queue type."}},
		{"SetQueueAttributes", `"QueueUrl":"q","Attributes":{"DeduplicationScope":"queue"}`, "QueueUrl=q&Attribute.1.Name=DeduplicationScope&Attribute.1.Value=queue",
			failure{model + "InvalidAttributeName", "InvalidAttributeName", 400, "You can specify the DeduplicationScope only when FifoQueue is set to true."}},
		{"StartMessageMoveTask", `"SourceArn":"` + arn + `source"`, "SourceArn=" + arn + "source",
			failure{coral + "InvalidParameterValueException", "InvalidParameterValue", 400, "Source queue must be configured as a Dead Letter Queue."}},
		{"CancelMessageMoveTask", `"TaskHandle":"x"`, "TaskHandle=x",
			failure{coral + "InvalidParameterValueException", "InvalidParameterValue", 400, "Value for parameter TaskHandle is invalid."}},
		{"CancelMessageMoveTask", `"TaskHandle":"` + taskHandle("q") + `"`, "TaskHandle=" + taskHandle("q"),
			failure{model + "ResourceNotFoundException", "ResourceNotFoundException", 404, "Task does not exist."}},
	} {
		h.everywhere(t, c.want.code, c.action, "{"+c.json+"}", c.query, c.want)
	}
}
