package sqs_test

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/protocols/sqs"
)

// byQueue spells a redrive allow policy for n queues.
func byQueue(n int) string {
	var arns []string
	for i := range n {
		arns = append(arns, fmt.Sprintf("%ssource-%d", arn, i+1))
	}
	b, _ := json.Marshal(arns)
	return `{"redrivePermission":"byQueue","sourceQueueArns":` + string(b) + `}`
}

// spellings returns values that each attribute must give back byte for byte.
func spellings(fifo bool) map[string][]string {
	dead := arn + "dead"
	values := map[string][]string{
		"VisibilityTimeout":             {"0", "1", "43200"},
		"MaximumMessageSize":            {"1024", "1025", "262144", "1048576"},
		"MessageRetentionPeriod":        {"60", "345601", "1209600"},
		"DelaySeconds":                  {"900", "0"},
		"ReceiveMessageWaitTimeSeconds": {"20", "0"},
		"Policy":                        {" {\n\t\"Version\" : \"2012-10-17\", \"Id\":\"é\\u00e9\", \"Statement\":[ {\"Sid\":\"<&>\",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"*\"},\"Action\":\"SQS:*\",\"Resource\":\"*\"} ]}\r\n"},
		"RedriveAllowPolicy":            {`{"redrivePermission":"allowAll"}`, "{ \"redrivePermission\" :\n\"denyAll\" }", byQueue(1), byQueue(10)},
		"KmsMasterKeyId":                {"alias/aws/sqs", "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"},
		"KmsDataKeyReusePeriodSeconds":  {"60", "86400"},
		"SqsManagedSseEnabled":          {"true", "false"},
	}
	if fifo {
		dead += ".fifo"
		values["FifoQueue"] = []string{"true"}
		values["ContentBasedDeduplication"] = []string{"true", "false"}
		values["DeduplicationScope"] = []string{"messageGroup", "queue"}
		values["FifoThroughputLimit"] = []string{"perQueue"}
	}
	values["RedrivePolicy"] = []string{
		`{"deadLetterTargetArn":"` + dead + `","maxReceiveCount":1}`, `{"maxReceiveCount":"1000","deadLetterTargetArn":"` + dead + `"}`,
		"{ \"maxReceiveCount\" : \"5\",\n \"deadLetterTargetArn\":\"" + dead + "\" }",
	}
	return values
}

// attributeOf reads an attribute in both forms.
func (h *house) attributeOf(t *testing.T, queue, name string) (inJSON, inXML string) {
	t.Helper()
	r := h.exchange(t, true, "POST", jsonText("/", "GetQueueAttributes", `{"QueueUrl":"`+queue+`","AttributeNames":["`+name+`"]}`))
	var x struct{ Attributes map[string]string }
	if err := json.Unmarshal([]byte(r.body), &x); err != nil {
		t.Fatal(err)
	}
	r = h.exchange(t, false, "GET", httpText("GET", "/000000000000/"+queue+"?Action=GetQueueAttributes&AttributeName.1="+name, ""))
	var y struct {
		Value string `xml:"GetQueueAttributesResult>Attribute>Value"`
	}
	if err := xml.Unmarshal([]byte(r.body), &y); err != nil {
		t.Fatal(err)
	}
	return x.Attributes[name], y.Value
}

// setters sets one attribute of a queue: in both forms, when the queue is made and later.
func setters() map[string]func(h *house, t *testing.T, queue, name, value string) reply {
	inJSON := func(action, member string) func(h *house, t *testing.T, queue, name, value string) reply {
		return func(h *house, t *testing.T, queue, name, value string) reply {
			attributes := map[string]string{name: value}
			if action == "CreateQueue" && strings.HasSuffix(queue, ".fifo") {
				attributes["FifoQueue"] = "true"
			}
			b, _ := json.Marshal(map[string]any{member: queue, "Attributes": attributes})
			return h.exchange(t, true, "POST", jsonText("/", action, string(b)))
		}
	}
	inQuery := func(action, member string) func(h *house, t *testing.T, queue, name, value string) reply {
		return func(h *house, t *testing.T, queue, name, value string) reply {
			form := url.Values{"Action": {action}, member: {queue}, "Attribute.4.Name": {name}, "Attribute.4.Value": {value}}
			if action == "CreateQueue" && strings.HasSuffix(queue, ".fifo") && name != "FifoQueue" {
				form.Set("Attribute.2.Name", "FifoQueue")
				form.Set("Attribute.2.Value", "true")
			}
			return h.exchange(t, false, "POST", queryText("/", form.Encode()))
		}
	}
	return map[string]func(h *house, t *testing.T, queue, name, value string) reply{
		"JSON create": inJSON("CreateQueue", "QueueName"), "JSON set": inJSON("SetQueueAttributes", "QueueUrl"),
		"query create": inQuery("CreateQueue", "QueueName"), "query set": inQuery("SetQueueAttributes", "QueueUrl"),
	}
}

