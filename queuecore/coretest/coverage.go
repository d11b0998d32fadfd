package coretest

import (
	"fmt"
	"slices"
	"strings"
)

// Coverage counts what walks have come through: each operation by its outcome,
// and what happened by itself.
type Coverage struct {
	Steps int
	Fair  bool // of walks that are about fair groups
	seen  map[string]int

	Affine bool // of walks that are about consumers and the groups that they own
	Relays bool // of walks that are about relays and their members
}

// NewCoverage returns a Coverage of nothing.
func NewCoverage() *Coverage { return &Coverage{seen: make(map[string]int)} }

// saw counts one occurrence of what wanted lists.
func (c *Coverage) saw(what string) { c.seen[what]++ }

// wanted lists what walks must come through: operations, each with its outcomes.
func (c *Coverage) wanted() []string {
	if c.Fair {
		return outcomes(ofFairWalks())
	}
	if c.Affine {
		return outcomes(ofAffineWalks())
	}
	if c.Relays {
		return outcomes(ofRelayWalks())
	}
	return outcomes(ofWalks())
}

// about says what rules of groups the walks are about.
func (c *Coverage) about() string {
	if c.Affine {
		return "owner"
	}
	return "noisy"
}

func ofAffineWalks() []string {
	return []string{
		"owner: owned, to its owner, another's, to nobody, dealt out, closed, freed, given up, waits until all is settled, not his turn, the turn passes on",
		"wait: consumer ends",
	}
}

func ofRelayWalks() []string {
	return []string{
		"relay: nobody takes it, one takes it, several take it, duplicate, full, too large, made, member made, again, no such relay, filled, filled with some, filled with nothing, " +
			"updated, its members follow, member updated, not its own to say, no receiving, no binding, no moving, deleted with members, member deleted, purged, removed from several, browsed, held by several",
		"restart: clean, killed, power cut, power cut loses a lease",
		"by itself: delay ends, lease ends, expires, dead letter, parked",
	}
}

func ofFairWalks() []string {
	return []string{
		"noisy: by leases, by time, several, handed out, stays so, quiet without a backlog, quiet by time, quiet when sent to",
	}
}

func ofWalks() []string {
	return []string{
		"create: done, again, exists, invalid, transient, for a session, session closed",
		"ensure: made, found",
		"update: done, invalid, not found, fixed, lease, delay, retention, dedup window, dedup per group, in flight, " +
			"messages, bytes, drop oldest, messages of a topic, drop oldest of a topic, message size, attempts, dead letter, expired to, back-off, fair groups, labels",
		"delete: done, not found, with messages, with receivers",
		"bind: done, again, another selector, not found, of a subscription", "unbind: done, not found, of a subscription",
		"subscribe: made, found, second consumer, unshared second consumer, made anew, made anew with messages, differs and is in use, shared and not, name is taken, has another queue, invalid, session closed, no name",
		"detach: done, again, ends it, leaves it", "unsubscribe: done, with messages, not found, in use",
		"send: done, full, too large, not found, duplicate, delayed, expiring, already expired, group, priority, sent earlier, large, " +
			"drops the oldest, full of bytes, full of a topic, drops the oldest of a topic, drops a leased one of a topic, replaces",
		"expect: done, wrong, repeated, not found, full, too large",
		"topic: several queues, one queue, none, full, too large, duplicate, kept from its origin",
		"bulk: done, full",
		"receive: some, none, some that match, none that matches, by subject, not found, by session, by clock, queue's lease, no lease, in flight, wait is over, session closed, redelivered, dead letter",
		"wait: served, served what matches, canceled, queue deleted, session closed, broker closed",
		"ack: done, gone, stale, any attempt, never handed out, parked, late",
		"nack: done, stale, at once, later, back-off, last attempt, never again",
		"extend: by clock, by session, stale, invalid",
		"release: done, over, several",
		"reject: dead letter, parked, dropped, spent, not spent, stale",
		"tx: done, full, too large, stale ack, stale nack, not found, sends and acks and nacks",
		"remove: done, not found", "purge: done, empty, not found", "browse: page, what matches, not found", "stats: not found",
		"move: of a color, ends of a color, done, to the origins, invalid, not found, no destination, under way, canceled, not there to cancel, ends, ends empty, " +
			"goes on later, waits for room, fails for want of an origin, fails for want of a queue, fails of size, goes on after a restart",
		"session: closed with leases, closed with its subscription, closed with a queue, closed empty",
		"restart: with a durable subscription, clean, killed, power cut, power cut loses a lease",
		"clock: set forward, set back, set forward over a restart, set back over a restart, lets an hour be seen as downtime",
		"overdue: goes on, is dropped",
		"by itself: delay ends, lease ends, expires, retention ends, dead letter, parked, unparked, parked goes to its dead-letter queue, long queue",
	}
}

// outcomes takes lines apart.
func outcomes(lines []string) (all []string) {
	for _, line := range lines {
		op, list, _ := strings.Cut(line, ": ")
		for _, o := range strings.Split(list, ", ") {
			all = append(all, op+": "+o)
		}
	}
	return all
}

// Missing returns what no walk came through.
func (c *Coverage) Missing() (missing []string) {
	for _, what := range c.wanted() {
		if c.seen[what] == 0 {
			missing = append(missing, what)
		}
	}
	return missing
}

// Unknown returns what walks came through and no table lists.
func (c *Coverage) Unknown() (unknown []string) {
	all := outcomes(slices.Concat(ofWalks(), ofFairWalks(), ofAffineWalks(), ofRelayWalks()))
	for what := range c.seen {
		if !slices.Contains(all, what) {
			unknown = append(unknown, what)
		}
	}
	slices.Sort(unknown)
	return unknown
}

// String is the table: how often each outcome of each operation occurred.
func (c *Coverage) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d steps", c.Steps)
	last := ""
	for _, what := range c.wanted() {
		op, outcome, _ := strings.Cut(what, ": ")
		if op != last {
			fmt.Fprintf(&b, "\n%-10s", op)
			last = op
		}
		fmt.Fprintf(&b, "  %s %d", outcome, c.seen[what])
	}
	return b.String()
}
