package sqs_test

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/sluicemq/sluice/protocols/sqs/wire"
)

// specRow is a row of a table of SPEC.md that ends with the names of tests.
type specRow struct {
	kind  string // the head of the first column
	cells []string
}

// specRows reads the tables whose last column is headed "tests".
func specRows(t *testing.T) (rows []specRow) {
	t.Helper()
	page, err := os.ReadFile("SPEC.md")
	if err != nil {
		t.Fatal(err)
	}
	kind := ""
	for line := range strings.Lines(string(page)) {
		line, inTable := strings.CutPrefix(strings.TrimSpace(line), "| ")
		cells := strings.Split(strings.TrimSuffix(line, " |"), " | ")
		switch {
		case !inTable && !strings.HasPrefix(line, "|---"):
			kind = ""
		case inTable && cells[len(cells)-1] == "tests":
			kind = cells[0]
		case inTable && kind != "":
			rows = append(rows, specRow{kind, cells})
		}
	}
	return rows
}

// declared returns the names of the tests, fuzz targets and benchmarks of this room, of those in it, and
// of those where clients are the judges.
func declared(t *testing.T) map[string]bool {
	t.Helper()
	var files []string
	for _, pattern := range []string{"*_test.go", "*/*_test.go", "../../bridge/interop/*_test.go", "../../bridge/interop/*/*_test.go"} {
		list, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, list...)
	}
	names := map[string]bool{}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)\w+)\(`).FindAllSubmatch(source, -1) {
			names[string(m[1])] = true
		}
	}
	return names
}

// Every row of SPEC.md names tests or conversations, and each of them is there.
func TestSpecIsTested(t *testing.T) {
	names, aside := declared(t), regexp.MustCompile(`\([^)]*\)|[a-z/]+: `)
	rows := specRows(t)
	for _, r := range rows {
		last := aside.ReplaceAllString(r.cells[len(r.cells)-1], "")
		for _, name := range strings.FieldsFunc(last, func(c rune) bool { return c == ',' || c == ';' }) {
			name = strings.TrimSpace(name)
			_, err := os.Stat(filepath.Join("testdata", name+".txt"))
			if name != "all conversations" && !names[name] && err != nil {
				t.Errorf("%s: there is no test or conversation %q", r.cells[0], name)
			}
		}
		if strings.TrimSpace(last) == "" {
			t.Errorf("%s: no test", r.cells)
		}
	}
	if len(rows) < 150 {
		t.Errorf("%d rows: is the page read right?", len(rows))
	}
}

// listed reports whether SPEC.md has a row of that kind which begins with these cells.
func listed(rows []specRow, kind string, cells ...string) bool {
	return slices.ContainsFunc(rows, func(r specRow) bool {
		return r.kind == kind && len(r.cells) > len(cells) && slices.Equal(r.cells[:len(cells)], cells)
	})
}

// parametersOf returns the names of the members of a request, and below those that are lists
// of structures.
func parametersOf(s reflect.Type, above string) (names []string) {
	for i := range s.NumField() {
		f := s.Field(i)
		if !f.IsExported() {
			continue
		}
		names = append(names, above+f.Name)
		if f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() == reflect.Struct {
			names = append(names, parametersOf(f.Type.Elem(), above+f.Name+".")...)
		}
	}
	return names
}

// SPEC.md has a row for each parameter of each operation, each attribute and each error
// that the model of the service knows.
func TestSpecIsComplete(t *testing.T) {
	rows := specRows(t)
	want := func(kind string, cells ...string) {
		t.Helper()
		if !listed(rows, kind, cells...) {
			t.Errorf("%s: no row for %s", kind, strings.Join(cells, " "))
		}
	}
	client, found := reflect.TypeFor[*awssqs.Client](), 0
	for i := range client.NumMethod() {
		m := client.Method(i)
		if m.Type.NumIn() != 4 || !strings.HasSuffix(m.Type.In(2).String(), "Input") {
			continue
		}
		found++
		for _, p := range parametersOf(m.Type.In(2).Elem(), "") {
			want("operation", m.Name, p)
		}
	}
	if found != 23 {
		t.Errorf("%d operations", found)
	}
	for _, s := range []reflect.Type{reflect.TypeFor[types.MessageAttributeValue](), reflect.TypeFor[types.MessageSystemAttributeValue]()} {
		for _, p := range parametersOf(s, "") {
			want("operation", s.Name(), p)
		}
	}
	for _, name := range types.QueueAttributeName("").Values() {
		want("queue attribute", string(name))
	}
	for _, name := range types.MessageSystemAttributeName("").Values() {
		want("system attribute", string(name))
	}
	for c := wire.QueueDoesNotExist; c <= wire.ServiceUnavailable; c++ {
		want("error", c.Query())
	}
	for _, e := range []interface{ ErrorCode() string }{
		&types.InvalidIdFormat{}, &types.KmsAccessDenied{}, &types.KmsDisabled{}, &types.KmsInvalidKeyUsage{}, &types.KmsInvalidState{},
		&types.KmsNotFound{}, &types.KmsOptInRequired{}, &types.KmsThrottled{},
	} {
		want("error", e.ErrorCode())
	}
}