// What is set is read back byte for byte, in both forms, and making the queue again with the same
// value finds it.
func TestAttributesComeBack(t *testing.T) {
	h := start(t, sqs.Options{})
	h.post("CreateQueue", `{"QueueName":"dead"}`)
	h.post("CreateQueue", `{"QueueName":"dead.fifo","Attributes":{"FifoQueue":"true"}}`)
	for how, set := range setters() {
		for _, queue := range []string{"q", "q.fifo"} {
			for name, values := range spellings(queue == "q.fifo") {
				for _, value := range values {
					h.post("DeleteQueue", `{"QueueUrl":"`+queue+`"}`)
					if strings.HasSuffix(how, "set") {
						setters()["JSON create"](h, t, queue, "DelaySeconds", "0")
					}
					if r := set(h, t, queue, name, value); r.status != 200 {
						t.Errorf("%s %s %s %q: %s %s", how, queue, name, value, r.code, r.message)
						continue
					}
					if a, b := h.attributeOf(t, queue, name); a != value || b != value {
						t.Errorf("%s %s %s: got %q and %q, want %q", how, queue, name, a, b, value)
					}
					if r := setters()["JSON create"](h, t, queue, name, value); r.status != 200 {
						t.Errorf("%s %s %s %q again: %s %s", how, queue, name, value, r.code, r.message)
					}
				}
			}
		}
	}
}

// Values beyond the bounds by one, of another type, and none where there must be one are
// refused, and change nothing.
func TestAttributesAreBounded(t *testing.T) {
	h := start(t, sqs.Options{})
	h.post("CreateQueue", `{"QueueName":"dead"}`)
	for name, values := range map[string][]string{
		"VisibilityTimeout":             {"-1", "43201", "1.0", "1e1", "0x1", "1 ", "", "99999999999999999999", "true"},
		"MaximumMessageSize":            {"1023", "1048577", "", "1024.0"},
		"MessageRetentionPeriod":        {"59", "1209601", ""},
		"DelaySeconds":                  {"-1", "901", ""},
		"ReceiveMessageWaitTimeSeconds": {"-1", "21", ""},
		"KmsDataKeyReusePeriodSeconds":  {"59", "86401", ""},
		"SqsManagedSseEnabled":          {"TRUE", "1", ""},
		"KmsMasterKeyId":                {"\x00", "k\uffff"},
		"Policy":                        {"x", "{}", "[]", "null"},
		"RedriveAllowPolicy": {"x", "{}", "[]", "null", byQueue(0), byQueue(11), `{"redrivePermission":"ALLOWALL"}`,
			`{"RedrivePermission":"allowAll"}`, `{"redrivePermission":"allowAll","x":1}`, `{"redrivePermission":"allowAll"}{}`},
		"RedrivePolicy": {"x", "{}", "[]", "null", `{"maxReceiveCount":1}`, `{"deadLetterTargetArn":"` + arn + `dead"}`,
			`{"maxReceiveCount":0,"deadLetterTargetArn":"` + arn + `dead"}`, `{"maxReceiveCount":1001,"deadLetterTargetArn":"` + arn + `dead"}`,
			`{"maxReceiveCount":1.5,"deadLetterTargetArn":"` + arn + `dead"}`, `{"maxReceiveCount":null,"deadLetterTargetArn":"` + arn + `dead"}`,
			`{"maxReceiveCount":1,"deadLetterTargetArn":["` + arn + `dead"]}`, `{"maxReceiveCount":1,"deadLetterTargetArn":"` + arn + `dead","x":1}`},
		"FifoQueue": {"true", "false", ""}, "ContentBasedDeduplication": {"true"}, "DeduplicationScope": {"queue"}, "FifoThroughputLimit": {"perQueue"},
		"QueueArn": {"x"}, "CreatedTimestamp": {"1"}, "LastModifiedTimestamp": {"1"}, "ApproximateNumberOfMessages": {"1"},
		"ApproximateNumberOfMessagesNotVisible": {"1"}, "ApproximateNumberOfMessagesDelayed": {"1"}, "All": {"1"}, "": {"1"}, "visibilitytimeout": {"1"},
	} {
		for _, value := range values {
			for how, set := range setters() {
				h.post("DeleteQueue", `{"QueueUrl":"q"}`)
				if strings.HasSuffix(how, "set") {
					h.post("CreateQueue", `{"QueueName":"q"}`)
				}
				r := set(h, t, "q", name, value)
				codes := []string{"InvalidAttributeValue", "InvalidAttributeName", "InvalidParameterValue"}
				if !slices.Contains(codes, r.code) || r.message == "" {
					t.Errorf("%s, %s %q: %d %s %s", how, name, value, r.status, r.code, r.message)
				}
				if _, err := h.broker.Queue("q"); (err == nil) != strings.HasSuffix(how, "set") {
					t.Errorf("%s, %s %q: the queue: %v", how, name, value, err)
				}
			}
		}
	}
}

// A redrive allow policy holds for each of the ten queues that it can name, and for no other.
func TestRedriveAllowPolicyNamesTen(t *testing.T) {
	h := start(t, sqs.Options{})
	setters()["JSON create"](h, t, "dead", "RedriveAllowPolicy", byQueue(10))
	for i := range 11 {
		r := setters()["JSON create"](h, t, fmt.Sprintf("source-%d", i+1), "RedrivePolicy", `{"maxReceiveCount":1,"deadLetterTargetArn":"`+arn+`dead"}`)
		if (r.status == 200) != (i < 10) {
			t.Errorf("source %d: %d %s", i+1, r.status, r.message)
		}
	}
}
