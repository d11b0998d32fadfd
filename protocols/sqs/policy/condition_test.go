package policy_test

import (
	"net/netip"
	"testing"

	"github.com/sluicemq/sluice/protocols/sqs/policy"
)

// Each operator, on a key that is there.
func TestOperators(t *testing.T) {
	for _, c := range []struct {
		condition string
		met       bool
	}{
		{`{}`, true},
		{`{"StringEquals":{"aws:username":"anna"}}`, true},
		{`{"StringEquals":{"AWS:UserName":["bert","anna"]}}`, true},
		{`{"StringEquals":{"aws:username":"Anna"}}`, false},
		{`{"StringEquals":{"aws:username":"ann*"}}`, false},
		{`{"StringNotEquals":{"aws:username":"bert"}}`, true},
		{`{"StringNotEquals":{"aws:username":["bert","anna"]}}`, false},
		{`{"StringEqualsIgnoreCase":{"aws:username":"ANNA"}}`, true},
		{`{"StringNotEqualsIgnoreCase":{"aws:username":"ANNA"}}`, false},
		{`{"StringLike":{"aws:username":"a*"}}`, true},
		{`{"stringlike":{"aws:username":"?nn?"}}`, true},
		{`{"StringNotLike":{"aws:username":"a*"}}`, false},
		{`{"StringEquals":{"aws:username":"anna"},"StringLike":{"aws:username":"b*"}}`, false}, // both
		{`{"StringEquals":{"aws:username":"anna","aws:PrincipalAccount":"111122223333"}}`, false},
		{`{"ForAnyValue:StringEquals":{"aws:username":["x","anna"]}}`, true},
		{`{"ForAllValues:StringLike":{"aws:username":"b*"}}`, false},

		{`{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::123456789012:user/anna"}}`, true},
		{`{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:user/*"}}`, true},
		{`{"ArnEquals":{"aws:PrincipalArn":"arn:*:iam:*:user/anna:*"}}`, false}, // a star ends at a colon
		{`{"ArnEquals":{"aws:PrincipalArn":"arn:*:*:*:*:user/anna"}}`, true},
		{`{"ArnLike":{"aws:PrincipalArn":"*"}}`, true},
		{`{"ArnNotEquals":{"aws:PrincipalArn":"arn:aws:iam::123456789012:user/anna"}}`, false},
		{`{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::123456789012:role/*"}}`, true},
		{`{"StringEquals":{"aws:PrincipalAccount":"123456789012","aws:PrincipalType":"User","aws:RequestedRegion":"eu-west-3","aws:ResourceAccount":"123456789012"}}`, true},

		{`{"Bool":{"aws:SecureTransport":"true"}}`, true},
		{`{"Bool":{"aws:SecureTransport":false}}`, false},
		{`{"Bool":{"aws:SecureTransport":["False"]}}`, false},
		{`{"Bool":{"aws:PrincipalIsAWSService":"false","aws:ViaAWSService":"false"}}`, true},

		{`{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}`, true},
		{`{"IpAddress":{"aws:SourceIp":"192.0.2.99/24"}}`, true},
		{`{"IpAddress":{"aws:SourceIp":"192.0.2.7"}}`, true},
		{`{"IpAddress":{"aws:SourceIp":["2001:db8::/32","192.0.3.0/24"]}}`, false},
		{`{"NotIpAddress":{"aws:SourceIp":["10.0.0.0/8","192.0.2.0/24"]}}`, false},
		{`{"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}}`, true},

		{`{"DateGreaterThan":{"aws:CurrentTime":"2026-11-27T11:59:59Z"},"DateLessThan":{"aws:CurrentTime":"2026-11-27T12:00Z"}}`, false},
		{`{"DateGreaterThanEquals":{"aws:CurrentTime":"2026-11-27T12:00Z"},"DateLessThan":{"aws:CurrentTime":"2026-11-27T13:00:00+00:30"}}`, true},
		{`{"DateLessThanEquals":{"aws:CurrentTime":"2026-11-27"}}`, false},
		{`{"DateEquals":{"aws:CurrentTime":"2026-11-27T12:00:00.000Z"}}`, true},
		{`{"DateNotEquals":{"aws:CurrentTime":1795780800}}`, false},
		{`{"DateGreaterThan":{"aws:EpochTime":"2026-11-27T11:00Z"}}`, true},
		{`{"NumericEquals":{"aws:EpochTime":1795780800}}`, true},
		{`{"NumericNotEquals":{"aws:EpochTime":"1795780800"}}`, false},
		{`{"NumericLessThan":{"aws:EpochTime":1795780800.5}}`, true},
		{`{"NumericLessThanEquals":{"aws:EpochTime":"1795780800"}}`, true},
		{`{"NumericGreaterThan":{"aws:EpochTime":"1795780800"}}`, false},
		{`{"NumericGreaterThanEquals":{"aws:EpochTime":"1.7e9"}}`, true},
		{`{"NumericEquals":{"aws:username":"0"}}`, false}, // no number

		{`{"Null":{"aws:username":"false"}}`, true},
		{`{"Null":{"aws:username":true}}`, false},
		{`{"Null":{"aws:SourceArn":"true"}}`, true},
		{`{"BinaryEquals":{"aws:username":"anna"}}`, true},
	} {
		checkCondition(t, sent(), c.condition, c.met)
	}
}

