package sqs

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"slices"

	"github.com/sluicemq/sluice/protocols/sqs/wire"
	"github.com/sluicemq/sluice/queuecore"
)

// pageToken is what a NextToken says, the base64 form of a JSON object. It holds a name and no
// place in a list, so that queues which come and go between two pages make no other one
// come twice or not at all.
type pageToken struct {
	Of    string `json:"of"`            // the action
	For   string `json:"for,omitempty"` // what it was asked for
	After string `json:"after"`         // the last name that has been told
}

func (p pageToken) String() string {
	b, err := json.Marshal(p)
	if err != nil {
		panic("a page token cannot be encoded: " + err.Error()) // plain texts only
	}
	return base64.StdEncoding.EncodeToString(b)
}

func parsePageToken(s string) (p pageToken, ok bool) {
	b, err := base64.StdEncoding.DecodeString(s)
	return p, err == nil && json.Unmarshal(b, &p) == nil && p.Of != "" && p.After != ""
}

// page returns the URLs of the queues that the client may see and that pass, in
// the order of their names in SQS, and a token if there are more. Queues that
// live with a session are not shown. asked is what pass goes by.
//
// ListQueues, "MaxResults": without it the answer ends at 1,000, and no token.
func (c *call) page(p *wire.Page, asked string, pass func(name string, q *queuecore.QueueInfo) bool) ([]string, string, error) {
	if n := p.MaxResults; n.Set && (n.Value < 1 || n.Value > maxPage) {
		return nil, "", badValue(n.Value, "MaxResults", "Must be between 1 and 1000, if provided.")
	}
	from, err := c.pageStart(p.NextToken, asked)
	if err != nil {
		return nil, "", err
	}
	names := c.visibleQueues(from, pass)
	token := ""
	if limit := p.MaxResults.Or(maxPage); len(names) > limit {
		names = names[:limit]
		if p.MaxResults.Set {
			token = pageToken{c.action, asked, names[limit-1]}.String()
		}
	}
	urls := make([]string, len(names))
	for i, name := range names {
		urls[i] = c.urlOf(name)
	}
	return urls, token, nil
}

// pageStart returns the name after which the page begins.
func (c *call) pageStart(token, asked string) (string, error) {
	if token == "" {
		return "", nil
	}
	p, ok := parsePageToken(token)
	if !ok {
		return "", invalid("Invalid or expired next token.")
	}
	if p.Of != c.action || p.For != asked {
		return "", invalid("Invalid NextToken value. If you are passing in NextToken, you must not change the other request parameters.")
	}
	return p.After, nil
}

func (c *call) visibleQueues(from string, pass func(name string, q *queuecore.QueueInfo) bool) []string {
	var names []string
	for _, q := range c.broker.Queues("") {
		name := c.names.QueueName(q.Name)
		if !q.Config.Transient && name > from && pass(name, &q) && c.sees(&q) {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, cmp.Compare[string])
	return names
}
