package sqs_test

import "testing"

// testSelectors has the AWS CLI select, which passes the entry on as it is.
func (c *cli) testSelectors(t *testing.T) {
	url := c.queue(t, "cli-selectors")
	for _, color := range []string{"red", "blue, 'dark'"} {
		c.ok(t, "send-message", "--queue-url", url, "--message-body", color,
			"--message-attributes", `{"color":{"DataType":"String","StringValue":"`+color+`"},"n":{"DataType":"Number","StringValue":"7"}}`)
	}
	got := items(c.ok(t, "receive-message", "--queue-url", url, "--max-number-of-messages", "10",
		"--message-attribute-names", "Sluice.Selector=color = 'blue, ''dark''' AND n > 6.5", "color"), "Messages")
	if len(got) != 1 || text(got[0], "Body") != "blue, 'dark'" || text(got[0], "MessageAttributes", "color", "StringValue") != "blue, 'dark'" {
		t.Errorf("received %v", got)
	}
	c.fails(t, "at offset 4", "receive-message", "--queue-url", url, "--message-attribute-names", "Sluice.Selector=n = = 1")
}
