package policy_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/sluicemq/sluice/protocols/sqs/policy"
)

// drawn is a statement as the dumb twin has it: plain lists.
type drawn struct {
	deny, notPrincipal, notAction, notResource bool
	principals, actions, resources             []string
	operator, key, value                       string // of a condition; no operator: none
}

func (d *drawn) text() string {
	name := func(base string, not bool) string {
		if not {
			return "Not" + base
		}
		return base
	}
	m := map[string]any{
		"Effect":                          map[bool]string{true: "Deny", false: "Allow"}[d.deny],
		name("Principal", d.notPrincipal): map[string][]string{"AWS": d.principals},
		name("Action", d.notAction):       d.actions,
		name("Resource", d.notResource):   d.resources,
		"Sid":                             "x",
	}
	if d.operator != "" {
		m["Condition"] = map[string]any{d.operator: map[string]string{d.key: d.value}}
	}
	b, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// fits matches with a regular expression, whose engine shares nothing with the matcher.
func fits(pattern, s string) bool {
	x := regexp.QuoteMeta(pattern)
	x = strings.ReplaceAll(strings.ReplaceAll(x, `\*`, `.*`), `\?`, `.`)
	return regexp.MustCompile(`^(?s:` + x + `)$`).MatchString(s)
}

// effect is what the statement decides, by the sentences of IAM one after the other.
func (d *drawn) effect(r *policy.Request) policy.Effect {
	e := policy.Silent
	for _, p := range d.principals {
		switch {
		case p == "*", p == r.Who.ARN(), p == r.Who.Account && r.Who.User == "":
			e = policy.Allows
		case p == r.Who.Account && !d.notPrincipal:
			e = max(e, policy.Delegates)
		}
	}
	if d.notPrincipal {
		e = map[bool]policy.Effect{true: policy.Allows, false: policy.Silent}[e == policy.Silent && d.deny]
	}
	action := slices.ContainsFunc(d.actions, func(p string) bool {
		return fits(strings.ToLower(p), strings.ToLower("sqs:"+r.Action))
	})
	resource := slices.ContainsFunc(d.resources, func(p string) bool { return fits(p, r.Queue.ARN()) })
	if e == policy.Silent || action == d.notAction || resource == d.notResource || !d.met(r) {
		return policy.Silent
	}
	if d.deny {
		return policy.Denies
	}
	return e
}

func (d *drawn) met(r *policy.Request) bool {
	have := map[string]string{"aws:username": r.Who.User, "aws:PrincipalAccount": r.Who.Account}[d.key]
	equal := have != "" && fits(d.value, have)
	switch d.operator {
	case "StringLike":
		return equal
	case "StringNotLike":
		return !equal
	case "StringLikeIfExists":
		return equal || have == ""
	}
	return true
}

func drawStatement(t *rapid.T) drawn {
	one := func(label string, of ...string) string { return rapid.SampledFrom(of).Draw(t, label) }
	some := func(label string, of ...string) []string {
		return rapid.SliceOfN(rapid.SampledFrom(of), 1, 3).Draw(t, label)
	}
	coin := func(label string) bool { return rapid.Bool().Draw(t, label) }
	d := drawn{
		deny: coin("deny"), notPrincipal: coin("notPrincipal"), notAction: coin("notAction"), notResource: coin("notResource"),
		principals: some("principals", "*", account, partner, "arn:aws:iam::"+account+":user/a", "arn:aws:iam::"+account+":user/b", "arn:aws:iam::"+partner+":user/a"),
		actions:    some("actions", "*", "sqs:*", "SQS:SendMessage", "sqs:*Message", "sqs:?eceive*", "sns:*", "sqs:*e*e*s*g*"),
		resources:  some("resources", "*", "arn:aws:sqs:*:*:a", "arn:aws:sqs:*:*:a*", "arn:*", "arn:aws:sqs:eu-west-3:*:?b", "arn:aws:sqs:*:*:*a*b*"),
	}
	if coin("condition") {
		d.operator = one("operator", "StringLike", "StringNotLike", "StringLikeIfExists")
		d.key, d.value = one("key", "aws:username", "aws:PrincipalAccount"), one("value", "a", "*", "1*", "?", account)
	}
	return d
}

// Random policies decide what a dumb reading of the rules does.
func TestTwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var texts []string
		r := sent()
		r.Action = rapid.SampledFrom([]string{"SendMessage", "ReceiveMessage", "PurgeQueue"}).Draw(t, "action")
		r.Queue.Name = rapid.SampledFrom([]string{"a", "ab", "aab", "b"}).Draw(t, "queue")
		r.Who = policy.Identity{Account: rapid.SampledFrom([]string{account, partner}).Draw(t, "account"), User: rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "user")}
		want := policy.Silent
		for range rapid.IntRange(1, 4).Draw(t, "statements") {
			d := drawStatement(t)
			texts = append(texts, d.text())
			want = max(want, d.effect(&r))
		}
		p, err := policy.Parse(document(texts...))
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Decide(&r).Effect; got != want {
			t.Fatalf("%v: got %d, want %d of %s", r, got, want, document(texts...))
		}
	})
}

