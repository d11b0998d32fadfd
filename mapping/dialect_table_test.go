package mapping_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/queuecore"
)

// dialectTables are what the dialects of STOMP decide: destinations, which
// TestDialectForms holds to, and habits.
func dialectTables() string {
	var b strings.Builder
	b.WriteString("\n## The dialects of STOMP\n\nA listener speaks one of them. What a destination header means, as the core's name (`q` a queue, `t` a topic); – is refused:\n\n")
	columns(&b, "destination")
	for _, f := range forms() {
		if f.text == "" {
			continue
		}
		fmt.Fprintf(&b, "| `%s` |", f.text)
		for i := range f.means {
			means := "`" + f.means[i] + "`"
			if f.means[i] == "!" {
				means = none
			}
			if f.back[i] != "" {
				means += ", shown as `" + f.back[i] + "`"
			}
			fmt.Fprintf(&b, " %s |", means)
		}
		b.WriteString("\n")
	}
	b.WriteString("\nArtemis's clients are shown destinations as they subscribed: `/queue/NAME`, `NAME` or `jms.queue.NAME`. What is special in a dialect is escaped: " +
		"`%HH` in RabbitMQ's, `_xHH` in ActiveMQ's and Artemis's. ActiveMQ's `/queue/a,/topic/b` on SEND is both, atomically.\n\n")
	columns(&b, "habit")
	for _, h := range habitRows() {
		fmt.Fprintf(&b, "| %s |", h.name)
		for _, d := range dialects() {
			fmt.Fprintf(&b, " %s |", h.of(d))
		}
		b.WriteString("\n")
	}
	b.WriteString(subscriptionTable())
	return b.String()
}

func columns(b *strings.Builder, first string) {
	fmt.Fprintf(b, "| %s |", first)
	for _, d := range dialects() {
		fmt.Fprintf(b, " %s |", d)
	}
	fmt.Fprintf(b, "\n|%s\n", strings.Repeat("---|", 1+len(dialects())))
}

type habitRow struct {
	name string
	of   func(mapping.STOMPDialect) string
}

func habitRows() []habitRow {
	return []habitRow{
		{"`server` of CONNECTED", func(d mapping.STOMPDialect) string { return "`" + d.Server("Sluice/VERSION") + "`" }},
		{"`host` of CONNECT", func(d mapping.STOMPDialect) string { return either(d.Habits().VirtualHosts, "`/` or none", "any") }},
		{"prefetch", prefetchCell},
		{"NACK", func(d mapping.STOMPDialect) string { return nackCell(d.Habits().Nack) }},
		{"NACK in mode client", func(d mapping.STOMPDialect) string {
			return either(d.Habits().NackAlone, "that message alone", "and all before it")
		}},
		{"dead-letter queue of queues made by use", func(d mapping.STOMPDialect) string {
			return either(d.Habits().DeadLetter != "", "`"+d.Habits().DeadLetter+"`", none)
		}},
		{"queue for what expires in such", func(d mapping.STOMPDialect) string {
			return either(d.Habits().ExpiredTo != "", "`"+d.Habits().ExpiredTo+"`", none)
		}},
		{"back-off of such, and of topics' and temporary queues", func(d mapping.STOMPDialect) string { return restCell(d.Habits().Rest) }},
		{"`reply-to:/temp-queue/NAME` subscribes", func(d mapping.STOMPDialect) string {
			return either(d.Habits().ListensForReplies, "by itself", "no; SUBSCRIBE does")
		}},
		{"`client-id` of CONNECT", clientCell},
		{"`browser:true`", func(d mapping.STOMPDialect) string {
			return either(d.Habits().Browsers, "looks into a queue", "refused")
		}},
		{"topic for the management of plans", func(d mapping.STOMPDialect) string {
			return either(d.Habits().Management != "", "`"+d.Habits().Management+"`", none)
		}},
		{"one consumer gets everything", func(d mapping.STOMPDialect) string { return namesCell(d.Habits().Exclusive, ":true") }},
		{"priority of a consumer", func(d mapping.STOMPDialect) string { return namesCell(d.Habits().Priority, "") }},
		{"groups of queues made by use have owners", func(d mapping.STOMPDialect) string {
			return either(d.Habits().GroupAffinity, "yes", "no")
		}},
		{"behind the NUL of a frame", func(d mapping.STOMPDialect) string {
			return either(d.Habits().LineFeed, "a line feed, over TCP and TLS", "nothing")
		}},
		{"refused on SUBSCRIBE", refusedCell},
	}
}

func either(is bool, yes, no string) string {
	if is {
		return yes
	}
	return no
}

func prefetchCell(d mapping.STOMPDialect) string {
	var cells []string
	for _, p := range d.Habits().Prefetch {
		cells = append(cells, "`"+p.Name+"` in "+either(p.Bytes, "bytes", "messages"))
	}
	return strings.Join(cells, ", ")
}

func clientCell(d mapping.STOMPDialect) string {
	h := d.Habits()
	return either(h.ClientIDs, "one connection at a time; a second "+either(h.TakesOver, "of the same user takes it over", "is refused"), "not looked at")
}

func namesCell(names []string, value string) string {
	var cells []string
	for _, n := range names {
		cells = append(cells, "`"+n+value+"`")
	}
	return either(len(names) > 0, strings.Join(cells, ", "), none)
}

func nackCell(delay time.Duration) string {
	return either(delay == queuecore.GiveUp, "dead letter at once", "again, by the queue's back-off")
}

func restCell(r mapping.STOMPRest) string {
	return either(r.First > 0, fmt.Sprintf("%v, ×%v, up to %v", r.First, r.Factor, r.Most), none)
}

func refusedCell(d mapping.STOMPDialect) string {
	var cells []string
	for _, r := range d.Habits().Refused {
		cell := "`" + r.Name + either(r.Value != "", ":"+r.Value, "") + "`" + either(r.Queues, " of queues", "")
		cells = append(cells, cell)
	}
	if cells == nil {
		return none
	}
	return strings.Join(cells, ", ")
}
