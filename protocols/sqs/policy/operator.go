package policy

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/sluicemq/sluice/protocols/glob"
)

// operator is how a condition compares.
type operator struct {
	compile  func(value string) (test, error)
	negated  bool
	presence bool // asks whether the key is there
}

// test compares what a request has with one value of a policy.
type test func(have string) bool

// operators are all that IAM has, in lower case.
// IAM user guide, "IAM JSON policy elements: Condition operators".
var operators = map[string]operator{
	"stringequals":              {compile: same},
	"stringnotequals":           {compile: same, negated: true},
	"stringequalsignorecase":    {compile: sameFolded},
	"stringnotequalsignorecase": {compile: sameFolded, negated: true},
	"stringlike":                {compile: like},
	"stringnotlike":             {compile: like, negated: true},

	"arnequals":    {compile: likeARN},
	"arnlike":      {compile: likeARN},
	"arnnotequals": {compile: likeARN, negated: true},
	"arnnotlike":   {compile: likeARN, negated: true},

	"numericequals":            {compile: number(isEqual)},
	"numericnotequals":         {compile: number(isEqual), negated: true},
	"numericlessthan":          {compile: number(isLess)},
	"numericlessthanequals":    {compile: number(isAtMost)},
	"numericgreaterthan":       {compile: number(isMore)},
	"numericgreaterthanequals": {compile: number(isAtLeast)},

	"dateequals":            {compile: date(isEqual)},
	"datenotequals":         {compile: date(isEqual), negated: true},
	"datelessthan":          {compile: date(isLess)},
	"datelessthanequals":    {compile: date(isAtMost)},
	"dategreaterthan":       {compile: date(isMore)},
	"dategreaterthanequals": {compile: date(isAtLeast)},

	"bool":         {compile: flag},
	"null":         {compile: flag, presence: true},
	"binaryequals": {compile: same},
	"ipaddress":    {compile: network},
	"notipaddress": {compile: network, negated: true},
}

func same(value string) (test, error) {
	return func(have string) bool { return have == value }, nil
}

func sameFolded(value string) (test, error) {
	return func(have string) bool { return strings.EqualFold(have, value) }, nil
}

func like(value string) (test, error) {
	return func(have string) bool { return glob.Match(value, have) }, nil
}

// errUnread is of a value that is taken, and that nothing is known to be like.
var errUnread = errors.New("not understood")

func likeARN(value string) (test, error) {
	if value != "*" && strings.Count(value, ":") < 5 {
		return nil, errUnread // no pattern of an ARN
	}
	return func(have string) bool { return matchARN(value, have) }, nil
}

func flag(value string) (test, error) {
	if !strings.EqualFold(value, "true") && !strings.EqualFold(value, "false") {
		return nil, fmt.Errorf("%q is neither true nor false", cut(value))
	}
	return sameFolded(value)
}

// The orders of two values, by what cmp.Compare says of them.
func isEqual(order int) bool   { return order == 0 }
func isLess(order int) bool    { return order < 0 }
func isAtMost(order int) bool  { return order <= 0 }
func isMore(order int) bool    { return order > 0 }
func isAtLeast(order int) bool { return order >= 0 }

func number(fits func(order int) bool) func(string) (test, error) {
	return func(value string) (test, error) {
		want, err := parseNumber(value)
		if err != nil {
			return nil, err
		}
		return func(have string) bool {
			n, err := parseNumber(have)
			return err == nil && fits(cmp.Compare(n, want))
		}, nil
	}
}

func parseNumber(s string) (float64, error) {
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		return 0, fmt.Errorf("%q is no number", cut(s))
	}
	return n, nil
}

func date(fits func(order int) bool) func(string) (test, error) {
	return func(value string) (test, error) {
		want, err := parseDate(value)
		if err != nil {
			return nil, err
		}
		return func(have string) bool {
			t, err := parseDate(have)
			return err == nil && fits(t.Compare(want))
		}, nil
	}
}

// parseDate reads the W3C's profile of ISO 8601, or seconds since 1970.
// IAM user guide, "Date condition operators".
func parseDate(s string) (time.Time, error) {
	for _, form := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02", "2006-01", "2006-01-02T15:04:05", "2006-01-02T15:04"} {
		if t, err := time.Parse(form, s); err == nil {
			return t, nil
		}
	}
	n, err := strconv.ParseInt(s, 10, 48)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is no date such as 2026-01-31T12:00:00Z", cut(s))
	}
	return time.Unix(n, 0), nil
}

// network reads an address, or a range of them with the length of its prefix.
func network(value string) (test, error) {
	p, err := netip.ParsePrefix(value)
	if a, lone := netip.ParseAddr(value); lone == nil && a.Zone() == "" {
		p, err = netip.PrefixFrom(a, a.BitLen()), nil
	}
	if err != nil || !p.IsValid() {
		return nil, errors.New(strconv.Quote(cut(value)) + " is no address and no range such as 10.0.0.0/8")
	}
	return func(have string) bool {
		a, err := netip.ParseAddr(have)
		return err == nil && p.Contains(a)
	}, nil
}
