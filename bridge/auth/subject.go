package auth

import (
	"cmp"
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// attributeNames are what attributes of a subject are called. All others go by number.
// RFC 4514, section 3; the last two as OpenSSL has them.
func attributeNames() map[string]string {
	return map[string]string{
		"2.5.4.3": "CN", "2.5.4.7": "L", "2.5.4.8": "ST", "2.5.4.10": "O", "2.5.4.11": "OU", "2.5.4.6": "C", "2.5.4.9": "STREET",
		"0.9.2342.19200300.100.1.25": "DC", "0.9.2342.19200300.100.1.1": "UID",
		"2.5.4.5": "serialNumber", "1.2.840.113549.1.9.1": "emailAddress",
	}
}

// SubjectName spells a distinguished name in DER as RFC 4514 does: the last part first, parts and their
// attributes in the order in which they are in it. Names that differ in more than the type of a string are spelled
// differently, so that whole texts can be compared. (The String of a pkix.Name puts parts into an order of its own.)
func SubjectName(der []byte) (string, error) {
	var parts []rawPartSET
	if rest, err := asn1.Unmarshal(der, &parts); err != nil || len(rest) > 0 {
		return "", fmt.Errorf("its subject is malformed")
	}
	texts := make([]string, len(parts))
	for i, part := range parts {
		attributes := make([]string, len(part))
		for j, a := range part {
			attributes[j] = a.text()
		}
		texts[len(parts)-1-i] = strings.Join(attributes, "+")
	}
	return strings.Join(texts, ","), nil
}

// rawPartSET is called so because package asn1 knows sets by the end of their names.
type rawPartSET []rawAttribute

type rawAttribute struct {
	Type  asn1.ObjectIdentifier
	Value asn1.RawValue
}

// text is RFC 4514, section 2.4: what is of a type without a name, or no text, is in hexadecimal. So is
// T.61, of whose letters everybody has ideas of his own.
func (a rawAttribute) text() string {
	number := a.Type.String()
	name := attributeNames()[number]
	var value string
	if _, err := asn1.Unmarshal(a.Value.FullBytes, &value); name != "" && err == nil && a.Value.Tag != asn1.TagT61String && utf8.ValidString(value) {
		return name + "=" + escaped(value)
	}
	return cmp.Or(name, number) + "=#" + hex.EncodeToString(a.Value.FullBytes)
}

// escaped is RFC 4514, section 2.4. Control characters are escaped, too, which it permits.
func escaped(value string) string {
	var b strings.Builder
	for i, r := range value {
		edge := i == 0 || i == len(value)-1
		switch {
		case strings.ContainsRune(`"+,;<>\`, r), r == ' ' && edge, r == '#' && i == 0:
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, "\\%02x", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// checkSubject says what keeps a text from being what SubjectName returns, or nil. What is spelled
// otherwise would be no certificate's, ever.
func checkSubject(name string) error {
	for _, attribute := range cutUnescaped(name) {
		kind, value, ok := strings.Cut(attribute, "=")
		if !ok {
			return fmt.Errorf("%q is neither a subject such as CN=anna,O=Example nor dns:, email: or uri: and a name", name)
		}
		if err := checkAttribute(kind, value); err != nil {
			return fmt.Errorf("%q: %w", name, err)
		}
	}
	return nil
}

func checkAttribute(kind, value string) error {
	numbered := kind != "" && strings.Trim(kind, "0123456789.") == ""
	text, isHex := strings.CutPrefix(value, "#")
	_, err := hex.DecodeString(text)
	switch {
	case numbered && attributeNames()[kind] != "":
		return fmt.Errorf("%s is called %s", kind, attributeNames()[kind])
	case !numbered && !isAttribute(kind):
		return fmt.Errorf("%q is no attribute: there are CN, L, ST, O, OU, C, STREET, DC, UID, serialNumber and emailAddress, all others by number; and no spaces around commas", kind)
	case isHex && (err != nil || text != strings.ToLower(text)), numbered && !isHex:
		return fmt.Errorf("%s: behind # there are small hexadecimal digits, which all values of numbered attributes are in", kind)
	case isHex:
		return nil
	}
	if plain, ok := unescaped(value); !ok || escaped(plain) != value {
		return fmt.Errorf("the value %s is spelled %s", value, escaped(plain))
	}
	return nil
}

func isAttribute(kind string) bool {
	return slices.Contains(slices.Collect(maps.Values(attributeNames())), kind)
}

// cutUnescaped cuts a name at its commas and pluses.
func cutUnescaped(name string) (all []string) {
	from := 0
	for i := 0; i < len(name); i++ {
		switch name[i] {
		case '\\':
			i++
		case ',', '+':
			all, from = append(all, name[from:i]), i+1
		}
	}
	return append(all, name[from:])
}

// unescaped takes back what escaped does.
func unescaped(value string) (plain string, ok bool) {
	var b strings.Builder
	for i := 0; i < len(value); i++ {
		if value[i] != '\\' {
			b.WriteByte(value[i])
			continue
		}
		rest := value[i+1:]
		if octet, err := hex.DecodeString(rest[:min(2, len(rest))]); err == nil && len(octet) == 1 {
			b.Write(octet)
			i += 2
			continue
		}
		if rest == "" {
			return b.String(), false
		}
		b.WriteByte(rest[0])
		i++
	}
	return b.String(), true
}
