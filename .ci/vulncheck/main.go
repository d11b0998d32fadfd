// Command vulncheck runs govulncheck on the packages that it is given. Where the Go vulnerability
// database cannot be reached, it makes one of the reports in the module golang.org/x/vulndb, which a
// module proxy has. Where neither can be, it says so, and fails if the variable CI is set.
//
//	go run ./.ci/vulncheck ./...
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	govulncheck = "golang.org/x/vuln/cmd/govulncheck@v1.9.0"
	reports     = "golang.org/x/vulndb@latest"
	online      = "https://vuln.go.dev"
	patience    = 10 * time.Second
)

func main() {
	db, err := database()
	if err != nil {
		fmt.Fprintln(os.Stderr, "vulncheck: left out, neither", online, "nor", reports, "can be had:", err)
		if os.Getenv("CI") != "" {
			os.Exit(1)
		}
		return
	}
	fmt.Println("vulncheck: by", db)
	found, err := check(db, os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "vulncheck:", err)
		os.Exit(1)
	}
	if tell(found) {
		os.Exit(1)
	}
}

// frame is one of a call stack, as govulncheck tells it.
type frame struct {
	Module, Version, Package, Function string
}

// finding is a vulnerability and how it is reached, the vulnerable function first.
type finding struct {
	OSV   string
	Fixed string `json:"fixed_version"`
	Trace []frame
}

// check returns what the packages call of what is vulnerable, once for each vulnerability.
func check(db string, packages []string) (map[string]finding, error) {
	cmd := exec.Command("go", append([]string{"run", govulncheck, "-db", db, "-format", "json"}, packages...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("govulncheck: %w", err)
	}
	found := make(map[string]finding)
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var m struct{ Finding *finding }
		switch err := d.Decode(&m); {
		case errors.Is(err, io.EOF):
			return found, nil
		case err != nil:
			return nil, err
		case m.Finding != nil && len(m.Finding.Trace) > 0 && m.Finding.Trace[0].Function != "":
			found[m.Finding.OSV] = *m.Finding
		}
	}
}

// tell prints what was found, and reports whether it can be mended here: what is in the standard
// library is by another Go, which go.mod names (toolchain) and GOTOOLCHAIN=local keeps from being used.
func tell(found map[string]finding) (mendable bool) {
	local := os.Getenv("GOTOOLCHAIN") == "local" || goEnv("GOTOOLCHAIN") == "local"
	for _, id := range slices.Sorted(maps.Keys(found)) {
		f, note := found[id], ""
		if f.Trace[0].Module == "stdlib" && local {
			note = " (of this machine's Go, which GOTOOLCHAIN=local has used: build what others get with the one that go.mod names)"
		} else {
			mendable = true
		}
		fmt.Printf("https://pkg.go.dev/vuln/%s: %s.%s of %s %s is called from %s; mended in %s%s\n",
			id, f.Trace[0].Package, f.Trace[0].Function, f.Trace[0].Module, f.Trace[0].Version, f.Trace[len(f.Trace)-1].Package, f.Fixed, note)
	}
	return mendable
}

func goEnv(name string) string {
	out, _ := exec.Command("go", "env", name).Output() // without it, go would not have run this
	return strings.TrimSpace(string(out))
}

// database returns where reports are, as govulncheck takes it.
func database() (string, error) {
	client := http.Client{Timeout: patience}
	res, err := client.Get(online + "/index/db.json")
	if err == nil {
		res.Body.Close()
		if res.StatusCode == http.StatusOK {
			return online, nil
		}
		err = errors.New(res.Status)
	}
	dir, made := fromModule()
	if made != nil {
		return "", errors.Join(err, made)
	}
	return "file://" + filepath.ToSlash(dir), nil
}

// fromModule makes a database of the module, once for each version of it.
func fromModule() (string, error) {
	out, err := exec.Command("go", "mod", "download", "-json", reports).Output()
	var module struct{ Version, Dir, Error string }
	if bad := json.Unmarshal(out, &module); bad != nil || module.Dir == "" {
		return "", fmt.Errorf("go mod download: %w %s", errors.Join(err, bad), module.Error)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "go-vulndb", module.Version)
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	made := fmt.Sprintf("%s.%d", dir, os.Getpid())
	defer os.RemoveAll(made)
	if err := makeDatabase(filepath.Join(module.Dir, "data", "osv"), made); err != nil {
		return "", err
	}
	if err := os.Rename(made, dir); err != nil && !errors.Is(err, os.ErrExist) {
		return "", err
	}
	return dir, nil
}

// report is what a database's index tells of a report in OSV's form.
type report struct {
	ID       string
	Modified time.Time
	Affected []struct {
		Package struct{ Name string }
		Ranges  []struct {
			Events []struct{ Fixed string }
		}
	}
}

type vulnerability struct {
	ID       string    `json:"id"`
	Modified time.Time `json:"modified"`
	Fixed    string    `json:"fixed,omitempty"`
}

type module struct {
	Path  string          `json:"path"`
	Vulns []vulnerability `json:"vulns"`
}

// makeDatabase makes one of a directory of reports (https://go.dev/doc/security/vuln/database,
// "API": ID/, index/db.json and index/modules.json).
func makeDatabase(from, to string) error {
	files, err := filepath.Glob(filepath.Join(from, "GO-*.json"))
	if err != nil || len(files) == 0 {
		return fmt.Errorf("no reports in %s", from)
	}
	modules := make(map[string]*module)
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			return err
		}
		var r report
		if err := json.Unmarshal(text, &r); err != nil {
			return fmt.Errorf("%s: %w", f, err)
		}
		enter(modules, &r)
		if err := write(filepath.Join(to, "ID", r.ID+".json"), json.RawMessage(text)); err != nil {
			return err
		}
	}
	list := make([]*module, 0, len(modules))
	for _, m := range modules {
		list = append(list, m)
	}
	return errors.Join(
		write(filepath.Join(to, "index", "modules.json"), list),
		write(filepath.Join(to, "index", "db.json"), map[string]time.Time{"modified": time.Now()}),
	)
}

// enter adds a report to each module that it is about, with the last version that mends it.
func enter(modules map[string]*module, r *report) {
	for _, a := range r.Affected {
		m := modules[a.Package.Name]
		if m == nil {
			m = &module{Path: a.Package.Name}
			modules[m.Path] = m
		}
		v := vulnerability{ID: r.ID, Modified: r.Modified}
		for _, x := range a.Ranges {
			for _, e := range x.Events {
				if e.Fixed != "" {
					v.Fixed = e.Fixed
				}
			}
		}
		m.Vulns = append(m.Vulns, v)
	}
}

func write(path string, x any) error {
	text, err := json.Marshal(x)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o644)
}