// A key that no request has: what is negated, optional or of all values is met.
func TestAbsentKeys(t *testing.T) {
	for _, c := range []struct {
		condition string
		met       bool
	}{
		{`{"ArnEquals":{"aws:SourceArn":"arn:aws:sns:*:*:topic"}}`, false},
		{`{"ArnLike":{"aws:SourceArn":"*"}}`, false},
		{`{"ArnNotLike":{"aws:SourceArn":"arn:aws:sns:*:*:topic"}}`, true},
		{`{"StringEquals":{"aws:SourceAccount":"123456789012"}}`, false},
		{`{"StringEqualsIfExists":{"aws:SourceVpce":"vpce-1"}}`, true},
		{`{"StringNotEquals":{"aws:SourceVpce":"vpce-1"}}`, true},
		{`{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}`, true},
		{`{"Bool":{"aws:MultiFactorAuthPresent":"false"}}`, false},
		{`{"StringLike":{"aws:PrincipalTag/team":"*"}}`, false},
		{`{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}`, false},
		{`{"ForAllValues:StringEquals":{"aws:CalledVia":"x"}}`, true},
		{`{"ForAnyValue:StringEquals":{"aws:CalledVia":"x"}}`, false},
		{`{"ForAnyValue:StringNotEquals":{"aws:CalledVia":"x"}}`, false},
		{`{"Null":{"aws:SourceArn":["false"]}}`, false},
	} {
		checkCondition(t, sent(), c.condition, c.met)
	}
}

func TestContext(t *testing.T) {
	root, nobody, plain, unknown, mapped := sent(), sent(), sent(), sent(), sent()
	root.Who.User = ""
	nobody.Who = policy.Identity{}
	plain.Secure = false
	unknown.Source = netip.Addr{}
	mapped.Source = netip.MustParseAddr("::ffff:192.0.2.7")
	for _, c := range []struct {
		r         policy.Request
		condition string
		met       bool
	}{
		{root, `{"Null":{"aws:username":"true"}}`, true},
		{root, `{"StringEquals":{"aws:PrincipalArn":"arn:aws:iam::123456789012:root","aws:PrincipalType":"Account"}}`, true},
		{nobody, `{"StringEquals":{"aws:PrincipalType":"Anonymous"},"Null":{"aws:PrincipalArn":"true","aws:PrincipalAccount":"true"}}`, true},
		{plain, `{"Bool":{"aws:SecureTransport":"false"}}`, true},
		{unknown, `{"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}}`, false},
		{unknown, `{"NotIpAddress":{"aws:SourceIp":"0.0.0.0/0"}}`, true},
		{mapped, `{"IpAddress":{"aws:SourceIp":"192.0.2.7/32"}}`, true},
	} {
		checkCondition(t, c.r, c.condition, c.met)
	}
}

func checkCondition(t *testing.T, r policy.Request, condition string, met bool) {
	t.Helper()
	want := [2]policy.Effect{silent, silent}
	if met {
		want = [2]policy.Effect{allows, denies}
	}
	if allow, deny := decided(t, r, "Condition", condition); [2]policy.Effect{allow, deny} != want {
		t.Errorf("%s: got %d, %d, want %v", condition, allow, deny, want)
	}
}
