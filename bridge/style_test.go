package bridge_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// vague are names that say nothing of what is inside.
func vague() []string {
	return []string{"util", "utils", "common", "helper", "helpers", "manager", "managers", "types", "models", "misc"}
}

// allowedVars are package-level variables that break the rule of strayVars for
// a reason, by room and name.
func allowedVars() map[string]string {
	const pointed = "handed out by pointer, where nil says that there is no status; nobody writes through it"
	return map[string]string{
		"protocols/nats/jetstream: var statusNotOverflow":  pointed,
		"protocols/nats/jetstream: var statusNotPinned":    pointed,
		"protocols/nats/jetstream: var statusPriorityRank": pointed,
		"protocols/nats/jetstream: var statusPushBased":    pointed,
	}
}

func TestNamesSaySomething(t *testing.T) {
	for _, f := range goFiles(t) {
		for _, name := range []string{path.Base(f.room()), strings.TrimSuffix(path.Base(f.path), ".go")} {
			if slices.Contains(vague(), strings.TrimSuffix(name, "_test")) {
				t.Errorf("%s: %s says nothing of what is inside", f.path, name)
			}
		}
	}
}

// Nothing happens before main, and no state belongs to nobody.
func TestNoHiddenState(t *testing.T) {
	rooms := make(map[string][]*ast.File)
	for _, f := range goFiles(t) {
		if f.isTest() {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", f.path), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		rooms[f.room()] = append(rooms[f.room()], parsed)
	}
	allowed := allowedVars()
	for room, files := range rooms {
		for _, what := range append(inits(files), strayVars(files)...) {
			if found := room + ": " + what; allowed[found] == "" {
				t.Error(found)
			} else {
				delete(allowed, found)
			}
		}
	}
	for found := range allowed {
		t.Errorf("%s: allowed, and not there", found)
	}
}

func inits(files []*ast.File) (found []string) {
	for _, f := range files {
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				found = append(found, "func init")
			}
		}
	}
	return found
}

// strayVars returns the package-level variables that are neither the error of
// a failure, nor a blank assertion, nor a table: unexported, filled where it is
// declared and written by nobody.
func strayVars(files []*ast.File) (found []string) {
	written := writtenNames(files)
	for _, f := range files {
		for _, spec := range packageVars(f) {
			for i, name := range spec.Names {
				var value ast.Expr
				if i < len(spec.Values) {
					value = spec.Values[i]
				}
				isTable := !name.IsExported() && tableLike(value) && !written[name.Name]
				if name.Name != "_" && !isError(name.Name, value) && !isTable {
					found = append(found, "var "+name.Name)
				}
			}
		}
	}
	return found
}

func packageVars(f *ast.File) (specs []*ast.ValueSpec) {
	for _, d := range f.Decls {
		if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.VAR {
			for _, s := range g.Specs {
				specs = append(specs, s.(*ast.ValueSpec))
			}
		}
	}
	return specs
}

// isError reports whether a variable is an error to compare with, made here or
// handed on from the room that makes it.
func isError(variable string, value ast.Expr) bool {
	if slices.Contains([]string{"errors.New", "fmt.Errorf"}, called(value)) {
		return true
	}
	if !strings.HasPrefix(strings.ToLower(variable), "err") {
		return false
	}
	if p, ok := value.(*ast.UnaryExpr); ok && p.Op == token.AND {
		value = p.X
	}
	switch v := value.(type) {
	case *ast.CompositeLit:
		return true
	case *ast.SelectorExpr:
		return v.Sel.Name == variable
	}
	return false
}

// tableLike reports whether a value is a literal, or comes from a constructor
// whose result is only read.
func tableLike(value ast.Expr) bool {
	switch v := value.(type) {
	case *ast.CompositeLit:
		s, ok := v.Type.(*ast.SelectorExpr)
		return !ok || name(s.X) != "sync" && name(s.X) != "atomic"
	case *ast.CallExpr:
		_, bytes := v.Fun.(*ast.ArrayType) // []byte("…")
		return bytes || slices.Contains([]string{
			"regexp.MustCompile", "strings.NewReplacer", "crc32.MakeTable", "netip.MustParsePrefix", "time.Unix", "time.Date",
		}, called(v))
	}
	return false
}

