package sqs_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/bridge/interop/rig"
)

// cli is the AWS CLI: one process for each command, one command at a time.
type cli struct {
	in    *json.Encoder // to python/cli_shell.py
	out   *json.Decoder
	flags []string // of every command
	env   map[string]string
}

// said is what a command left behind.
type said struct {
	Out  string `json:"out"`
	Err  string `json:"err"`
	Code int    `json:"code"`
}

// startCLI returns what a test must call in the end, too.
func startCLI(t *testing.T, p *programs, s *site) (c *cli, stop func()) {
	t.Helper()
	cmd := p.command(t, s, "cli_shell.py")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	words := &rig.Log{}
	cmd.Stderr = words
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop = func() {
		_ = in.Close() // which ends it
		if err := cmd.Wait(); err != nil || words.String() != "" {
			t.Errorf("the shell: %v\n%s", err, words)
		}
	}
	env := map[string]string{"AWS_PAGER": "", "AWS_MAX_ATTEMPTS": "1"}
	return &cli{json.NewEncoder(in), json.NewDecoder(out), []string{"--endpoint-url", s.url, "--cli-connect-timeout", "300", "--cli-read-timeout", "300"}, env}, stop
}

// run runs "aws sqs" with these arguments.
func (c *cli) run(t *testing.T, args ...string) (s said) {
	t.Helper()
	args = slices.Concat([]string{"sqs", "--output", "json"}, c.flags, args)
	if err := c.in.Encode(map[string]any{"args": args, "env": c.env}); err != nil {
		t.Fatal(err)
	}
	if err := c.out.Decode(&s); err != nil {
		t.Fatalf("%q: %v", args, err)
	}
	return s
}

// ok runs a command that must succeed, and returns its answer.
func (c *cli) ok(t *testing.T, args ...string) map[string]any {
	t.Helper()
	s := c.run(t, args...)
	if s.Code != 0 || s.Err != "" {
		t.Fatalf("%q: exit code %d: %s", args, s.Code, s.Err)
	}
	answer := make(map[string]any)
	if s.Out != "" {
		if err := json.Unmarshal([]byte(s.Out), &answer); err != nil {
			t.Fatalf("%q: %v in %s", args, err, s.Out)
		}
	}
	return answer
}

// fails runs a command that the server must refuse, in these words among others.
func (c *cli) fails(t *testing.T, words string, args ...string) {
	t.Helper()
	const refused = 255 // of version 1; version 2 has 254
	if s := c.run(t, args...); s.Code != refused || !strings.Contains(s.Err, words) || s.Out != "" {
		t.Errorf("%q: exit code %d, stdout %q, stderr %q, which lacks %q", args, s.Code, s.Out, s.Err, words)
	}
}

// queue makes a queue, and returns its URL.
func (c *cli) queue(t *testing.T, name string, more ...string) string {
	t.Helper()
	return text(c.ok(t, append([]string{"create-queue", "--queue-name", name}, more...)...), "QueueUrl")
}

// text returns what is at a path of an answer, if it is text.
func text(v any, path ...string) string {
	for _, p := range path {
		m, _ := v.(map[string]any)
		v = m[p]
	}
	s, _ := v.(string)
	return s
}

// items returns the list at a name of an answer.
func items(v map[string]any, name string) []any {
	l, _ := v[name].([]any)
	return l
}

func TestCLI(t *testing.T) {
	p := python(t, "requirements.txt")
	t.Parallel()
	s := openSite(t)
	c, stop := startCLI(t, p, s)
	defer stop()
	for name, test := range map[string]func(*testing.T){
		"message": c.testMessage, "batch": c.testBatch, "attributes": c.testAttributes, "list": c.testList,
		"moves": c.testMoves, "permissions": c.testPermissions, "errors": c.testErrors, "keys": c.testKeys, "selectors": c.testSelectors,
	} {
		t.Run(name, test)
	}
	s.wants(t, jsonForm, slices.DeleteFunc(append(operations(), moves()...), func(o string) bool {
		return o == "ChangeMessageVisibilityBatch" || o == "DeleteMessageBatch" || o == "ListDeadLetterSourceQueues" || o == "UntagQueue"
	})...)
}

