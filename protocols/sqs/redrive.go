package sqs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/sqs/wire"
	"github.com/sluicemq/sluice/queuecore"
)

const (
	redrivePolicy      = "RedrivePolicy"
	redriveAllowPolicy = "RedriveAllowPolicy"
)

// redrive is a redrive policy: after so many receives a message goes there.
type redrive struct {
	max    int
	target string // ARN
}

// parseRedrive reads a redrive policy. The error says what is wrong with it.
// SetQueueAttributes, "RedrivePolicy".
func parseRedrive(v string) (redrive, error) {
	var m map[string]json.RawMessage
	if json.Unmarshal([]byte(v), &m) != nil || m == nil {
		return redrive{}, wire.Errorf(wire.InvalidAttributeValue, "Invalid value for the parameter RedrivePolicy. Reason: Redrive policy is not a valid JSON map.")
	}
	bad := func(format string, args ...any) (redrive, error) {
		return redrive{}, badValue(v, redrivePolicy, fmt.Sprintf(format, args...))
	}
	for _, name := range []string{"maxReceiveCount", "deadLetterTargetArn"} {
		if _, ok := m[name]; !ok {
			return bad("Redrive policy does not contain mandatory attribute: %s.", name)
		}
	}
	if len(m) > 2 {
		return bad("Only following attributes are supported: [maxReceiveCount, deadLetterTargetArn].")
	}
	// The number may come as a string.
	digits := strings.Trim(string(m["maxReceiveCount"]), `"`)
	n, ok := number(digits)
	if !ok || n < 1 || n > maxReceiveCount {
		return bad("Invalid value for maxReceiveCount: %s, valid values are from 1 to 1000 both inclusive.", cut(digits))
	}
	var target string
	if json.Unmarshal(m["deadLetterTargetArn"], &target) != nil {
		return bad("Invalid value for deadLetterTargetArn.")
	}
	return redrive{max: n, target: target}, nil
}

// checkRedrive checks a redrive policy for a queue: its target must be there, be
// of the same type, and let this queue use it.
func (c *call) checkRedrive(queue string, fifo bool, v string) error {
	p, err := parseRedrive(v)
	if err != nil {
		return err
	}
	service, name, ok := splitARN(p.target)
	switch {
	case !ok:
		return badValue(v, redrivePolicy, "Invalid value for deadLetterTargetArn.")
	case service != "sqs":
		return badValue(v, redrivePolicy, "Only SQS queues are valid resources for deadLetterTargetArn.")
	case strings.HasSuffix(name, fifoSuffix) != fifo:
		return badValue(v, redrivePolicy, "Dead-letter queue must be same type of queue as the source..")
	}
	target, err := c.names.Queue(name)
	if err == nil {
		// Or the queue would send for the client where it may not send itself.
		if err := c.allow(target, sending()); err != nil {
			return err
		}
		// Nor could who may not receive from this queue have what it gives up.
		if err := c.allow(queue, wish{"ReceiveMessage", anyOf(protocols.Divert)}); err != nil {
			return err
		}
		var q queuecore.QueueInfo
		if q, err = c.broker.Queue(target); err == nil {
			if q.Config.Relay {
				return badValue(v, redrivePolicy, "The dead-letter queue hands on what it is sent and keeps nothing.")
			}
			return c.allowsSource(&q, queue, v)
		}
	}
	return badValue(v, redrivePolicy, "Dead letter target does not exist.")
}

// allowsSource checks the redrive allow policy of a dead-letter queue.
// SetQueueAttributes, "RedriveAllowPolicy".
func (c *call) allowsSource(dead *queuecore.QueueInfo, source, v string) error {
	p, ok := parseAllow(dead.Config.Labels[label+redriveAllowPolicy])
	if !ok || p.Permission == "allowAll" || p.Permission == "byQueue" && p.names(c.names.QueueName(source)) {
		return nil
	}
	return badValue(v, redrivePolicy, "The dead-letter queue's RedriveAllowPolicy does not permit this queue to use it.")
}

