package policy

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/sluicemq/sluice/protocols/glob"
)

// patterns are the actions or the resources of a statement.
type patterns struct {
	not    bool // all but these
	list   []string
	unread bool // one of them is not understood
}

func (p *patterns) match(fits func(pattern string) bool) truth {
	switch {
	case p.unread:
		return unknown
	case slices.ContainsFunc(p.list, fits) == p.not:
		return no
	}
	return yes
}

// parsePatterns reads the element of that name or its opposite, one of which is there.
func parsePatterns(m map[string]json.RawMessage, name string, check func(string) error) (p patterns, err error) {
	raw := m[name]
	if p.not = raw == nil; p.not {
		name = "Not" + name
		raw = m[name]
	}
	if p.list, err = texts(raw); err != nil {
		return p, fmt.Errorf("%s is %w", name, err)
	}
	for _, x := range p.list {
		if err := check(x); err != nil {
			return p, err
		}
	}
	return p, nil
}

// fold puts the patterns into lower case.
func (p *patterns) fold() {
	for i, x := range p.list {
		p.list[i] = strings.ToLower(x)
	}
}

// hasVariable reports whether there is a policy variable in s. Their values are not known here.
// IAM user guide, "IAM policy elements: Variables and tags".
func hasVariable(s string) bool { return strings.Contains(s, "${") }

// checkAction refuses an action that has no service before it: it would be none of SQS.
func checkAction(p string) error {
	if p != "*" && !strings.Contains(p, ":") {
		return fmt.Errorf(`action %q is neither * nor begins with "sqs:"`, cut(p))
	}
	return nil
}

func checkResource(p string) error {
	if p != "*" && !strings.HasPrefix(p, "arn:") {
		return fmt.Errorf("resource %q is neither * nor an ARN", cut(p))
	}
	return nil
}

// matchAction compares without regard to case. The pattern is in lower case.
// IAM user guide, "IAM JSON policy elements: Action".
func matchAction(pattern, action string) bool {
	return glob.Match(pattern, "sqs:"+strings.ToLower(action))
}

// matchQueue reports whether an ARN is that of the queue. Its region and account are not
// looked at, as in all requests: a policy may move here unchanged.
func matchQueue(pattern string, q Queue) bool {
	p := strings.SplitN(pattern, ":", 6)
	if len(p) == 6 {
		return glob.Match(p[2], "sqs") && glob.Match(p[5], q.Name)
	}
	return glob.Match(pattern, q.ARN()) // one with a star for the parts that it leaves out
}

// matchARN compares part by part: a star does not reach beyond a colon, but in the last.
// IAM user guide, "Amazon Resource Name (ARN) condition operators".
func matchARN(pattern, arn string) bool {
	p, a := strings.SplitN(pattern, ":", 6), strings.SplitN(arn, ":", 6)
	if len(p) != 6 || len(a) != 6 {
		return pattern == "*"
	}
	for i := range p {
		if !glob.Match(p[i], a[i]) {
			return false
		}
	}
	return true
}