func (c *cli) testMessage(t *testing.T) {
	url := c.queue(t, "cli-message")
	// Version 1 takes binary values as they are, and shows them in base64.
	attributes := `{"city":{"DataType":"String","StringValue":"Zürich"},"raw":{"DataType":"Binary","BinaryValue":"raw"},"n":{"DataType":"Number.int","StringValue":"3"}}`
	sent := c.ok(t, "send-message", "--queue-url", url, "--message-body", "hello & <é>", "--message-attributes", attributes)
	got := c.ok(t, "receive-message", "--queue-url", url, "--wait-time-seconds", "20", "--message-attribute-names", "All", "--attribute-names", "All")
	messages := items(got, "Messages")
	if len(messages) != 1 {
		t.Fatalf("received %v", got)
	}
	m := messages[0]
	if text(m, "Body") != "hello & <é>" || text(m, "MessageId") != text(sent, "MessageId") ||
		text(m, "MD5OfMessageAttributes") != text(sent, "MD5OfMessageAttributes") ||
		text(m, "MessageAttributes", "city", "StringValue") != "Zürich" ||
		text(m, "MessageAttributes", "raw", "BinaryValue") != "cmF3" ||
		text(m, "Attributes", "ApproximateReceiveCount") != "1" {
		t.Errorf("sent %v, received %v", sent, m)
	}
	handle := text(m, "ReceiptHandle")
	c.ok(t, "change-message-visibility", "--queue-url", url, "--receipt-handle", handle, "--visibility-timeout", "60")
	if s := c.run(t, "delete-message", "--queue-url", url, "--receipt-handle", handle); s != (said{}) {
		t.Errorf("delete-message: %+v", s)
	}
	if s := c.run(t, "receive-message", "--queue-url", url); s != (said{}) {
		t.Errorf("receive-message of an empty queue: %+v", s)
	}
}

func (c *cli) testBatch(t *testing.T) {
	url := c.queue(t, "cli-batch")
	answer := c.ok(t, "send-message-batch", "--queue-url", url, "--entries",
		`[{"Id":"a","MessageBody":"1"},{"Id":"b","MessageBody":"2","DelaySeconds":901}]`)
	failed := items(answer, "Failed")
	if len(items(answer, "Successful")) != 1 || len(failed) != 1 || text(failed[0], "Code") != "InvalidParameterValue" {
		t.Errorf("the batch was answered with %v", answer)
	}
	c.fails(t, "(AWS.SimpleQueueService.BatchEntryIdsNotDistinct) when calling the SendMessageBatch operation: Id a repeated.",
		"send-message-batch", "--queue-url", url, "--entries", `[{"Id":"a","MessageBody":"1"},{"Id":"a","MessageBody":"2"}]`)
	c.ok(t, "purge-queue", "--queue-url", url)
	c.fails(t, "(AWS.SimpleQueueService.PurgeQueueInProgress)", "purge-queue", "--queue-url", url)
	c.ok(t, "delete-queue", "--queue-url", url)
	c.fails(t, "(AWS.SimpleQueueService.NonExistentQueue) when calling the GetQueueUrl operation: The specified queue does not exist.",
		"get-queue-url", "--queue-name", "cli-batch")
}

func (c *cli) testAttributes(t *testing.T) {
	url := c.queue(t, "cli-attributes.fifo", "--attributes", "FifoQueue=true,ContentBasedDeduplication=true", "--tags", "team=orders,empty=")
	c.ok(t, "set-queue-attributes", "--queue-url", url, "--attributes", `{"VisibilityTimeout":"90","DeduplicationScope":"messageGroup","FifoThroughputLimit":"perMessageGroupId"}`)
	got := c.ok(t, "get-queue-attributes", "--queue-url", url, "--attribute-names", "All")
	for name, want := range map[string]string{
		"FifoQueue": "true", "ContentBasedDeduplication": "true", "VisibilityTimeout": "90",
		"DeduplicationScope": "messageGroup", "FifoThroughputLimit": "perMessageGroupId",
		"QueueArn": "arn:aws:sqs:us-east-1:000000000000:cli-attributes.fifo",
	} {
		if is := text(got, "Attributes", name); is != want {
			t.Errorf("%s is %q, not %q", name, is, want)
		}
	}
	c.ok(t, "tag-queue", "--queue-url", url, "--tags", "cost=a b")
	tags := c.ok(t, "list-queue-tags", "--queue-url", url)["Tags"]
	if text(tags, "team") != "orders" || text(tags, "cost") != "a b" || len(tags.(map[string]any)) != 3 {
		t.Errorf("tags are %v", tags)
	}
}

