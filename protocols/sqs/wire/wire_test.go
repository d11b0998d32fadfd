package wire

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestFormsAgree reads the same request in both forms into the same struct.
func TestFormsAgree(t *testing.T) {
	for _, c := range []struct {
		name, json, query string
		want              Request
	}{
		{
			"CreateQueue",
			`{"QueueName":"q","Attributes":{"DelaySeconds":"5","FifoQueue":"true"},"tags":{"a":"1","b":""}}`,
			"QueueName=q&Attribute.1.Name=DelaySeconds&Attribute.1.Value=5&Attribute.2.Name=FifoQueue&Attribute.2.Value=true&Tag.1.Key=a&Tag.1.Value=1&Tag.2.Key=b&Tag.2.Value=",
			&CreateQueue{QueueName: "q", Attributes: Pairs{{"DelaySeconds", "5"}, {"FifoQueue", "true"}}, Tags: Pairs{{"a", "1"}, {"b", ""}}},
		},
		{
			"ListQueues",
			`{"QueueNamePrefix":"p","NextToken":"t","MaxResults":7}`,
			"QueueNamePrefix=p&NextToken=t&MaxResults=7",
			&ListQueues{Prefix: "p", Page: Page{NextToken: "t", MaxResults: Int{7, true}}},
		},
		{
			"ListDeadLetterSourceQueues",
			`{"QueueUrl":"u","NextToken":"t","MaxResults":7}`,
			"QueueUrl=u&NextToken=t&MaxResults=7",
			&ListDeadLetterSourceQueues{Target{"u"}, Page{"t", Int{7, true}}},
		},
		{
			"GetQueueUrl",
			`{"QueueName":"q","QueueOwnerAWSAccountId":"1"}`,
			"QueueName=q&QueueOwnerAWSAccountId=1",
			&GetQueueURL{"q", "1"},
		},
		{
			"GetQueueAttributes",
			`{"QueueUrl":"u","AttributeNames":["All","Policy"]}`,
			"QueueUrl=u&AttributeName.2=Policy&AttributeName.1=All",
			&GetQueueAttributes{Target{"u"}, Strings{"All", "Policy"}},
		},
		{
			"GetQueueAttributes without a number",
			`{"QueueUrl":"u","AttributeNames":["All"]}`,
			"QueueUrl=u&AttributeName=All",
			&GetQueueAttributes{Target{"u"}, Strings{"All"}},
		},
		{
			"empty lists, as botocore writes them",
			`{"QueueUrl":"u","AttributeNames":[],"MessageAttributeNames":[]}`,
			"QueueUrl=u&AttributeName=&MessageAttributeName=",
			&ReceiveMessage{Target: Target{"u"}},
		},
		{
			"an empty batch, as botocore writes it",
			`{"QueueUrl":"u","Entries":[]}`,
			"Action=SendMessageBatch&QueueUrl=u&SendMessageBatchRequestEntry=",
			&SendMessageBatch{Target: Target{"u"}},
		},
		{
			"SetQueueAttributes without a number",
			`{"QueueUrl":"u","Attributes":{"DelaySeconds":"1"}}`,
			"QueueUrl=u&Attribute.Name=DelaySeconds&Attribute.Value=1",
			&SetQueueAttributes{Target{"u"}, Pairs{{"DelaySeconds", "1"}}},
		},
		{
			"SendMessage",
			`{"QueueUrl":"u","MessageBody":"b & c","DelaySeconds":3,"MessageGroupId":"g","MessageDeduplicationId":"d",` +
				`"MessageAttributes":{"n":{"DataType":"Number.int","StringValue":"7"},"x":{"DataType":"Binary","BinaryValue":"AAE="}},` +
				`"MessageSystemAttributes":{"AWSTraceHeader":{"DataType":"String","StringValue":"Root=1"}}}`,
			"QueueUrl=u&MessageBody=b+%26%20c&DelaySeconds=3&MessageGroupId=g&MessageDeduplicationId=d" +
				"&MessageAttribute.1.Name=n&MessageAttribute.1.Value.DataType=Number.int&MessageAttribute.1.Value.StringValue=7" +
				"&MessageAttribute.2.Name=x&MessageAttribute.2.Value.DataType=Binary&MessageAttribute.2.Value.BinaryValue=AAE%3D" +
				"&MessageSystemAttribute.1.Name=AWSTraceHeader&MessageSystemAttribute.1.Value.DataType=String&MessageSystemAttribute.1.Value.StringValue=Root%3D1",
			&SendMessage{Target{"u"}, SendEntry{
				Body: "b & c", Delay: Int{3, true}, GroupID: "g", DedupID: "d",
				Attributes: Attributes{{Name: "n", DataType: "Number.int", Text: "7"}, {Name: "x", DataType: "Binary", Binary: []byte{0, 1}}},
				System:     Attributes{{Name: "AWSTraceHeader", DataType: "String", Text: "Root=1"}},
			}},
		},
		{
			"SendMessageBatch",
			`{"QueueUrl":"u","Entries":[{"Id":"1","MessageBody":"a"},{"Id":"2","MessageBody":"b","DelaySeconds":0,"MessageAttributes":{"k":{"DataType":"String","StringValue":"v"}}}]}`,
			"QueueUrl=u&SendMessageBatchRequestEntry.1.Id=1&SendMessageBatchRequestEntry.1.MessageBody=a" +
				"&SendMessageBatchRequestEntry.2.Id=2&SendMessageBatchRequestEntry.2.MessageBody=b&SendMessageBatchRequestEntry.2.DelaySeconds=0" +
				"&SendMessageBatchRequestEntry.2.MessageAttribute.1.Name=k&SendMessageBatchRequestEntry.2.MessageAttribute.1.Value.DataType=String&SendMessageBatchRequestEntry.2.MessageAttribute.1.Value.StringValue=v",
			&SendMessageBatch{Target{"u"}, SendEntries{
				{ID: "1", Body: "a"},
				{ID: "2", Body: "b", Delay: Int{0, true}, Attributes: Attributes{{Name: "k", DataType: "String", Text: "v"}}},
			}},
		},
		{
			"ReceiveMessage",
			`{"QueueUrl":"u","AttributeNames":["SenderId"],"MessageSystemAttributeNames":["All"],"MessageAttributeNames":["a.*"],"MaxNumberOfMessages":10,"VisibilityTimeout":0,"WaitTimeSeconds":20,"ReceiveRequestAttemptId":"r"}`,
			"QueueUrl=u&AttributeName.1=SenderId&MessageSystemAttributeName.1=All&MessageAttributeName.1=a.*&MaxNumberOfMessages=10&VisibilityTimeout=0&WaitTimeSeconds=20&ReceiveRequestAttemptId=r",
			&ReceiveMessage{Target: Target{"u"}, SystemNames: Strings{"SenderId", "All"}, AttributeNames: Strings{"a.*"}, Max: Int{10, true}, VisibilityTimeout: Int{0, true}, Wait: Int{20, true}, AttemptID: "r"},
		},
		{
			"ChangeMessageVisibility",
			`{"QueueUrl":"u","ReceiptHandle":"h","VisibilityTimeout":5}`,
			"QueueUrl=u&ReceiptHandle=h&VisibilityTimeout=5",
			&Settle{Target{"u"}, ReceiptEntry{ReceiptHandle: "h", VisibilityTimeout: Int{5, true}}},
		},
		{
			"DeleteMessageBatch",
			`{"QueueUrl":"u","Entries":[{"Id":"1","ReceiptHandle":"h"}]}`,
			"QueueUrl=u&DeleteMessageBatchRequestEntry.1.Id=1&DeleteMessageBatchRequestEntry.1.ReceiptHandle=h",
			&SettleBatch{Target{"u"}, ReceiptEntries{{ID: "1", ReceiptHandle: "h"}}},
		},
		{
			"ChangeMessageVisibilityBatch",
			`{"QueueUrl":"u","Entries":[{"Id":"1","ReceiptHandle":"h","VisibilityTimeout":5}]}`,
			"QueueUrl=u&ChangeMessageVisibilityBatchRequestEntry.1.Id=1&ChangeMessageVisibilityBatchRequestEntry.1.ReceiptHandle=h&ChangeMessageVisibilityBatchRequestEntry.1.VisibilityTimeout=5",
			&SettleBatch{Target{"u"}, ReceiptEntries{{ID: "1", ReceiptHandle: "h", VisibilityTimeout: Int{5, true}}}},
		},
		{
			"TagQueue",
			`{"QueueUrl":"u","Tags":{"k":"v"}}`,
			"QueueUrl=u&Tag.1.Key=k&Tag.1.Value=v",
			&TagQueue{Target{"u"}, Pairs{{"k", "v"}}},
		},
		{
			"StartMessageMoveTask",
			`{"SourceArn":"s","DestinationArn":"d","MaxNumberOfMessagesPerSecond":5}`,
			"SourceArn=s&DestinationArn=d&MaxNumberOfMessagesPerSecond=5",
			&StartMove{"s", "d", Int{5, true}},
		},
		{"CancelMessageMoveTask", `{"TaskHandle":"t="}`, "TaskHandle=t%3D", &CancelMove{"t="}},
		{"ListMessageMoveTasks", `{"SourceArn":"s","MaxResults":2}`, "SourceArn=s&MaxResults=2", &ListMoves{"s", Int{2, true}}},
		{
			"AddPermission",
			`{"QueueUrl":"u","Label":"l","AWSAccountIds":["1","2"],"Actions":["SendMessage","*"]}`,
			"QueueUrl=u&Label=l&AWSAccountId.1=1&AWSAccountId.2=2&ActionName.1=SendMessage&ActionName.2=*",
			&AddPermission{Target{"u"}, "l", Strings{"1", "2"}, Strings{"SendMessage", "*"}},
		},
		{"RemovePermission", `{"QueueUrl":"u","Label":"l"}`, "QueueUrl=u&Label=l", &RemovePermission{Target{"u"}, "l"}},
		{
			"UntagQueue",
			`{"QueueUrl":"u","TagKeys":["k"]}`,
			"QueueUrl=u&TagKey.1=k",
			&UntagQueue{Target{"u"}, Strings{"k"}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := like(c.want)
			if err := DecodeJSON([]byte(c.json), got); err != nil {
				t.Fatalf("JSON: %v", err)
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("JSON:\n got %+v\nwant %+v", got, c.want)
			}
			q, err := ParseQuery("Action="+c.name+"&Version=2012-11-05", c.query)
			if err != nil {
				t.Fatalf("query: %v", err)
			}
			got = like(c.want)
			if err := q.Decode(got); err != nil {
				t.Fatalf("query: %v", err)
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("query:\n got %+v\nwant %+v", got, c.want)
			}
		})
	}
}

