package sqs_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/sluicemq/sluice/protocols/sqs"
)

// operation is a request that succeeds, in both forms. HANDLE and TASK stand for what
// operationsHouse has made.
type operation struct {
	name        string
	json, query string
	inJSON      string // what its answer holds; "": it is empty
	inXML       string // what its result holds; "": there is none
}

// operations lists all that SQS can do. What is about a queue is about q.
func operations() []operation {
	const url = "http://sqs.test/000000000000/q"
	return []operation{
		{"CreateQueue", `"QueueName":"new"`, "QueueName=new", `{"QueueUrl":"http://sqs.test/000000000000/new"}`, "<QueueUrl>http://sqs.test/000000000000/new</QueueUrl>"},
		{"GetQueueUrl", `"QueueName":"q"`, "QueueName=q", `{"QueueUrl":"` + url + `"}`, "<QueueUrl>" + url + "</QueueUrl>"},
		{"ListQueues", `"QueueNamePrefix":"q"`, "QueueNamePrefix=q", `{"QueueUrls":["` + url + `"]}`, "<QueueUrl>" + url + "</QueueUrl>"},
		{"DeleteQueue", `"QueueUrl":"q"`, "QueueUrl=q", "", ""},
		{"PurgeQueue", `"QueueUrl":"q"`, "QueueUrl=q", "", ""},
		{"GetQueueAttributes", `"QueueUrl":"q","AttributeNames":["DelaySeconds"]`, "QueueUrl=q&AttributeName.1=DelaySeconds",
			`{"Attributes":{"DelaySeconds":"0"}}`, "<Attribute><Name>DelaySeconds</Name><Value>0</Value></Attribute>"},
		{"SetQueueAttributes", `"QueueUrl":"q","Attributes":{"DelaySeconds":"1"}`, "QueueUrl=q&Attribute.1.Name=DelaySeconds&Attribute.1.Value=1", "", ""},
		{"SendMessage", `"QueueUrl":"q","MessageBody":"x"`, "QueueUrl=q&MessageBody=x",
			`"MD5OfMessageBody":"9dd4e461268c8034f5c8564e155c67a6"`, "<MD5OfMessageBody>9dd4e461268c8034f5c8564e155c67a6</MD5OfMessageBody>"},
		{"SendMessageBatch", `"QueueUrl":"q","Entries":[{"Id":"1","MessageBody":"x"},{"Id":"2","MessageBody":"\u0000"}]`,
			"QueueUrl=q&SendMessageBatchRequestEntry.1.Id=1&SendMessageBatchRequestEntry.1.MessageBody=x&SendMessageBatchRequestEntry.2.Id=2&SendMessageBatchRequestEntry.2.MessageBody=%00",
			`"Failed":[{"Id":"2","Code":"InvalidMessageContents","Message":"Invalid binary`,
			"</SendMessageBatchResultEntry><BatchResultErrorEntry><Id>2</Id><Code>InvalidMessageContents</Code><Message>Invalid binary"},
		{"ReceiveMessage", `"QueueUrl":"q","VisibilityTimeout":1`, "QueueUrl=q&VisibilityTimeout=1", `{"Messages":[{"MessageId":"`, "<Message><MessageId>"},
		{"DeleteMessage", `"QueueUrl":"q","ReceiptHandle":"HANDLE"`, "QueueUrl=q&ReceiptHandle=HANDLE", "", ""},
		{"DeleteMessageBatch", `"QueueUrl":"q","Entries":[{"Id":"1","ReceiptHandle":"HANDLE"},{"Id":"2","ReceiptHandle":"x"}]`,
			"QueueUrl=q&DeleteMessageBatchRequestEntry.1.Id=1&DeleteMessageBatchRequestEntry.1.ReceiptHandle=HANDLE&DeleteMessageBatchRequestEntry.2.Id=2&DeleteMessageBatchRequestEntry.2.ReceiptHandle=x",
			`{"Successful":[{"Id":"1"}],"Failed":[{"Id":"2","Code":"ReceiptHandleIsInvalid",`,
			"<DeleteMessageBatchResultEntry><Id>1</Id></DeleteMessageBatchResultEntry><BatchResultErrorEntry><Id>2</Id><Code>ReceiptHandleIsInvalid</Code>"},
		{"ChangeMessageVisibility", `"QueueUrl":"q","ReceiptHandle":"HANDLE","VisibilityTimeout":9`, "QueueUrl=q&ReceiptHandle=HANDLE&VisibilityTimeout=9", "", ""},
		{"ChangeMessageVisibilityBatch", `"QueueUrl":"q","Entries":[{"Id":"1","ReceiptHandle":"HANDLE","VisibilityTimeout":9},{"Id":"2","ReceiptHandle":"HANDLE","VisibilityTimeout":43201}]`,
			"QueueUrl=q&ChangeMessageVisibilityBatchRequestEntry.1.Id=1&ChangeMessageVisibilityBatchRequestEntry.1.ReceiptHandle=HANDLE&ChangeMessageVisibilityBatchRequestEntry.1.VisibilityTimeout=9" +
				"&ChangeMessageVisibilityBatchRequestEntry.2.Id=2&ChangeMessageVisibilityBatchRequestEntry.2.ReceiptHandle=HANDLE&ChangeMessageVisibilityBatchRequestEntry.2.VisibilityTimeout=43201",
			`{"Successful":[{"Id":"1"}],"Failed":[{"Id":"2","Code":"InvalidParameterValue",`,
			"<ChangeMessageVisibilityBatchResultEntry><Id>1</Id></ChangeMessageVisibilityBatchResultEntry><BatchResultErrorEntry><Id>2</Id><Code>InvalidParameterValue</Code>"},
		{"TagQueue", `"QueueUrl":"q","Tags":{"a":"b"}`, "QueueUrl=q&Tag.1.Key=a&Tag.1.Value=b", "", ""},
		{"UntagQueue", `"QueueUrl":"q","TagKeys":["kept"]`, "QueueUrl=q&TagKey.1=kept", "", ""},
		{"ListQueueTags", `"QueueUrl":"q"`, "QueueUrl=q", `{"Tags":{"kept":"yes"}}`, "<Tag><Key>kept</Key><Value>yes</Value></Tag>"},
		{"ListDeadLetterSourceQueues", `"QueueUrl":"q"`, "QueueUrl=q", `{"queueUrls":["http://sqs.test/000000000000/source"]}`, "<QueueUrl>http://sqs.test/000000000000/source</QueueUrl>"},
		{"AddPermission", `"QueueUrl":"q","Label":"new","AWSAccountIds":["123456789012"],"Actions":["SendMessage"]`,
			"QueueUrl=q&Label=new&AWSAccountId.1=123456789012&ActionName.1=SendMessage", "", ""},
		{"RemovePermission", `"QueueUrl":"q","Label":"old"`, "QueueUrl=q&Label=old", "", ""},
		{"StartMessageMoveTask", `"SourceArn":"` + arn + `q"`, "SourceArn=" + arn + "q", `{"TaskHandle":"`, "<TaskHandle>"},
		{"CancelMessageMoveTask", `"TaskHandle":"TASK"`, "TaskHandle=TASK", `{"ApproximateNumberOfMessagesMoved":`, "<ApproximateNumberOfMessagesMoved>"},
		{"ListMessageMoveTasks", `"SourceArn":"` + arn + `dead"`, "SourceArn=" + arn + "dead", `{"Results":[{"TaskHandle":"TASK","Status":"RUNNING"`,
			"<ListMessageMoveTasksResultEntry><TaskHandle>TASK</TaskHandle><Status>RUNNING</Status>"},
	}
}