// FuzzParse holds that no text breaks the reader or the judge, that what is taken is within
// the limits, and that a deny of everything wins over any policy.
func FuzzParse(f *testing.F) {
	f.Add(document(statement(), statement("Effect", `"Deny"`, "Sid", `"x"`)))
	f.Add(document(statement("NotPrincipal", `{"AWS":["123456789012","arn:aws:iam::111122223333:user/bob"],"Service":"sns.amazonaws.com"}`)))
	f.Add(document(statement("Condition", `{"ForAnyValue:StringLikeIfExists":{"aws:username":["a*",1,true]},"IpAddress":{"aws:SourceIp":"10.0.0.0/8"},"Null":{"x":false}}`)))
	f.Add(document(statement("Condition", `{"DateLessThan":{"aws:CurrentTime":"2026-11-27T12:00Z"},"NumericGreaterThan":{"aws:EpochTime":1e9}}`, "NotAction", `"sqs:*"`)))
	f.Add(`{"Statement":{"Effect":"Deny","Principal":"*","NotResource":"arn:aws:sqs:*:*:${aws:username}","Action":"*"}}`)
	f.Fuzz(func(t *testing.T, text string) {
		p, err := policy.Parse(text)
		if err != nil {
			return
		}
		if len(text) > policy.MaxBytes {
			t.Fatalf("%d bytes", len(text))
		}
		r := sent()
		before := p.Decide(&r)
		if (before.Effect == policy.Silent) != (before.By == "") {
			t.Errorf("%v", before)
		}
		if again := parse(t, text).Decide(&r); again != before {
			t.Errorf("%v, then %v", before, again)
		}
		var m map[string]json.RawMessage
		if err := json.Unmarshal([]byte(text), &m); err != nil {
			t.Fatalf("taken, and no JSON: %v", err)
		}
		list := []json.RawMessage{json.RawMessage(statement("Effect", `"Deny"`)), m["Statement"]}
		if json.Unmarshal(m["Statement"], &list) == nil {
			list = append(list, json.RawMessage(statement("Effect", `"Deny"`)))
		}
		m["Statement"], _ = json.Marshal(list)
		if b, err := json.Marshal(m); err == nil && len(b) <= policy.MaxBytes && len(list) <= policy.MaxStatements {
			if closed, err := policy.Parse(string(b)); err == nil && closed.Decide(&r).Effect != policy.Denies {
				t.Errorf("not denied: %s", b)
			}
		}
	})
}

func BenchmarkDecide(b *testing.B) {
	p, err := policy.Parse(document(
		statement("Sid", `"tls"`, "Effect", `"Deny"`, "Condition", `{"Bool":{"aws:SecureTransport":"false"}}`),
		statement("Principal", `{"Service":"sns.amazonaws.com"}`, "Action", `"sqs:SendMessage"`, "Condition", `{"ArnEquals":{"aws:SourceArn":"arn:aws:sns:eu-west-3:123456789012:topic"}}`),
		statement("Principal", `{"AWS":"arn:aws:iam::123456789012:user/anna"}`, "Action", `["sqs:SendMessage","sqs:GetQueueUrl"]`, "Resource", `"arn:aws:sqs:eu-west-3:123456789012:orders"`),
	))
	if err != nil {
		b.Fatal(err)
	}
	r := sent()
	b.ReportAllocs()
	for b.Loop() {
		if p.Decide(&r).Effect != policy.Allows {
			b.Fatal("not allowed")
		}
	}
}
