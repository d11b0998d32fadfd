package auth_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/sluicemq/sluice/bridge/auth"
	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/queuecore"
)

func actionsOf(a ...protocols.Action) []protocols.Action { return a }

func at(d string) queuecore.Destination {
	if topic, ok := strings.CutPrefix(d, "/topic/"); ok {
		return queuecore.TopicNamed(topic)
	}
	return queuecore.QueueNamed(d)
}

// What none allows is refused, and so is what one denies, in whatever order they stand.
func TestPolicyDecides(t *testing.T) {
	list := []auth.Statement{
		{By: "queues", Actions: actionsOf(protocols.Send, protocols.Receive), Queues: []string{"orders-*"}},
		{By: "topics", Actions: actionsOf(protocols.Receive), Topics: []string{"prices.>", "news.*", "exact.one"}},
		{By: "all", Actions: actionsOf(protocols.Purge)},
		{By: "no", Deny: true, Actions: actionsOf(protocols.Receive), Queues: []string{"*-secret"}, Topics: []string{"prices.*.secret"}},
		{By: "never", Deny: true, Queues: []string{"orders-never"}},
		{By: "browse", Actions: actionsOf(protocols.Browse), Queues: []string{"orders-*"}},
	}
	for _, tt := range []struct {
		action protocols.Action
		at     string
		by     string // ""; nobody allows it
		ok     bool
	}{
		{protocols.Send, "orders-1", "queues", true},
		{protocols.Send, "other", "", false},
		{protocols.Send, "/topic/orders-1", "", false},
		{protocols.Send, "orders-secret", "queues", true},
		{protocols.Receive, "orders-secret", "no", false},
		{protocols.Browse, "orders-secret", "no", false}, // to deny receive is to deny browse
		{protocols.Browse, "orders-1", "browse", true},
		{protocols.Admin, "orders-1", "", false},
		{protocols.Purge, "orders-never", "never", false},
		{protocols.Purge, "any", "all", true},
		{protocols.Purge, "/topic/any", "all", true},
		{protocols.Purge, "", "never", false}, // all queues: one of them may not be
		{protocols.Send, "", "never", false},
		{protocols.Receive, "/topic/prices.eur.dax", "topics", true},
		{protocols.Receive, "/topic/prices", "", false},
		{protocols.Receive, "/topic/prices.eur.secret", "no", false},
		{protocols.Receive, "/topic/prices.>", "no", false}, // a part of it
		{protocols.Receive, "/topic/prices.eur.*", "no", false},
		{protocols.Receive, "/topic/prices.*", "topics", true},
		{protocols.Receive, "/topic/*.*.*", "no", false},
		{protocols.Receive, "/topic/orders-secret", "no", false}, // NATS clients publish to both by the name
		{protocols.Receive, "/topic/news.*", "topics", true},
		{protocols.Receive, "/topic/news.>", "", false}, // more than is allowed
		{protocols.Receive, "/topic/*.one", "", false},
		{protocols.Receive, "/topic/exact.*", "", false},
		{protocols.Receive, "/topic/exact.one", "topics", true},
		{protocols.Receive, "/topic/news..x", "", false},
	} {
		for range 2 { // and the other way round
			got := auth.NewPolicy(list).Decide(tt.action, at(tt.at))
			if got.Allowed != tt.ok || got.By != tt.by {
				t.Errorf("%v %s: %+v, want %v by %q", tt.action, tt.at, got, tt.ok, tt.by)
			}
			slices.Reverse(list)
		}
	}
}

// What a wildcard in a subscription may match counts: it is allowed only if each topic is.
func TestWildcardsAreContained(t *testing.T) {
	words := []string{"a", "b", "*", ">"}
	pattern := rapid.Custom(func(t *rapid.T) string {
		parts := rapid.SliceOfN(rapid.SampledFrom(words[:3]), 1, 3).Draw(t, "parts")
		if rapid.Bool().Draw(t, "tail") {
			parts = append(parts, ">")
		}
		return strings.Join(parts, ".")
	})
	var topics []string
	grow := []string{""}
	for range 5 {
		var next []string
		for _, g := range grow {
			for _, w := range []string{"a", "b", "c"} {
				next = append(next, g+w)
			}
		}
		topics = append(topics, next...)
		grow = nil
		for _, n := range next {
			grow = append(grow, n+".")
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		var list []auth.Statement
		for range rapid.IntRange(1, 3).Draw(t, "statements") {
			list = append(list, auth.Statement{Deny: rapid.Bool().Draw(t, "deny"), Actions: actionsOf(protocols.Receive), Topics: []string{pattern.Draw(t, "at")}})
		}
		p := auth.NewPolicy(list)
		asked := pattern.Draw(t, "subscription")
		if !p.Decide(protocols.Receive, queuecore.TopicNamed(asked)).Allowed {
			return
		}
		sub, err := queuecore.ParsePattern(asked)
		if err != nil {
			t.Fatal(err)
		}
		for _, topic := range topics {
			if sub.Match(topic) && !p.Decide(protocols.Receive, queuecore.TopicNamed(topic)).Allowed {
				t.Fatalf("%q is allowed, %q is not", asked, topic)
			}
		}
	})
}