// operationsHouse has a queue q with a message in flight and one to be received, a tag
// and a permission, that is the dead-letter queue of source; and a move from dead
// that does not end. The replacer fills in their handles.
func operationsHouse(t *testing.T) (*house, *strings.Replacer) {
	h := start(t, sqs.Options{Now: newClock().now})
	c := h.client()
	dead(t, h, c, "one", "two")
	task, err := c.StartMessageMoveTask(t.Context(), &awssqs.StartMessageMoveTaskInput{SourceArn: aws.String(arn + "dead"), MaxNumberOfMessagesPerSecond: aws.Int32(1)})
	if err != nil {
		t.Fatal(err)
	}
	url := made(t, c, "q", nil)
	made(t, c, "source", map[string]string{"RedrivePolicy": `{"maxReceiveCount":1,"deadLetterTargetArn":"` + arn + `q"}`})
	h.post("TagQueue", `{"QueueUrl":"q","Tags":{"kept":"yes"}}`)
	h.post("AddPermission", `{"QueueUrl":"q","Label":"old","AWSAccountIds":["123456789012"],"Actions":["*"]}`)
	sent(t, c, url, "out")
	m := received(t, c, awssqs.ReceiveMessageInput{QueueUrl: url})
	sent(t, c, url, "there")
	return h, strings.NewReplacer("HANDLE", *m[0].ReceiptHandle, "TASK", *task.TaskHandle)
}

