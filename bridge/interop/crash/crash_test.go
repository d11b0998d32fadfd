package crash_test

import (
	"context"
	"flag"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/sluicemq/sluice/bridge/interop/crash"
	"github.com/sluicemq/sluice/bridge/interop/rig"
)

var (
	kills = flag.Int("kills", 20, "how often to kill the server")
	seed  = flag.Uint64("seed", 0, "of the times of the kills; 0: a new one")
)

func TestKill(t *testing.T) {
	if testing.Short() {
		*kills = min(*kills, 2)
	}
	ctx := context.Background()
	bin, err := rig.Build(ctx, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if *seed == 0 {
		*seed = uint64(time.Now().UnixNano())
	}
	t.Logf("the same again: -seed %d -kills %d", *seed, *kills)
	err = crash.Run(ctx, crash.Options{
		Binary: bin, Dir: t.TempDir(), Kills: *kills, Rand: rand.New(rand.NewPCG(*seed, 0)), Log: t.Logf,
	})
	if err != nil {
		t.Error(err)
	}
}
