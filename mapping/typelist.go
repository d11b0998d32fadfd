package mapping

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/sluicemq/sluice/queuecore"
)

// A type list says what the properties of a message are that are not plain
// strings, since a header can only show text:
//
//	list  = entry *( "," entry )
//	entry = name "=" type [ ";" label ]
//	type  = "string" / "boolean" / "byte" / "short" / "int" / "long" /
//	        "float" / "double" / "decimal" / "binary"
//
// In names and labels every byte but letters, digits, "_", "-" and "." is
// written as "%" and two hexadecimal digits. Blanks around an entry are passed
// by, and so are entries for headers that are not there.

// appendType adds an entry to a list.
func appendType(list []byte, name, typ, label string) []byte {
	if len(list) > 0 {
		list = append(list, ',')
	}
	list = append(appendEscaped(list, name), '=')
	list = append(list, typ...)
	if label != "" {
		list = appendEscaped(append(list, ';'), label)
	}
	return list
}

func appendEscaped(b []byte, s string) []byte {
	const hex = "0123456789ABCDEF"
	for i := range len(s) {
		if c := s[i]; isWordByte(c) || c == '.' {
			b = append(b, c)
		} else {
			b = append(b, '%', hex[c>>4], hex[c&15])
		}
	}
	return b
}

// isWordByte reports whether c is one of the characters of an SQS queue name.
func isWordByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '-'
}

func unescape(s string) (string, bool) {
	if !strings.Contains(s, "%") {
		return s, true
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b = append(b, s[i])
			continue
		}
		if len(s) < i+3 {
			return "", false
		}
		c, err := strconv.ParseUint(s[i+1:i+3], 16, 8)
		if err != nil {
			return "", false
		}
		b = append(b, byte(c))
		i += 2
	}
	return string(b), true
}

// applyTypes gives the properties the types that a list names.
func applyTypes(props queuecore.Properties, index *nameIndex, header, list string) error {
	for entry := range strings.SplitSeq(list, ",") {
		name, typ, label, ok := parseEntry(strings.TrimSpace(entry))
		if !ok {
			return invalid(header, entry, "must be name=type or name=type;label")
		}
		i := index.find(props, name)
		if i < 0 {
			continue
		}
		text, plain := plainText(&props[i])
		if !plain {
			continue // named twice: the first entry counts
		}
		v, ok := read(text, typ)
		if !ok {
			return invalid(name, text, fmt.Sprintf("%s calls it %q and it is none", header, typ))
		}
		props[i].Value, props[i].Label = v, label
	}
	return nil
}

func parseEntry(entry string) (name, typ, label string, ok bool) {
	name, typ, ok = strings.Cut(entry, "=")
	if !ok {
		return "", "", "", false
	}
	typ, label, _ = strings.Cut(typ, ";")
	name, ok = unescape(name)
	if !ok {
		return "", "", "", false
	}
	label, ok = unescape(label)
	return name, typ, label, ok && name != ""
}
