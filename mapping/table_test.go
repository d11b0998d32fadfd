package mapping_test

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/queuecore"
)

var rewrite = flag.Bool("rewrite", false, "write TABLE.md anew")

func table() string {
	var b strings.Builder
	b.WriteString("# What each dialect calls it\n\nGenerated from `rules_test.go`; do not edit. `go test ./mapping -run TestTable -rewrite` writes it anew.\n\n" +
		"\"Refused\" means an error that wraps `queuecore.ErrInvalid` and names header, value and rule. What a dialect cannot say is packed, never dropped.\n\n")
	b.WriteString("| field | STOMP in | STOMP out | NATS in | NATS out | SQS in | SQS out | note |\n|---|---|---|---|---|---|---|---|\n")
	for _, r := range rules() {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s | %s |\n", r.field, r.in[0], r.out[0], r.in[1], r.out[1], r.in[2], r.out[2], r.note)
	}
	b.WriteString(selectorTable())
	b.WriteString(dialectTables())
	b.WriteString(replyTable())
	b.WriteString("\nThe consumer `c` of the NATS stream `s` with retention interest has the queue `s.c`: `/queue/s.c` to STOMP, `s_x2Ec` to SQS. " +
		"What is sent to the queue `s`, or to a topic that one of the stream's subjects covers, reaches all consumers; nobody receives from `s` itself.\n")
	b.WriteString(settingsTable())
	return b.String()
}

func TestTable(t *testing.T) {
	want := table()
	if *rewrite {
		if err := os.WriteFile("TABLE.md", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("TABLE.md")
	if err != nil || string(got) != want {
		t.Errorf("TABLE.md is not what the rules say (%v); run with -rewrite", err)
	}
}

var quoted = regexp.MustCompile("`([^`]+)`")

func quotedNames(cell string) []string {
	var names []string
	for _, m := range quoted.FindAllStringSubmatch(cell, -1) {
		if !strings.Contains(m[1], "NATS.") {
			names = append(names, m[1])
		}
	}
	return names
}

// TestTableOut: every name that a cell of the table says goes out does.
func TestTableOut(t *testing.T) {
	for _, r := range rules() {
		for i, dialect := range []string{"STOMP", "NATS", "SQS"} {
			for _, name := range quotedNames(r.out[i]) {
				if !slices.Contains(allNames(dialect, r.sample), name) {
					t.Errorf("%s: %s does not show %s, but %q", r.field, dialect, name, allNames(dialect, r.sample))
				}
			}
		}
	}
}

func allNames(dialect string, x *queuecore.Delivery) (names []string) {
	switch dialect {
	case "STOMP":
		h, _ := mapping.STOMP{}.Encode(x)
		for i := range h {
			names = append(names, h[i].Name)
		}
	case "NATS":
		h, _ := mapping.NATS{}.Encode(x)
		for i := range h {
			names = append(names, h[i].Name)
		}
	case "SQS":
		for _, a := range (mapping.SQS{}).Encode(x).Attributes {
			names = append(names, a.Name)
		}
	}
	return names
}

// TestTableIn: every name that a cell of the table says is read is read, and is no property.
func TestTableIn(t *testing.T) {
	for _, r := range rules() {
		for i, dialect := range []string{"STOMP", "NATS", "SQS"} {
			for _, name := range quotedNames(r.in[i]) {
				value := "x"
				if v, ok := r.examples[name]; ok {
					value = v
				}
				m := decodeOne(t, dialect, name, value)
				if !r.read(m) {
					t.Errorf("%s: %s does not read %s", r.field, dialect, name)
				}
				if _, ok := m.Properties.Get(name); ok && name != mapping.SQSTraceProperty && dialect != "SQS" {
					t.Errorf("%s: %s makes %s a property", r.field, dialect, name)
				}
			}
		}
	}
}

func decodeOne(t *testing.T, dialect, name, value string) (m *queuecore.Message) {
	t.Helper()
	var err error
	switch dialect {
	case "STOMP":
		m, err = mapping.STOMP{}.Decode(headers("foo", "1", name, value, "destination", "q"), nil, now)
	case "NATS":
		m, err = mapping.NATS{}.Decode(headers("foo", "1", name, value), nil, now)
	case "SQS":
		typ := map[string]string{"JMSPriority": "Number.int", "JMSExpiration": "Number.long", "Sluice.DeliverAt": "Number.long"}[name]
		if typ == "" {
			typ = "String"
		}
		m, err = mapping.SQS{}.Decode(mapping.SQSMessage{Body: "a", Attributes: attributes(name, typ, value), Delay: -1}, now)
	}
	if err != nil {
		t.Fatalf("%s %s: %v", dialect, name, err)
	}
	return m
}

// TestTableIsComplete: every name that the code has for a header or attribute stands in the table.
func TestTableIsComplete(t *testing.T) {
	text, found := table(), 0
	for file, prefix := range map[string]string{"stomp.go": "stomp", "nats.go": "nats", "sqs.go": "sqs"} {
		for ident, value := range stringConstants(t, file) {
			if strings.HasPrefix(ident, prefix) && ident != "sqsEmptyBody" {
				found++
				whole := regexp.MustCompile(`(^|[^\w-])` + regexp.QuoteMeta(value) + `($|[^\w-])`)
				if !whole.MatchString(text) {
					t.Errorf("%s: %s %q is not in the table", file, ident, value)
				}
			}
		}
	}
	if found < 45 {
		t.Errorf("found only %d names in the code", found)
	}
}

// stringConstants returns the string constants that a source file declares.
func stringConstants(t *testing.T, file string) map[string]string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]string{}
	ast.Inspect(f, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok && len(spec.Values) == 1 {
			if lit, ok := spec.Values[0].(*ast.BasicLit); ok && lit.Kind == token.STRING {
				values[spec.Names[0].Name], _ = strconv.Unquote(lit.Value)
			}
		}
		return true
	})
	return values
}
