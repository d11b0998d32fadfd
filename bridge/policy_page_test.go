package bridge

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/bridge/config"
)

// auth/POLICY.md names every request that there is, and its table of actions is that of the tests.
func TestPolicyPageIsWhole(t *testing.T) {
	b, err := os.ReadFile("auth/POLICY.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(b)
	words := make(map[string]bool)
	for _, row := range regexp.MustCompile(`(?m)^\| ([^|]+) \|`).FindAllStringSubmatch(page, -1) {
		for _, name := range strings.Split(row[1], ", ") {
			words[name] = true
		}
	}
	for file, pattern := range map[string]string{
		"../protocols/sqs/actions.go":        `(?m)^\t\t"([A-Za-z]+)": +(?:on|service)\(`,
		"../protocols/nats/jetstream/api.go": `(?m)^\t\t"([A-Z.]+)": +\{kind`,
		"admin/api.go":                       `(?m)^\t\t"([A-Z]+ /v1/[^"]+)":`,
	} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all := regexp.MustCompile(pattern).FindAllStringSubmatch(string(text), -1)
		if len(all) < 4 {
			t.Fatalf("%s has %d", file, len(all))
		}
		for _, name := range all {
			if !words[name[1]] {
				t.Errorf("%s: %s is not on the page", file, name[1])
			}
		}
	}
	missing := impossible()
	for _, action := range config.Actions() {
		row := "| " + string(action) + " |"
		for _, dialect := range dialects() {
			if _, none := missing[dialect+" "+string(action)]; none {
				row += " – |"
			} else {
				row += " yes |"
			}
		}
		if !strings.Contains(page, "\n"+row+"\n") {
			t.Errorf("the page has not the row %s", row)
		}
	}
}
