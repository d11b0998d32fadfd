package jetstream

import (
	"bytes"
	"strings"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/protocols/nats/router"
)

// check sets the defaults of c and refuses what a queue cannot keep. The
// defaults and the texts that are not about queues are nats-server's.
func (c *StreamConfig) check() *Error {
	if err := c.checkName(); err != nil {
		return err
	}
	if err := c.unknownWord(); err != nil {
		return err
	}
	if err := c.refuse(); err != nil {
		return err
	}
	c.setWords()
	if err := c.checkMetadata(); err != nil {
		return err
	}
	c.setLimits()
	if err := c.checkPerSubject(); err != nil {
		return err
	}
	if err := c.checkTimes(); err != nil {
		return err
	}
	return c.checkSubjects()
}

// assetName reports whether s can name a stream or a consumer.
func assetName(s string) bool { return s != "" && !strings.ContainsAny(s, " \t\r\n\f.*>\\/") }

func (c *StreamConfig) checkName() *Error {
	size := 0
	for k, v := range c.Metadata {
		size += len(k) + len(v)
	}
	switch {
	case !assetName(c.Name):
		return errStreamConfig.with("stream name is required and can not contain '.', '*', '>', '\\', '/'")
	case len(c.Name) > maxName:
		return errStreamConfig.with("stream name is too long, maximum allowed is %d", maxName)
	case len(c.Description) > maxDescription:
		return errStreamConfig.with("stream description is too long, maximum allowed is %d", maxDescription)
	case size > maxMetadata:
		return errStreamConfig.with("stream metadata exceeds maximum size of %d bytes", maxMetadata)
	}
	if _, err := (mapping.NATS{}).Queue(c.Name); err != nil {
		return errStreamConfig.with("stream name %q cannot name a queue: %v", c.Name, err)
	}
	return nil
}

// isSet reports whether a raw value says anything.
func isSet(raw []byte) bool {
	switch string(bytes.TrimSpace(raw)) {
	case "", "null", "{}", "[]":
		return false
	}
	return true
}

// refuse finds settings that no queue can keep, and says what to use instead.
func (c *StreamConfig) refuse() *Error {
	if c.Replicas > maxReplicas {
		return errStreamConfig.with("maximum replicas is %d", maxReplicas)
	}
	if c.Replicas > 1 {
		return errReplicas
	}
	if c.Replicas < 0 {
		return errReplicasNegative
	}
	for _, x := range []struct {
		set  bool
		text string
	}{
		{isSet(c.Mirror), "mirrors are not kept: use a link that moves messages from the other broker"},
		{isSet(c.Sources), "sources are not kept: bind several subjects to this stream, or use a link"},
		{c.Retention != workQueue && c.Retention != interest, "retention " + quoted(c.Retention, "limits") + " is not kept: use workqueue or interest, " +
			"where a message is gone once its consumer, or each of its consumers, has acknowledged it (key-value and object stores need limits)"},
		{isSet(c.Transform), "subject_transform is not kept: publish to the subject that consumers shall see"},
		{isSet(c.Republish), "republish is not kept: core subscribers already see what is published to the stream's subjects"},
		{isSet(c.Placement), "placement is not kept: there is one server"},
		{c.FirstSeq > 1, "first_seq is not kept: sequences begin at 1"},
		{c.Sealed, "sealed is not kept: use deny_delete and deny_purge"},
		{c.AllowRollup && !c.AllowMsgSchedules, "allow_rollup_hdrs is not kept: use purge"},
		{c.MarkerTTL != 0, "subject_delete_marker_ttl is not kept: a work queue has no last value per subject"},
		{c.AllowCounter, "allow_msg_counter is not kept: counters need limits retention"},
		{c.AllowAtomic, "allow_atomic is not kept: publish messages one by one, with Nats-Msg-Id if they may be repeated"},
		{c.AllowBatched, "allow_batched is not kept: publish asynchronously"},
		{c.PersistMode != "" && c.PersistMode != "default", "persist_mode " + c.PersistMode + " is not kept: every ack is given after the disk"},
		{c.MirrorDirect, "stream has no mirror but does have mirror direct"},
		{c.TemplateOwner != "", "stream templates are not kept"},
	} {
		if x.set {
			return errStreamConfig.with("%s", x.text)
		}
	}
	c.Refused = Refused{}
	return nil
}

