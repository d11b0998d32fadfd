package policy_test

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/sluicemq/sluice/protocols/sqs/policy"
)

const (
	account = "123456789012"
	partner = "111122223333"
)

// sent is anna's SendMessage to orders, over TLS from 192.0.2.7.
func sent() policy.Request {
	return policy.Request{
		Action: "SendMessage",
		Queue:  policy.Queue{Region: "eu-west-3", Account: account, Name: "orders"},
		Who:    policy.Identity{Account: account, User: "anna"},
		Secure: true,
		Source: netip.MustParseAddr("192.0.2.7"),
		At:     time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC),
	}
}

// statement spells a statement that allows anybody everything, but for what is given.
func statement(elements ...string) string {
	m := map[string]json.RawMessage{}
	for name, v := range map[string]string{"Effect": `"Allow"`, "Principal": `"*"`, "Action": `"sqs:*"`, "Resource": `"*"`} {
		m[name] = json.RawMessage(v)
	}
	for i := 0; i < len(elements); i += 2 {
		name, v := elements[i], elements[i+1]
		if other, ok := strings.CutPrefix(name, "Not"); ok {
			delete(m, other)
		}
		delete(m, name)
		if v != "" {
			m[name] = json.RawMessage(v)
		}
	}
	b, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func document(statements ...string) string {
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
}

func parse(t testing.TB, text string) *policy.Policy {
	t.Helper()
	p, err := policy.Parse(text)
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return p
}

// decided is what one statement decides of a request, when it allows and when it denies.
func decided(t *testing.T, r policy.Request, elements ...string) (allow, deny policy.Effect) {
	t.Helper()
	a := parse(t, document(statement(elements...))).Decide(&r)
	d := parse(t, document(statement(append(elements, "Effect", `"Deny"`)...))).Decide(&r)
	return a.Effect, d.Effect
}

const (
	silent    = policy.Silent
	delegates = policy.Delegates
	allows    = policy.Allows
	denies    = policy.Denies
)

func TestPrincipals(t *testing.T) {
	anna, root, nobody, bob := sent(), sent(), sent(), sent()
	root.Who.User = ""
	nobody.Who = policy.Identity{}
	bob.Who = policy.Identity{Account: partner, User: "bob"}
	for _, c := range []struct {
		principal   string
		r           policy.Request
		allow, deny policy.Effect
	}{
		{`"*"`, anna, allows, denies},
		{`{"AWS":"*"}`, bob, allows, denies},
		{`{"AWS":["*"]}`, root, allows, denies},
		{`{"AWS":"*"}`, nobody, allows, denies},
		{`{"AWS":"123456789012"}`, nobody, silent, silent},
		{`{"AWS":"arn:aws:iam::123456789012:user/anna"}`, anna, allows, denies},
		{`{"AWS":"arn:aws-cn:iam::123456789012:user/anna"}`, anna, allows, denies},
		{`{"AWS":"arn:aws:iam::123456789012:user/Anna"}`, anna, silent, silent},
		{`{"AWS":"arn:aws:iam::123456789012:user/anna"}`, root, silent, silent},
		{`{"AWS":"arn:aws:iam::111122223333:user/anna"}`, anna, silent, silent},
		{`{"AWS":["arn:aws:iam::123456789012:user/ann","arn:aws:iam::111122223333:user/bob"]}`, bob, allows, denies},
		// An account is all its users where it denies; where it allows, it may let them.
		{`{"AWS":"123456789012"}`, anna, delegates, denies},
		{`{"AWS":"arn:aws:iam::123456789012:root"}`, anna, delegates, denies},
		{`{"AWS":"arn:aws:iam::123456789012:root"}`, root, allows, denies},
		{`{"AWS":["111122223333"]}`, bob, delegates, denies},
		{`{"AWS":["111122223333"]}`, anna, silent, silent},
		// Nobody here is any of these.
		{`{"Service":"sns.amazonaws.com"}`, anna, silent, silent},
		{`{"Service":"*"}`, anna, silent, silent},
		{`{"Federated":"cognito-identity.amazonaws.com"}`, anna, silent, silent},
		{`{"CanonicalUser":"79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}`, anna, silent, silent},
		{`{"AWS":"arn:aws:iam::123456789012:role/anna"}`, anna, silent, silent},
		{`{"AWS":"arn:aws:sts::123456789012:assumed-role/r/anna"}`, anna, silent, silent},
		{`{"AWS":"AIDAEXAMPLE"}`, anna, silent, silent},
		{`{"AWS":"arn:aws:iam::123456789012:user/"}`, root, silent, silent},
		{`{"Service":"sns.amazonaws.com","AWS":"123456789012"}`, anna, delegates, denies},
	} {
		if allow, deny := decided(t, c.r, "Principal", c.principal); allow != c.allow || deny != c.deny {
			t.Errorf("%s of %v: got %d, %d, want %d, %d", c.principal, c.r.Who, allow, deny, c.allow, c.deny)
		}
	}
}

// All but some are denied, and never allowed. An account that is left out is its root
// user, not the others.
func TestNotPrincipal(t *testing.T) {
	anna, root, nobody := sent(), sent(), sent()
	root.Who.User = ""
	nobody.Who = policy.Identity{}
	for _, c := range []struct {
		principal string
		r         policy.Request
		deny      policy.Effect
	}{
		{`"*"`, anna, silent},
		{`{"AWS":"arn:aws:iam::123456789012:user/anna"}`, anna, silent},
		{`{"AWS":"arn:aws:iam::123456789012:user/anna"}`, root, denies},
		{`{"AWS":["arn:aws:iam::123456789012:user/bert","arn:aws:iam::123456789012:root"]}`, anna, denies},
		{`{"AWS":"123456789012"}`, root, silent},
		{`{"AWS":"123456789012"}`, nobody, denies},
		{`{"Service":"sns.amazonaws.com"}`, anna, denies},
	} {
		if allow, deny := decided(t, c.r, "NotPrincipal", c.principal); allow != silent || deny != c.deny {
			t.Errorf("%s of %v: got %d, %d, want %d", c.principal, c.r.Who, allow, deny, c.deny)
		}
	}
}

func TestActionsAndResources(t *testing.T) {
	for _, c := range []struct {
		name, value string
		fits        bool
	}{
		{"Action", `"*"`, true},
		{"Action", `"sqs:*"`, true},
		{"Action", `"SQS:SendMessage"`, true},
		{"Action", `"sqs:sendmessage"`, true},
		{"Action", `["sqs:ReceiveMessage","sqs:Send*"]`, true},
		{"Action", `"sqs:S*Mess?ge"`, true},
		{"Action", `"*:SendMessage"`, true},
		{"Action", `"sqs:ReceiveMessage"`, false},
		{"Action", `"sqs:Send"`, false},
		{"Action", `"sqs:SendMessageBatch"`, false}, // no permission of its own
		{"Action", `"sns:SendMessage"`, false},
		{"NotAction", `"sqs:SendMessage"`, false},
		{"NotAction", `["sqs:ReceiveMessage","sqs:Delete*"]`, true},
		{"NotAction", `"*"`, false},

		{"Resource", ``, true}, // the queue that it is a policy of
		{"Resource", `"*"`, true},
		{"Resource", `"arn:aws:sqs:eu-west-3:123456789012:orders"`, true},
		{"Resource", `"arn:aws:sqs:us-east-1:999999999999:orders"`, true}, // region and account are not looked at
		{"Resource", `"arn:aws-us-gov:sqs:*:*:ord*"`, true},
		{"Resource", `"arn:aws:sqs:*"`, true},
		{"Resource", `"arn:*:orders"`, true},
		{"Resource", `["arn:aws:sqs:::x","arn:aws:sqs:::order?"]`, true},
		{"Resource", `"arn:aws:sqs:eu-west-3:123456789012:Orders"`, false},
		{"Resource", `"arn:aws:sqs:eu-west-3:123456789012:order"`, false},
		{"Resource", `"arn:aws:sns:eu-west-3:123456789012:orders"`, false},
		{"NotResource", `"arn:aws:sqs:eu-west-3:123456789012:orders"`, false},
		{"NotResource", `"arn:aws:sqs:eu-west-3:123456789012:others"`, true},
	} {
		want := [2]policy.Effect{silent, silent}
		if c.fits {
			want = [2]policy.Effect{allows, denies}
		}
		if allow, deny := decided(t, sent(), c.name, c.value); [2]policy.Effect{allow, deny} != want {
			t.Errorf("%s %s: got %d, %d, want %v", c.name, c.value, allow, deny, want)
		}
	}
}

// What is not known is on the safe side.
func TestUnknownIsSafe(t *testing.T) {
	for _, elements := range [][]string{
		{"Condition", `{"StringEquals":{"aws:Unheard":"x"}}`},
		{"Condition", `{"StringNotEquals":{"sqs:Unheard":"x"}}`},
		{"Condition", `{"Null":{"aws:Unheard":"true"}}`},
		{"Condition", `{"StringEqualsIfExists":{"aws:ResourceTag/team":"x"}}`},
		{"Condition", `{"StringEquals":{"aws:username":"${aws:PrincipalTag/name}"}}`},
		{"Condition", `{"StringLike":{"aws:username":["x","${aws:username}"]},"Bool":{"aws:SecureTransport":true}}`},
		{"Condition", `{"ArnEquals":{"aws:PrincipalArn":"arn:*:user/anna"}}`},
		{"Condition", `{"ArnNotEquals":{"aws:PrincipalArn":"anna"}}`},
		{"Resource", `"arn:aws:sqs:*:*:${aws:username}"`},
		{"NotResource", `["arn:aws:sqs:::x","arn:aws:sqs:*:*:${aws:username}"]`},
	} {
		if allow, deny := decided(t, sent(), elements...); allow != silent || deny != denies {
			t.Errorf("%v: got %d, %d", elements, allow, deny)
		}
	}
	// It does not matter where something else is known to be false.
	if _, deny := decided(t, sent(), "Condition", `{"StringEquals":{"aws:Unheard":"x","aws:username":"bert"}}`); deny != silent {
		t.Error("denied")
	}
	// The older version has no variables.
	r := sent()
	r.Who.User = "${x}"
	p := parse(t, `{"Statement":`+statement("Condition", `{"StringEquals":{"aws:username":"${x}"}}`)+`}`)
	if e := p.Decide(&r).Effect; e != allows {
		t.Errorf("got %d", e)
	}
}

// A deny wins wherever it stands, and is what the refusal names.
func TestDecisions(t *testing.T) {
	for _, c := range []struct {
		text string
		want policy.Decision
	}{
		{document(statement("Sid", `"a"`), statement("Sid", `"b"`, "Effect", `"Deny"`), statement()), policy.Decision{Effect: denies, By: "statement b"}},
		{document(statement("Effect", `"Deny"`, "Action", `"sqs:PurgeQueue"`), statement("Effect", `"Deny"`)), policy.Decision{Effect: denies, By: "statement 2"}},
		{document(statement("Principal", `{"AWS":"123456789012"}`), statement("Sid", `""`)), policy.Decision{Effect: allows, By: "statement 2"}},
		{document(statement("Principal", `{"AWS":"123456789012"}`)), policy.Decision{Effect: delegates, By: "statement 1"}},
		{document(statement("Action", `"sqs:PurgeQueue"`)), policy.Decision{}},
		{`{"Id":"x","Statement":` + statement() + `}`, policy.Decision{Effect: allows, By: "statement 1"}},
		{" {\n \"Statement\" : [ {\"Effect\" : \"Deny\" , \"Principal\" : { \"AWS\" : [ \"*\" ] } , \"Action\" : [ \"sqs:*\" ] } ] }\t", policy.Decision{Effect: denies, By: "statement 1"}},
	} {
		r := sent()
		if got := parse(t, c.text).Decide(&r); got != c.want {
			t.Errorf("%s: got %v", c.text, got)
		}
	}
}

// Nothing is taken that somebody else would read otherwise, or that would be passed over.
func TestRefusedPolicies(t *testing.T) {
	many := func(n int, s string) string { return strings.TrimSuffix(strings.Repeat(s+",", n), ",") }
	for _, c := range []struct{ text, want string }{
		{``, "not a JSON map of Version, Id and Statement"},
		{`null`, "not a JSON map"},
		{`{"Statement":` + statement() + `} {}`, "not a JSON map"},
		{`{"Statement":` + statement() + `}}`, "not a JSON map"},
		{`{"Statement":` + statement() + `}]`, "not a JSON map"},
		{`{"Statement":` + statement() + `} x`, "not a JSON map"},
		{`{"Version":"2012-10-17","Version":"2012-10-17","Statement":` + statement() + `}`, "not a JSON map"},
		{`{"version":"2012-10-17","Statement":` + statement() + `}`, "not a JSON map"},
		{`{"Version":2012,"Statement":` + statement() + `}`, "not a JSON map"},
		{`{"Version":"2012-10-18","Statement":` + statement() + `}`, "the Version of a policy must be"},
		{`{"Version":"2012-10-17"}`, "policy has no Statement"},
		{document(), "policy has no Statement"},
		{document("1"), "statement must be a JSON map"},
		{document(`{"Effect":"Allow","Effect":"Deny","Principal":"*","Action":"*"}`), `"Effect" stands there twice`},
		{document(statement("effect", `"Deny"`)), `a statement has no element "effect"`},
		{document(statement("Conditions", `{}`)), `a statement has no element "Conditions"`},
		{document(statement("Effect", ``)), "each statement must have an Effect"},
		{document(statement("Effect", `"allow"`)), "each statement must have an Effect"},
		{document(statement("Sid", `1`)), "sid must be a text"},
		{document(statement("Principal", ``)), "each statement must have either Principal or NotPrincipal"},
		{document(statement("NotAction", `"*"`, "Action", `"*"`)), "each statement must have either Action or NotAction"},
		{document(statement("NotResource", `"*"`, "Resource", `"*"`)), "both Resource and NotResource"},
		{document(statement("Principal", `"anna"`)), `a principal must be "*" or a JSON map`},
		{document(statement("Principal", `{}`)), "a principal must not be empty"},
		{document(statement("Principal", `{"AWS":[]}`)), "principal AWS is not a text or a list of texts"},
		{document(statement("Principal", `{"AWS":null}`)), "principal AWS is not a text"},
		{document(statement("Principal", `{"AWS":123456789012}`)), "principal AWS is not a text"},
		{document(statement("Principal", `{"Aws":"*"}`)), `no principals of the kind "Aws"`},
		{document(statement("Principal", `{"AWS":"arn:aws:iam::123456789012:user/a*"}`)), "a * cannot stand for a part"},
		{document(statement("Principal", `{"AWS":"anna"}`)), `principal "anna" is no account id`},
		{document(statement("Principal", `{"AWS":["123456789012","12345678901"]}`)), `principal "12345678901" is no account id`},
		{document(statement("Principal", `{"AWS":"arn:aws:iam::1234:user/anna"}`)), `"arn:aws:iam::1234:user/anna" is no account id`},
		{document(statement("Principal", `{"AWS":"arn:aws:sqs:us-east-1:123456789012:orders"}`)), "is no account id"},
		{document(statement("NotPrincipal", `{"AWS":""}`, "Principal", ``)), `principal "" is no account id`},
		{document(statement("Action", `"SendMessage"`)), `action "SendMessage" is neither * nor begins with "sqs:"`},
		{document(statement("Action", `[["sqs:*"]]`)), "Action is not a text"},
		{document(statement("NotAction", `[]`)), "NotAction is not a text"},
		{document(statement("Resource", `"orders"`)), `resource "orders" is neither * nor an ARN`},
		{document(statement("Condition", `[]`)), "condition must be a JSON map of operators"},
		{document(statement("Condition", `{"StringEquals":"x"}`)), "condition StringEquals must be a JSON map of keys"},
		{document(statement("Condition", `{"StringIs":{"aws:username":"x"}}`)), `there is no condition operator "StringIs"`},
		{document(statement("Condition", `{"NullIfExists":{"aws:username":"true"}}`)), `there is no condition operator "NullIfExists"`},
		{document(statement("Condition", `{"StringEquals":{"aws:username":[]}}`)), "condition StringEquals of aws:username: there is no value"},
		{document(statement("Condition", `{"StringEquals":{"aws:username":null}}`)), "there is no value"},
		{document(statement("Condition", `{"StringEquals":{"aws:username":{"x":1}}}`)), "not a text, a number"},
		{document(statement("Condition", `{"Bool":{"aws:SecureTransport":"no"}}`)), `"no" is neither true nor false`},
		{document(statement("Condition", `{"Null":{"aws:SourceArn":"0"}}`)), `"0" is neither true nor false`},
		{document(statement("Condition", `{"IpAddress":{"aws:SourceIp":"10.0.0.0/33"}}`)), `"10.0.0.0/33" is no address`},
		{document(statement("Condition", `{"NotIpAddress":{"aws:SourceIp":["10.0.0.1","host"]}}`)), `"host" is no address`},
		{document(statement("Condition", `{"DateLessThan":{"aws:CurrentTime":"tomorrow"}}`)), `"tomorrow" is no date`},
		{document(statement("Condition", `{"NumericEquals":{"aws:EpochTime":"NaN"}}`)), `"NaN" is no number`},
		{document(many(21, statement())), "policy has 21 statements, the maximum is 20"},
		{document(statement("Principal", `{"AWS":[`+many(30, `"123456789012"`)+`]}`), statement("Principal", `{"Service":[`+many(21, `"x"`)+`]}`)), "policy has more than 50 principals"},
		{document(statement("Sid", `"`+strings.Repeat("x", 8192)+`"`)), "bytes, the maximum is 8192"},
		{document(statement("Condition", `{"StringEquals":{`+keys(11)+`}}`)), "a statement has 11 conditions, the maximum is 10"},
	} {
		if _, err := policy.Parse(c.text); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.text, err, c.want)
		}
	}
	parse(t, document(many(20, statement("Principal", `{"AWS":["123456789012","111122223333"]}`, "Condition", `{"StringEquals":{`+keys(2)+`}}`))))
	parse(t, document(statement("Condition", `{"StringEquals":{`+keys(10)+`}}`)))
}

func keys(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"k%d":"v"`, i)
	}
	return b.String()[1:]
}