// The actions that take several rights take all of them.
func TestPolicyCombinesRights(t *testing.T) {
	only := func(a ...protocols.Action) *auth.Policy { return auth.NewPolicy([]auth.Statement{{Actions: a}}) }
	q := queuecore.QueueNamed("q")
	for _, tt := range []struct {
		policy *auth.Policy
		action protocols.Action
		ok     bool
	}{
		{only(protocols.Redrive), protocols.Divert, false},
		{only(protocols.Receive), protocols.Divert, false},
		{only(protocols.Redrive, protocols.Receive), protocols.Divert, true},
		{only(protocols.Browse), protocols.Inspect, true},
		{only(protocols.Admin), protocols.Inspect, false},
		{only(protocols.Send), protocols.Fill, true},
		{only(protocols.Admin), protocols.Fill, false},
		{only(protocols.Create), protocols.Bind, false},
		{only(protocols.Receive), protocols.Bind, true},
		{only(protocols.Create), protocols.CreateByUse, false},
		{only(protocols.CreateByUse), protocols.Create, false},
	} {
		if got := tt.policy.Decide(tt.action, q); got.Allowed != tt.ok {
			t.Errorf("%v: %+v", tt.action, got)
		}
	}
}

// The short form means what it meant when it was the only one: each door asks for what it asked
// for then, and for younger rights besides, which whoever had the old one has.
func TestShortFormMeansTheSame(t *testing.T) {
	old := actionsOf(protocols.Send, protocols.Receive, protocols.Browse, protocols.Create, protocols.Delete, protocols.Purge, protocols.Admin)
	doors := []struct {
		was  protocols.Action
		asks []protocols.Action
	}{
		{protocols.Create, actionsOf(protocols.CreateByUse)},                                         // STOMP, a queue that is not there
		{protocols.Create, actionsOf(protocols.Create, protocols.Divert)},                            // SQS, RedrivePolicy
		{protocols.Receive, actionsOf(protocols.Redrive, protocols.Receive)},                         // SQS, a move
		{protocols.Admin, actionsOf(protocols.Admin, protocols.Divert)},                              // NATS, sluice.dead_letter; /v1, a move
		{protocols.Admin, actionsOf(protocols.Admin, protocols.Fill)},                                // /v1, where a move goes
		{protocols.Admin, actionsOf(protocols.Admin, protocols.Inspect)},                             // /v1, messages
		{protocols.Create, actionsOf(protocols.Create, protocols.Bind)},                              // NATS, a stream
		{protocols.Admin, actionsOf(protocols.Admin, protocols.Bind)},                                // NATS, its update
		{protocols.Delete, actionsOf(protocols.Delete)}, {protocols.Send, actionsOf(protocols.Send)}, // all the rest
	}
	rapid.Check(t, func(t *rapid.T) {
		g := auth.Grant{Queues: rapid.SampledFrom([][]string{nil, {"q*"}, {"x"}}).Draw(t, "queues")}
		if rapid.Bool().Draw(t, "some") {
			g.Actions = rapid.SliceOfN(rapid.SampledFrom(old), 1, 4).Draw(t, "actions")
		}
		for _, d := range []queuecore.Destination{queuecore.QueueNamed("q1"), queuecore.QueueNamed("x"), queuecore.TopicNamed("q1"), queuecore.TopicNamed("a.>")} {
			for _, x := range doors {
				was := (g.Actions == nil || slices.Contains(g.Actions, x.was)) &&
					(g.Queues == nil || d.Kind == queuecore.KindQueue && (g.Queues[0] == d.Name || g.Queues[0] == "q*" && d.Name[0] == 'q'))
				is := true
				for _, a := range x.asks {
					is = is && g.Decide(a, d).Allowed
				}
				if was != is && !slices.Contains(x.asks, protocols.Bind) {
					t.Fatalf("%+v, %v of %v: it was %v", g, x.asks, d, was)
				}
			}
		}
	})
	if !(auth.Grant{Actions: actionsOf(protocols.Create), Queues: []string{"q"}}).Decide(protocols.Bind, queuecore.TopicNamed("q")).Allowed {
		t.Error("a stream's own subject came with its queue")
	}
}

// A statement of the hostile kind costs its length times the name's, and no more.
func BenchmarkPolicy(b *testing.B) {
	var many []auth.Statement
	for range 20 {
		many = append(many, auth.Statement{Actions: actionsOf(protocols.Send), Queues: []string{"a-*", "b-*", "c"}, Topics: []string{"a.>", "b.*.c"}})
	}
	many = append(many, auth.Statement{Actions: actionsOf(protocols.Send), Queues: []string{"orders-*"}, Topics: []string{"prices.>"}})
	bad := []auth.Statement{{Queues: []string{strings.Repeat("a*", 128)}}}
	for name, x := range map[string]struct {
		grant auth.Grant
		at    queuecore.Destination
	}{
		"everything":           {auth.Grant{}, queuecore.QueueNamed("orders-1")},
		"short form":           {auth.Grant{Actions: actionsOf(protocols.Send), Queues: []string{"orders-*"}}, queuecore.QueueNamed("orders-1")},
		"21 statements":        {auth.Grant{Policy: auth.NewPolicy(many)}, queuecore.QueueNamed("orders-1")},
		"21 statements, topic": {auth.Grant{Policy: auth.NewPolicy(many)}, queuecore.TopicNamed("prices.eur.dax")},
		"128 stars":            {auth.Grant{Policy: auth.NewPolicy(bad)}, queuecore.QueueNamed(strings.Repeat("a", 254) + "b")},
	} {
		b.Run(name, func(b *testing.B) {
			who := auth.Ask(x.grant)
			b.ReportAllocs()
			for b.Loop() {
				who.May(protocols.Send, x.at)
			}
		})
	}
}