// called returns "package.Function" for a call of that form.
func called(value ast.Expr) string {
	call, ok := value.(*ast.CallExpr)
	if !ok {
		return ""
	}
	s, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	return name(s.X) + "." + s.Sel.Name
}

func name(x ast.Expr) string {
	if id, ok := x.(*ast.Ident); ok {
		return id.Name
	}
	return ""
}

// writtenNames returns every name that is assigned to, in whole or in part,
// counted up or down, pointed at, cleared or deleted from. It goes by name alone,
// so a local variable must not be called like a table.
func writtenNames(files []*ast.File) map[string]bool {
	written := make(map[string]bool)
	mark := func(exprs ...ast.Expr) {
		for _, x := range exprs {
			written[root(x)] = true
		}
	}
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				mark(n.Lhs...)
			case *ast.IncDecStmt:
				mark(n.X)
			case *ast.UnaryExpr:
				if n.Op == token.AND {
					mark(n.X)
				}
			case *ast.CallExpr:
				if fn := name(n.Fun); (fn == "delete" || fn == "clear" || fn == "copy") && len(n.Args) > 0 {
					mark(n.Args[0])
				}
			}
			return true
		})
	}
	return written
}

// root returns the variable that an expression such as a.b[c] reaches into.
func root(x ast.Expr) string {
	switch x := x.(type) {
	case *ast.IndexExpr:
		return root(x.X)
	case *ast.SelectorExpr:
		return root(x.X)
	case *ast.StarExpr:
		return root(x.X)
	case *ast.ParenExpr:
		return root(x.X)
	case *ast.SliceExpr:
		return root(x.X)
	}
	return name(x)
}

// The rule finds what it should and lets through what it should.
func TestHiddenStateIsFound(t *testing.T) {
	const head = "package p\n"
	tests := []struct{ source, want string }{
		{`var ErrGone = errors.New("gone")`, "[]"},
		{`var ErrGone = fmt.Errorf("gone: %w", ErrAway)`, "[]"},
		{`var ErrGone = machine.ErrGone`, "[]"},
		{`var errGone = &failure{code: 7}`, "[]"},
		{`var errGone = lookUp("gone")`, "[var errGone]"},
		{`var _ io.Reader = file{}`, "[]"},
		{`var names = map[string]int{"a": 1}`, "[]"},
		{`var dot = []byte(".")`, "[]"},
		{`var word = regexp.MustCompile("a")`, "[]"},
		{`var names = map[string]int{}; func f() { names["a"] = 1 }`, "[var names]"},
		{`var names = map[string]int{}; func f() { delete(names, "a") }`, "[var names]"},
		{`var list = []int{1}; func f() { list = append(list, 1) }`, "[var list]"},
		{`var list = []int{1}; func f() *int { return &list[0] }`, "[var list]"},
		{`var list = [2]int{}; func f() { list[0]++ }`, "[var list]"},
		{`var Names = map[string]int{"a": 1}`, "[var Names]"},
		{`var mu sync.Mutex`, "[var mu]"},
		{`var pool = sync.Pool{}`, "[var pool]"},
		{`var n int`, "[var n]"},
		{`var n = 1`, "[var n]"},
		{`var started = time.Now()`, "[var started]"},
		{`func init() {}`, "[func init]"},
		{`type t struct{}; func (t) init() {}`, "[]"},
	}
	for _, tt := range tests {
		f, err := parser.ParseFile(token.NewFileSet(), "p.go", head+tt.source, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files := []*ast.File{f}
		if got := fmt.Sprint(append(inits(files), strayVars(files)...)); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.source, got, tt.want)
		}
	}
}
