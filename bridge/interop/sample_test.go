package interop_test

import (
	"fmt"
	"maps"
	"strconv"
	"strings"

	"github.com/sluicemq/sluice/bridge/interop/driver"
)

// sample is what an application means by a message, in no dialect's words.
type sample struct {
	body    string
	kind    string // "bytes" when somebody has said so; "" otherwise
	isEmpty bool   // the body is empty, whatever stands in for it

	contentType, correlationID, group, priority string

	properties map[string]property
}

// property is the text of a property and its type: string, int or boolean.
type property struct{ text, typ string }

const (
	sampleCount = 100
	groupCount  = 4
)

// samples are what a producer of a dialect sends: among a hundred plain messages
// one of every sort that has ever gone wrong between two brokers.
func samples(producer string) []sample {
	all := make([]sample, sampleCount)
	for i := range all {
		all[i] = sample{
			body:          fmt.Sprintf("message %d", i),
			contentType:   "text/plain; charset=utf-8",
			correlationID: fmt.Sprintf("order-%d", i),
			group:         fmt.Sprintf("customer-%d", i%groupCount),
			priority:      "7",
			properties: map[string]property{
				"n":      {strconv.Itoa(i), "int"},
				"region": {"eu-west", "string"},
				"paid":   {strconv.FormatBool(i%2 == 0), "boolean"},
				"city":   {"Zürich – São Paulo, 東京", "string"},
			},
		}
	}
	all[1].body = "Grüße, 世界 🌍"
	all[2].body, all[2].kind = binary(), binaryKind(producer)
	all[3].body, all[3].isEmpty = emptyBody(producer)
	all[4].body = strings.Repeat("0123456789abcdef", 200_000/16)
	all[5].body = `<a href="x">&amp; 'quoted' \n %41 +</a>`
	all[6].body = `{"id": 6, "tags": ["a", "ä"], "nothing": null}`
	all[7].body = " \n\tblank at both ends\t\n "
	all[8].contentType, all[8].correlationID, all[8].group, all[8].priority = "", "", "", ""
	widen(&all[9], producer)
	return all
}

// binary is every byte there is: with NUL, and no UTF-8.
func binary() string {
	b := make([]byte, 256)
	for i := range b {
		b[i] = byte(i)
	}
	return string(b)
}

// binaryKind is what a producer says of a binary body. Only one of SQS has to,
// because its body is base64.
func binaryKind(producer string) string {
	if producer == driver.SQS {
		return "bytes"
	}
	return ""
}

// emptyBody is an empty body; SQS takes none, so its producer sends what stands
// in for one elsewhere, and means it.
func emptyBody(producer string) (body string, isEmpty bool) {
	if producer == driver.SQS {
		return "null", false
	}
	return "", true
}

// widen gives m more properties than SQS has places for, and from STOMP some
// whose names and values the others cannot spell.
func widen(m *sample, producer string) {
	if producer == driver.SQS {
		return // it could not send them
	}
	for i := range 12 {
		m.properties[fmt.Sprintf("extra-%d", i)] = property{fmt.Sprintf("value %d", i), "string"}
	}
	if producer == driver.STOMP {
		m.properties["größe"] = property{"zwölf", "string"}
		m.properties["two lines"] = property{"one\ntwo: \\ three", "string"}
	}
}

// declares reports whether the producer of the ith sample says which types its
// properties have. SQS always does; in the other dialects it is a choice.
func declares(producer string, i int) bool { return producer == driver.SQS || i%2 == 0 }

// expected is what must arrive of the ith sample, given who sent it and who reads it.
func expected(producer, consumer string, i int, m sample) sample {
	m.properties = maps.Clone(m.properties)
	if !declares(producer, i) {
		for name, p := range m.properties {
			m.properties[name] = property{p.text, "string"}
		}
	}
	if consumer == driver.SQS && m.body == binary() {
		m.kind = "bytes" // it is base64, and says so
	}
	return m
}

// difference says in which way got is not want; "" if it is.
func difference(want, got sample) string {
	var all []string
	say := func(what, want, got string) {
		if want != got {
			all = append(all, fmt.Sprintf("%s is %.80q, want %.80q", what, got, want))
		}
	}
	say("body", want.body, got.body)
	say("kind", want.kind, got.kind)
	say("emptiness", strconv.FormatBool(want.isEmpty), strconv.FormatBool(got.isEmpty))
	say("content type", want.contentType, got.contentType)
	say("correlation id", want.correlationID, got.correlationID)
	say("group", want.group, got.group)
	say("priority", want.priority, got.priority)
	for name, p := range want.properties {
		g, ok := got.properties[name]
		if !ok {
			all = append(all, fmt.Sprintf("property %q is gone", name))
			continue
		}
		say("property "+name, p.text, g.text)
		say("type of property "+name, p.typ, g.typ)
	}
	for name := range got.properties {
		if _, ok := want.properties[name]; !ok {
			all = append(all, fmt.Sprintf("property %q=%q is new", name, got.properties[name].text))
		}
	}
	return strings.Join(all, "; ")
}
