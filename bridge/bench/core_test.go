package bench_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/bridge/bench"
)

func TestCorePrintsEachFigure(t *testing.T) {
	var out bytes.Buffer
	err := bench.Core(context.Background(), bench.NewReport(&out), bench.CoreOptions{
		Dir: t.TempDir(), Messages: 500, Producers: 8, Consumers: 2, Rounds: 1, Sizes: []int{128},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"messages", "plain", "ratio", "batch"} {
		if !strings.Contains(out.String(), "\nBENCH core.lifecycle.128."+name+" ") {
			t.Errorf("no figure %q in:\n%s", name, &out)
		}
	}
}