// Every operation is served in both forms, wherever a form may be sent to.
func TestOperations(t *testing.T) {
	all := operations()
	if len(all) != 23 {
		t.Fatalf("%d operations", len(all))
	}
	for _, o := range all {
		t.Run(o.name, func(t *testing.T) {
			t.Parallel()
			for _, lines := range [][]string{nil, {"X-Amzn-Query-Mode: true"}} {
				for _, path := range []string{"/", "/000000000000/elsewhere", "/a/b/c?d=e"} {
					h, fill := operationsHouse(t)
					r := h.exchange(t, true, "POST", jsonText(path, o.name, fill.Replace("{"+o.json+"}"), lines...))
					o.checkJSON(t, r, fill)
				}
			}
			query := "Action=" + o.name + "&Version=2012-11-05&" + o.query
			h, fill := operationsHouse(t)
			o.checkXML(t, h.exchange(t, false, "POST", queryText("/", fill.Replace(query))), fill)
			h, fill = operationsHouse(t)
			o.checkXML(t, h.exchange(t, false, "GET", httpText("GET", "/?"+fill.Replace(query), "")), fill)
			h, fill = operationsHouse(t)
			o.checkXML(t, h.exchange(t, false, "POST", queryText("/?Action="+o.name, fill.Replace(o.query))), fill)
			o.checkPath(t, strings.Replace(query, "QueueUrl=q&", "", 1))
		})
	}
}

func (o *operation) checkJSON(t *testing.T, r reply, fill *strings.Replacer) {
	t.Helper()
	want := fill.Replace(o.inJSON)
	if r.status != 200 || (want == "") != (r.body == "") || !strings.Contains(r.body, want) {
		t.Errorf("JSON: %d %s", r.status, r.body)
	}
}

func (o *operation) checkXML(t *testing.T, r reply, fill *strings.Replacer) {
	t.Helper()
	open, result := "<"+o.name+"Response xmlns=", "<"+o.name+"Result>"
	if r.status != 200 || !strings.Contains(r.body, open) || strings.Contains(r.body, result) != (o.inXML != "") || !strings.Contains(r.body, fill.Replace(o.inXML)) {
		t.Errorf("query: %d %s", r.status, r.body)
	}
}

// checkPath sends the operation to the path of q, where the address of the queue may be
// left out and what is about no queue is not at home.
func (o *operation) checkPath(t *testing.T, query string) {
	t.Helper()
	h, fill := operationsHouse(t)
	r := h.exchange(t, false, "POST", queryText("/000000000000/q", fill.Replace(query)))
	switch o.name {
	case "CreateQueue", "ListQueues":
		if r.code != "InvalidAction" || r.message != "The action "+o.name+" is not valid for this endpoint." {
			t.Errorf("on the path of a queue: %d %s", r.status, r.body)
		}
	default:
		o.checkXML(t, r, fill)
	}
}