// like returns an empty request of the same type.
func like(r Request) Request {
	return reflect.New(reflect.TypeOf(r).Elem()).Interface().(Request)
}

func TestJSONText(t *testing.T) {
	for in, want := range map[string]string{
		`"plain"`:                    "plain",
		`"\"\\\/\b\f\n\r\t"`:         "\"\\/\b\f\n\r\t",
		`"\u0041\u00e9\u20AC"`:       "Aé€",
		`"\ud83d\ude00 é 漢"`:         "😀 é 漢",
		`12`:                         "12",
		`-0.5e+3`:                    "-0.5e+3",
		`true`:                       "true",
		`false`:                      "false",
		`null`:                       "",
		"\n\t \"spaces around\" \r ": "spaces around",
	} {
		var r SendMessage
		if err := DecodeJSON([]byte(`{"MessageBody":`+in+`}`), &r); err != nil {
			t.Errorf("%s: %v", in, err)
		} else if r.Body != want {
			t.Errorf("%s: got %q, want %q", in, r.Body, want)
		}
	}
}

func TestJSONRefuses(t *testing.T) {
	deep := strings.Repeat(`{"x":`, maxDepth+1) + "1" + strings.Repeat("}", maxDepth+1)
	many := `{"TagKeys":[` + strings.Repeat(`"a",`, maxElements) + `"a"]}`
	for in, want := range map[string]string{
		`{`:                              "name expected",
		`[]`:                             "Unrecognized collection type",
		`"x"`:                            "A structure was expected",
		`nonsense`:                       "unexpected character",
		`{}{}`:                           "text after the end",
		`{"MessageBody":"a"`:             "',' or '}' expected",
		`{"MessageBody" "a"}`:            "':' expected",
		`{MessageBody:"a"}`:              "name expected",
		`{"MessageBody":"a`:              "string without an end",
		`{"MessageBody":"a\`:             "string without an end",
		"{\"MessageBody\":\"a\nb\"}":     "control character",
		`{"MessageBody":"\x41"}`:         "unknown escape",
		`{"MessageBody":"\u12"}`:         "bad \\u escape",
		`{"MessageBody":"\ud800"}`:       "bad \\u escape",
		`{"MessageBody":"\ud800\u0041"}`: "bad \\u escape",
		`{"MessageBody":"\udc00\ud800"}`: "bad \\u escape",
		"{\"MessageBody\":\"\xff\"}":     "invalid UTF-8",
		`{"MessageBody":{}}`:             "Start of structure or map found where not expected.",
		`{"MessageBody":[]}`:             "Start of list found where not expected",
		`{"MessageBody":01}`:             "',' or '}' expected",
		`{"MessageBody":-}`:              "digit expected",
		`{"MessageBody":1.}`:             "digit expected",
		`{"MessageBody":tru}`:            "unexpected character",
		`{"DelaySeconds":"5"}`:           "STRING_VALUE can not be converted to an Integer",
		`{"DelaySeconds":1.5}`:           "can not be converted to an Integer",
		`{"DelaySeconds":99999999999}`:   "can not be converted to an Integer",
		`{"DelaySeconds":true}`:          "can not be converted to an Integer",
		`{"MessageAttributes":[]}`:       "Unrecognized collection type",
		`{"MessageAttributes":{"a":1}}`:  "A structure was expected",
		`{"MessageAttributes":{"a":{"BinaryValue":"*"}}}`: "not valid base64",
		`{"unknown":` + deep + `}`:                        "nests deeper",
		`{"unknown":"\q"}`:                                "unknown escape",
	} {
		refused(t, in, DecodeJSON([]byte(in), new(SendMessage)), want)
	}
	refused(t, "many", DecodeJSON([]byte(many), new(UntagQueue)), "more than 1000 elements")
	refused(t, "entries", DecodeJSON([]byte(`{"Entries":{}}`), new(SendMessageBatch)), "Start of structure")
	refused(t, "entries", DecodeJSON([]byte(`{"Entries":7}`), new(SendMessageBatch)), "A list was expected")
}

func refused(t *testing.T, what string, err error, want string) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Errorf("%.60s: got %v, want an *Error", what, err)
	} else if !strings.Contains(e.Message, want) {
		t.Errorf("%.60s: got %q, want %q in it", what, e.Message, want)
	}
}

func TestJSONPassesBy(t *testing.T) {
	var r SendMessage
	in := `{"New":{"a":[1,"x",null,true,{"b":"\u0041"}]},"MessageBody":"b","Other":[],"DelaySeconds":2.0,"MessageAttributes":null}`
	if err := DecodeJSON([]byte(in), &r); err != nil {
		t.Fatal(err)
	}
	want := SendMessage{SendEntry: SendEntry{Body: "b", Delay: Int{2, true}}}
	if !reflect.DeepEqual(r, want) {
		t.Errorf("got %+v, want %+v", r, want)
	}
	if err := DecodeJSON(nil, &r); err != nil {
		t.Errorf("empty body: %v", err)
	}
}

// A map in which a name comes twice keeps the last, as the JSON readers of AWS do.
func TestLastOfRepeatedNames(t *testing.T) {
	var r SetQueueAttributes
	if err := DecodeJSON([]byte(`{"Attributes":{"a":"1","b":"2","a":"3"}}`), &r); err != nil {
		t.Fatal(err)
	}
	if want := (Pairs{{"a", "3"}, {"b", "2"}}); !reflect.DeepEqual(r.Attributes, want) {
		t.Errorf("got %v, want %v", r.Attributes, want)
	}
}

func TestQueryRefuses(t *testing.T) {
	for in, want := range map[string]string{
		"a=%":                                    "syntax error",
		"a=%4":                                   "syntax error",
		"a=%zz":                                  "syntax error",
		"%=a":                                    "syntax error",
		strings.Repeat("a.", maxDepth) + "b=1":   "more than 16 parts",
		strings.Repeat("a=1&", maxPairs) + "b=1": "more than 2000 parameters",
	} {
		_, err := ParseQuery(in)
		refused(t, in, err, want)
	}
	for in, want := range map[string]string{
		"DelaySeconds=x":                           "Value x for parameter DelaySeconds is invalid. Reason: Must be an integer.",
		"MessageBody=%ff":                          "not valid UTF-8",
		"MessageAttribute.1.Name=%ff":              "not valid UTF-8",
		"MessageAttribute.1.Value.BinaryValue=%2A": "not valid base64",
	} {
		q, err := ParseQuery(in)
		if err != nil {
			t.Fatal(err)
		}
		refused(t, in, q.Decode(new(SendMessage)), want)
	}
	var b strings.Builder
	for i := range maxElements + 1 {
		fmt.Fprintf(&b, "&TagKey.%d=x", i)
	}
	q, err := ParseQuery(b.String())
	if err != nil {
		t.Fatal(err)
	}
	refused(t, "many", q.Decode(new(UntagQueue)), "more than 1000 elements")
}

func TestQueryOrder(t *testing.T) {
	q, err := ParseQuery("TagKey.10=c&TagKey.2=b&TagKey.x=z", "TagKey.1=a&&")
	if err != nil {
		t.Fatal(err)
	}
	var r UntagQueue
	if err := q.Decode(&r); err != nil {
		t.Fatal(err)
	}
	if want := (Strings{"a", "b", "c", "z"}); !reflect.DeepEqual(r.Keys, want) {
		t.Errorf("got %v, want %v", r.Keys, want)
	}
}

func results() []Result {
	nasty := "a<b>&\"c\"\\ \r\n\t\x01\x7f é \u2028 😀 \xff"
	return []Result{
		nil,
		&QueueURL{"http://h/0/q"},
		&QueueList{URLs: []string{"u1", "u2"}, NextToken: "t"},
		&QueueList{},
		&SourceList{URLs: []string{"u1"}},
		&QueueAttributes{Pairs{{"Policy", nasty}, {"DelaySeconds", "0"}}},
		&QueueTags{Pairs{{"k", "v"}, {nasty, ""}}},
		&Sent{MessageID: "m", MD5OfBody: "x"},
		&Sent{MessageID: "m", MD5OfBody: "x", MD5OfAttributes: "y", MD5OfSystemAttributes: "z", SequenceNumber: "0"},
		&SentBatch{Successful: []Sent{{ID: "1", MessageID: "m", MD5OfBody: "x"}}, Failed: []Failed{{"2", Errorf(InternalFailure, "oh")}, {"3", Errorf(MissingParameter, "%s", nasty)}}},
		&MoveStarted{nasty},
		&MoveCanceled{-1},
		&Moves{[]Move{{}, {TaskHandle: "t", Status: nasty, SourceARN: nasty, DestinationARN: nasty, Rate: 1, Moved: 2, Total: 3, FailureReason: nasty, Started: 1 << 62}}},
		&SettledBatch{Action: "DeleteMessageBatch", Successful: []string{"1", "2"}, Failed: []Failed{{"3", Errorf(ReceiptHandleIsInvalid, "no")}}},
		&Messages{},
		&Messages{[]Message{
			{MessageID: "m1", ReceiptHandle: "h", MD5OfBody: "d", Body: nasty},
			{MessageID: "m2", ReceiptHandle: "h", MD5OfBody: "d", Body: "b", System: Pairs{{"SenderId", "s"}}, MD5OfAttributes: "e",
				Attributes: Attributes{{Name: "n", DataType: "Number.int", Text: "7"}, {Name: "x", DataType: "Binary", Binary: []byte{0, 1}}}},
		}},
	}
}

// Whatever a result holds, its JSON is JSON and its XML is XML.
func TestAnswersAreWellFormed(t *testing.T) {
	for _, r := range results() {
		b := AppendJSON([]byte{}, r)
		if r == nil && len(b) != 0 {
			t.Errorf("no result: got %q, want nothing", b)
		}
		if r != nil && (!json.Valid(b) || !utf8.Valid(b)) {
			t.Errorf("not JSON: %s", b)
		}
		wellFormed(t, AppendXML(nil, "SendMessage", r, "id-1"))
	}
	e := Errorf(QueueDoesNotExist, "a<b>\x00\"")
	if b := e.AppendJSON(nil); !json.Valid(b) {
		t.Errorf("not JSON: %s", b)
	}
	wellFormed(t, e.AppendXML(nil, "id-1"))
}

func wellFormed(t *testing.T, b []byte) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(string(b)))
	for {
		if _, err := d.Token(); err != nil {
			if err.Error() != "EOF" {
				t.Errorf("not XML: %v: %s", err, b)
			}
			return
		}
	}
}

func TestTextSurvives(t *testing.T) {
	in := "a<b>&\"c\"'\\ \r\n\t é \u2028 😀\ufffd"
	var j struct{ Messages []struct{ Body string } }
	r := &Messages{[]Message{{Body: in}}}
	if err := json.Unmarshal(AppendJSON(nil, r), &j); err != nil || j.Messages[0].Body != in {
		t.Errorf("JSON: got %q, %v", j.Messages[0].Body, err)
	}
	var x struct {
		Body string `xml:"ReceiveMessageResult>Message>Body"`
	}
	if err := xml.Unmarshal(AppendXML(nil, "ReceiveMessage", r, "id"), &x); err != nil || x.Body != in {
		t.Errorf("XML: got %q, %v", x.Body, err)
	}
}

// Digests that AWS has answered with, from the public records of the LocalStack
// and sqslite projects.
func TestMD5(t *testing.T) {
	for _, c := range []struct {
		as   Attributes
		want string
	}{
		{nil, ""},
		{Attributes{{Name: "test-key-alt", DataType: "String", Text: "test-value-alt"}, {Name: "test-key", DataType: "String", Text: "test-value"}}, "2256c3b617e2b4b3ae4f2d455dcf54d0"},
		{Attributes{{Name: "Hello", DataType: "String", Text: "There"}, {Name: "General", DataType: "String", Text: "Kenobi"}, {Name: "Help.Me", DataType: "String", Text: "Me"}}, "4c360f3fdafd970e05fae2f149d997f5"},
		{Attributes{{Name: "Hello", DataType: "String", Text: "There"}}, "a311262e065454b75da111d535b8dacd"},
		{Attributes{{Name: "attr1", DataType: "Binary", Binary: []byte("traceparent\x1e00-774062d6c37081a5a0b9b5b88e30627c-2d2482211f6489da-01")}}, "8cbe4db156db8a94db8b801b7addb984"},
	} {
		if got := c.as.MD5(); got != c.want {
			t.Errorf("%v: got %s, want %s", c.as, got, c.want)
		}
	}
	if got := MD5OfBody("msg"); got != "6e2baaf3b97dbeef01c0043275f9a0e7" {
		t.Errorf("body: got %s", got)
	}
}

// TestCodes pins the spelling of every code.
func TestCodes(t *testing.T) {
	for _, c := range []struct {
		code                 Code
		shape, query         string
		status, withoutQuery int
	}{
		{QueueDoesNotExist, "com.amazonaws.sqs#QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue;Sender", 400, 400},
		{QueueNameExists, "com.amazonaws.sqs#QueueNameExists", "QueueAlreadyExists;Sender", 400, 400},
		{QueueDeletedRecently, "com.amazonaws.sqs#QueueDeletedRecently", "AWS.SimpleQueueService.QueueDeletedRecently;Sender", 400, 400},
		{PurgeQueueInProgress, "com.amazonaws.sqs#PurgeQueueInProgress", "AWS.SimpleQueueService.PurgeQueueInProgress;Sender", 403, 400},
		{BatchEntryIdsNotDistinct, "com.amazonaws.sqs#BatchEntryIdsNotDistinct", "AWS.SimpleQueueService.BatchEntryIdsNotDistinct;Sender", 400, 400},
		{BatchRequestTooLong, "com.amazonaws.sqs#BatchRequestTooLong", "AWS.SimpleQueueService.BatchRequestTooLong;Sender", 400, 400},
		{EmptyBatchRequest, "com.amazonaws.sqs#EmptyBatchRequest", "AWS.SimpleQueueService.EmptyBatchRequest;Sender", 400, 400},
		{InvalidBatchEntryID, "com.amazonaws.sqs#InvalidBatchEntryId", "AWS.SimpleQueueService.InvalidBatchEntryId;Sender", 400, 400},
		{TooManyEntriesInBatchRequest, "com.amazonaws.sqs#TooManyEntriesInBatchRequest", "AWS.SimpleQueueService.TooManyEntriesInBatchRequest;Sender", 400, 400},
		{MessageNotInflight, "com.amazonaws.sqs#MessageNotInflight", "AWS.SimpleQueueService.MessageNotInflight;Sender", 400, 400},
		{UnsupportedOperation, "com.amazonaws.sqs#UnsupportedOperation", "AWS.SimpleQueueService.UnsupportedOperation;Sender", 400, 400},
		{ReceiptHandleIsInvalid, "com.amazonaws.sqs#ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid;Sender", 400, 400},
		{InvalidMessageContents, "com.amazonaws.sqs#InvalidMessageContents", "InvalidMessageContents;Sender", 400, 400},
		{InvalidAttributeName, "com.amazonaws.sqs#InvalidAttributeName", "InvalidAttributeName;Sender", 400, 400},
		{InvalidAttributeValue, "com.amazonaws.sqs#InvalidAttributeValue", "InvalidAttributeValue;Sender", 400, 400},
		{InvalidAddress, "com.amazonaws.sqs#InvalidAddress", "InvalidAddress;Sender", 400, 400},
		{InvalidSecurity, "com.amazonaws.sqs#InvalidSecurity", "InvalidSecurity;Sender", 403, 400},
		{OverLimit, "com.amazonaws.sqs#OverLimit", "OverLimit;Sender", 403, 400},
		{RequestThrottled, "com.amazonaws.sqs#RequestThrottled", "RequestThrottled;Sender", 403, 400},
		{ResourceNotFound, "com.amazonaws.sqs#ResourceNotFoundException", "ResourceNotFoundException;Sender", 404, 400},
		{InvalidParameterValue, "com.amazon.coral.service#InvalidParameterValueException", "InvalidParameterValue;Sender", 400, 400},
		{MissingParameter, "com.amazon.coral.service#MissingRequiredParameterException", "MissingParameter;Sender", 400, 400},
		{AccessDenied, "com.amazon.coral.service#AccessDeniedException", "AccessDenied;Sender", 403, 400},
		{UnknownOperation, "com.amazon.coral.service#UnknownOperationException", "InvalidAction;Sender", 400, 400},
		{MissingAction, "com.amazon.coral.service#UnknownOperationException", "MissingAction;Sender", 400, 400},
		{MalformedInput, "com.amazon.coral.service#SerializationException", "MalformedInput;Sender", 400, 400},
		{InvalidClientTokenID, "com.amazon.coral.service#UnrecognizedClientException", "InvalidClientTokenId;Sender", 403, 400},
		{MissingAuthenticationToken, "com.amazon.coral.service#MissingAuthenticationTokenException", "MissingAuthenticationToken;Sender", 403, 400},
		{IncompleteSignature, "com.amazon.coral.service#IncompleteSignatureException", "IncompleteSignature;Sender", 400, 400},
		{SignatureDoesNotMatch, "com.amazon.coral.service#InvalidSignatureException", "SignatureDoesNotMatch;Sender", 403, 400},
		{InternalFailure, "com.amazon.coral.service#InternalFailure", "InternalFailure;Receiver", 500, 500},
		{ServiceUnavailable, "com.amazon.coral.service#ServiceUnavailableException", "ServiceUnavailable;Receiver", 503, 503},
	} {
		e := &Error{Code: c.code}
		if c.code.Shape() != c.shape || e.QueryError() != c.query || c.code.Status(true) != c.status || c.code.Status(false) != c.withoutQuery {
			t.Errorf("%s: got %s, %s, %d, %d", c.shape, c.code.Shape(), e.QueryError(), c.code.Status(true), c.code.Status(false))
		}
	}
}
