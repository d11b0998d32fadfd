package policy

import (
	"strconv"
	"strings"
	"time"
)

// value returns what a request has of a condition key, empty when it has not got it. A key
// that is not known may be one that the request would have elsewhere.
// IAM user guide, "AWS global condition context keys".
func (r *Request) value(key string) (have string, known bool) {
	if f := present[key]; f != nil {
		return f(r), true
	}
	return "", absent[key] || strings.HasPrefix(key, "aws:principaltag/")
}

// present are the keys that a request has.
var present = map[string]func(*Request) string{
	"aws:currenttime":     func(r *Request) string { return r.At.UTC().Format(time.RFC3339Nano) },
	"aws:epochtime":       func(r *Request) string { return strconv.FormatInt(r.At.Unix(), 10) },
	"aws:principalarn":    principalARN,
	"aws:username":        func(r *Request) string { return r.Who.User },
	"aws:requestedregion": func(r *Request) string { return r.Queue.Region },
	"aws:resourceaccount": func(r *Request) string { return r.Queue.Account },
	"aws:securetransport": func(r *Request) string { return strconv.FormatBool(r.Secure) },
	"aws:sourceip":        sourceIP,

	"aws:principalaccount": func(r *Request) string { return r.Who.Account },
	"aws:principaltype":    principalType,

	// Nobody is a service, and none asks for somebody.
	"aws:principalisawsservice": func(*Request) string { return "false" },
	"aws:viaawsservice":         func(*Request) string { return "false" },
}

func sourceIP(r *Request) string {
	if !r.Source.IsValid() {
		return ""
	}
	return r.Source.Unmap().WithZone("").String()
}

func principalARN(r *Request) string {
	if r.Who.Account == "" {
		return ""
	}
	return r.Who.ARN()
}

func principalType(r *Request) string {
	switch {
	case r.Who.Account == "":
		return "Anonymous"
	case r.Who.User == "":
		return "Account"
	}
	return "User"
}

// absent are the keys that no request has here, as many have not got them at AWS: there are
// no services that send for somebody, no private clouds, no organizations, no roles and
// sessions, no tags of users and no second factor.
var absent = map[string]bool{
	"aws:sourcearn":      true,
	"aws:sourceaccount":  true,
	"aws:sourceorgid":    true,
	"aws:sourceorgpaths": true,
	"aws:calledvia":      true,
	"aws:calledviafirst": true,
	"aws:calledvialast":  true,

	"aws:sourcevpc":    true,
	"aws:sourcevpcarn": true,
	"aws:sourcevpce":   true,
	"aws:vpcsourceip":  true,
	"aws:vpceaccount":  true,
	"aws:vpceorgid":    true,
	"aws:vpceorgpaths": true,

	"aws:principalorgid":            true,
	"aws:principalorgpaths":         true,
	"aws:principalservicename":      true,
	"aws:principalservicenameslist": true,
	"aws:resourceorgid":             true,
	"aws:resourceorgpaths":          true,

	"aws:federatedprovider":            true,
	"aws:multifactorauthage":           true,
	"aws:multifactorauthpresent":       true,
	"aws:sourceidentity":               true,
	"aws:tokenissuetime":               true,
	"aws:assumedroot":                  true,
	"aws:ec2instancesourcevpc":         true,
	"aws:ec2instancesourceprivateipv4": true,
}