// allowPolicy says which queues may use a queue as their dead-letter queue.
type allowPolicy struct {
	Permission string   `json:"redrivePermission"`
	Sources    []string `json:"sourceQueueArns"`
}

func (p *allowPolicy) names(queue string) bool {
	return slices.ContainsFunc(p.Sources, func(arn string) bool {
		_, name, ok := splitARN(arn)
		return ok && name == queue
	})
}

func parseAllow(v string) (allowPolicy, bool) {
	var members map[string]json.RawMessage
	var p allowPolicy
	if json.Unmarshal([]byte(v), &members) != nil || json.Unmarshal([]byte(v), &p) != nil {
		return allowPolicy{}, false
	}
	for name := range members { // json would take them in any case
		if name != "redrivePermission" && name != "sourceQueueArns" {
			return allowPolicy{}, false
		}
	}
	return p, p.Permission == "allowAll" || p.Permission == "denyAll" || p.Permission == "byQueue"
}

func checkAllow(v string) error {
	p, ok := parseAllow(v)
	const cannot = "Amazon SQS can't create the redrive allow policy"
	switch {
	case !ok:
		return wire.Errorf(wire.InvalidAttributeValue, "Invalid value for the parameter RedriveAllowPolicy. Reason: "+cannot+", as it’s in an unsupported format.")
	case p.Permission == "byQueue" && len(p.Sources) == 0:
		return badValue(v, redriveAllowPolicy, cannot+". When you specify the byQueue permission type, you must also specify one or more sourceQueueArns values.")
	case p.Permission != "byQueue" && len(p.Sources) > 0:
		return badValue(v, redriveAllowPolicy, cannot+". To specify one or more source queue ARNs, you must set redrivePermission to byQueue.")
	case len(p.Sources) > maxSources:
		return badValue(v, redriveAllowPolicy, cannot+". The maximum number of source queue ARNs you can specify is 10.")
	}
	return nil
}

// putRedrive sets a policy that checkRedrive has passed, or removes it.
func (g *Gateway) putRedrive(c *queuecore.QueueConfig, v string) {
	c.MaxAttempts, c.DeadLetter = 0, ""
	putLabel(redrivePolicy)(c, v)
	if p, err := parseRedrive(v); err == nil {
		c.MaxAttempts, c.DeadLetter = p.max, g.deadLetter(p)
	}
}

func (g *Gateway) deadLetter(p redrive) string {
	_, name, _ := splitARN(p.target)
	queue, _ := g.names.Queue(name)
	return queue
}

// getRedrive returns the policy as the client spelled it, unless the queue has
// been given another since, or never had one from an SQS client.
func (g *Gateway) getRedrive(c *queuecore.QueueConfig) string {
	if c.MaxAttempts == 0 || c.DeadLetter == "" {
		return ""
	}
	v := c.Labels[label+redrivePolicy]
	if p, err := parseRedrive(v); err == nil && p.max == c.MaxAttempts && g.deadLetter(p) == c.DeadLetter {
		return v
	}
	return fmt.Sprintf(`{"deadLetterTargetArn":"%s","maxReceiveCount":%d}`, g.arn(c.DeadLetter), c.MaxAttempts)
}

// canonical spells a value so that two that mean the same are equal.
func canonical(name, v string) string {
	switch name {
	case redrivePolicy:
		if p, err := parseRedrive(v); err == nil {
			return fmt.Sprintf("%s %d", p.target, p.max)
		}
	case redriveAllowPolicy, policyName:
		var x any
		d := json.NewDecoder(bytes.NewReader([]byte(v)))
		d.UseNumber()
		if d.Decode(&x) == nil {
			b, _ := json.Marshal(x) // maps come out sorted
			return string(b)
		}
	}
	return v
}