func (c *cli) testList(t *testing.T) {
	var urls []string
	for _, name := range []string{"cli-list-1", "cli-list-2"} {
		urls = append(urls, c.queue(t, name))
	}
	first := c.ok(t, "list-queues", "--queue-name-prefix", "cli-list", "--max-items", "1", "--page-size", "1")
	rest := c.ok(t, "list-queues", "--queue-name-prefix", "cli-list", "--starting-token", text(first, "NextToken"))
	var got []string
	for _, u := range append(items(first, "QueueUrls"), items(rest, "QueueUrls")...) {
		got = append(got, u.(string))
	}
	if !slices.Equal(got, urls) || len(items(first, "QueueUrls")) != 1 || rest["NextToken"] != nil {
		t.Errorf("%v, then %v", first, rest)
	}
}

func (c *cli) testMoves(t *testing.T) {
	const prefix = "arn:aws:sqs:us-east-1:000000000000:"
	dead := c.queue(t, "cli-dead")
	c.queue(t, "cli-work", "--attributes", `{"RedrivePolicy":"{\"deadLetterTargetArn\":\"`+prefix+`cli-dead\",\"maxReceiveCount\":1}"}`)
	for range 4 { // enough for a slow machine: at one message a second a task outlasts a command
		c.ok(t, "send-message-batch", "--queue-url", dead, "--entries", tenEntries(t))
	}
	started := c.ok(t, "start-message-move-task", "--source-arn", prefix+"cli-dead", "--destination-arn", prefix+"cli-work",
		"--max-number-of-messages-per-second", "1")
	tasks := items(c.ok(t, "list-message-move-tasks", "--source-arn", prefix+"cli-dead"), "Results")
	if len(tasks) != 1 || text(tasks[0], "TaskHandle") != text(started, "TaskHandle") || text(tasks[0], "Status") != "RUNNING" {
		t.Errorf("tasks are %v", tasks)
	}
	c.ok(t, "cancel-message-move-task", "--task-handle", text(started, "TaskHandle"))
}

// tenEntries is a full batch.
func tenEntries(t *testing.T) string {
	t.Helper()
	var all []map[string]string
	for _, id := range strings.Split("abcdefghij", "") {
		all = append(all, map[string]string{"Id": id, "MessageBody": id})
	}
	b, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func (c *cli) testPermissions(t *testing.T) {
	url := c.queue(t, "cli-permissions")
	c.ok(t, "add-permission", "--queue-url", url, "--label", "share", "--aws-account-ids", "111122223333", "--actions", "SendMessage", "ReceiveMessage")
	policy := text(c.ok(t, "get-queue-attributes", "--queue-url", url, "--attribute-names", "Policy"), "Attributes", "Policy")
	if !strings.Contains(policy, `"share"`) || !strings.Contains(policy, "111122223333") {
		t.Errorf("the policy is %s", policy)
	}
	c.ok(t, "remove-permission", "--queue-url", url, "--label", "share")
}

func (c *cli) testErrors(t *testing.T) {
	c.queue(t, "cli-errors")
	c.fails(t, "An error occurred (QueueAlreadyExists) when calling the CreateQueue operation: A queue already exists with the same name and a different value for attribute VisibilityTimeout",
		"create-queue", "--queue-name", "cli-errors", "--attributes", "VisibilityTimeout=31")
}

func (c *cli) testKeys(t *testing.T) {
	c.with("AWS_SECRET_ACCESS_KEY", "wrong").fails(t, "(SignatureDoesNotMatch) when calling the ListQueues operation: The request signature we calculated does not match", "list-queues")
	c.with("AWS_ACCESS_KEY_ID", "AKIDNOBODY").fails(t, "(InvalidClientTokenId)", "list-queues")
	// In a region of AWS the first version of the CLI goes to the host of SQS there, whatever the environment says.
	plain := c.with("AWS_DEFAULT_REGION", "own")
	plain.flags = c.flags[2:]
	plain.ok(t, "create-queue", "--queue-name", "cli-environment")
}

// with is the CLI with a variable in its environment.
func (c *cli) with(name, value string) *cli {
	env := maps.Clone(c.env)
	env[name] = value
	return &cli{c.in, c.out, c.flags, env}
}