func quoted(s, zero string) string {
	if s == "" {
		s = zero
	}
	return `"` + s + `"`
}

func (c *StreamConfig) setLimits() {
	c.Replicas = 1
	for _, n := range []*int64{&c.MaxMsgs, &c.MaxBytes, &c.MaxPer} {
		if *n <= 0 {
			*n = -1
		}
	}
	for _, n := range []*int{&c.MaxConsumers, &c.MaxMsgSize} {
		if *n <= 0 {
			*n = -1
		}
	}
}

// checkPerSubject refuses what nats-server refuses (2.15, checkStreamCfg).
func (c *StreamConfig) checkPerSubject() *Error {
	switch {
	case c.MaxPer > 0 && c.Retention == interest:
		return errStreamConfig.with("max_msgs_per_subject is not kept with retention interest: use workqueue, or max_msgs")
	case !c.DiscardPer:
		return nil
	case c.Discard != discardNew:
		return errStreamConfig.with("discard new per subject requires discard new policy to be set")
	case c.MaxPer <= 0:
		return errStreamConfig.with("discard new per subject requires max msgs per subject > 0")
	}
	return nil
}

func (c *StreamConfig) checkTimes() *Error {
	if c.Duplicates == 0 {
		c.Duplicates, c.windowUnnamed = defaultDuplicates, true
		if c.said[wordFIFO] == "true" {
			c.Duplicates = fifoDuplicates
		}
		if c.MaxAge > 0 {
			c.Duplicates = min(c.Duplicates, c.MaxAge)
		}
	}
	switch {
	case c.MaxAge < 0:
		return errStreamConfig.with("max age can not be negative")
	case c.MaxAge != 0 && c.MaxAge < leastWindow:
		return errStreamConfig.with("max age needs to be >= 100ms")
	case c.Duplicates < 0:
		return errStreamConfig.with("duplicates window can not be negative")
	case c.MaxAge != 0 && c.Duplicates > c.MaxAge:
		return errStreamConfig.with("duplicates window can not be larger then max age")
	case c.Duplicates < leastWindow:
		return errStreamConfig.with("duplicates window needs to be >= 100ms")
	}
	return nil
}

// checkSubjects sets and checks the subjects of c by themselves.
func (c *StreamConfig) checkSubjects() *Error {
	if len(c.Subjects) == 0 {
		c.Subjects = []string{c.Name}
	}
	for i, s := range c.Subjects {
		switch {
		case !router.Valid(s):
			return errStreamConfig.with("invalid subject")
		case s == ">" && !c.NoAck:
			return errStreamConfig.with("capturing all subjects requires no-ack to be true")
		case !c.NoAck && router.Collide(s, "$JS.>") && !router.Covers("$JS.EVENT.>", s):
			return errStreamConfig.with("subjects that overlap with jetstream api require no-ack to be true")
		case !c.NoAck && router.Collide(s, "$SYS.>"):
			return errStreamConfig.with("subjects that overlap with system api require no-ack to be true")
		}
		for _, other := range c.Subjects[i+1:] {
			if router.Collide(s, other) {
				return errStreamConfig.with("subject %q overlaps with %q", s, other)
			}
		}
	}
	return nil
}

// covers reports whether filters let every message of the stream pass.
func (c *StreamConfig) covers(filters []string) bool {
	for _, s := range c.Subjects {
		covered := false
		for _, f := range filters {
			covered = covered || router.Covers(f, s)
		}
		if !covered {
			return false
		}
	}
	return true
}
