package torture

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/sluicemq/sluice/queuecore/store/killpoint"
)

// Random is the point of a kill from outside, at whatever moment.
const Random = "random"

// Points returns the names of all points at which a server can be killed.
func Points() []string {
	points := []string{Random}
	for _, p := range killpoint.Points() {
		points = append(points, string(p))
	}
	return points
}

// Options say how often to kill what.
type Options struct {
	// Binary is the server's program, which has the verbs serve and torture-child.
	Binary string
	// Dir is where the server keeps its data. It is made, and left.
	Dir string
	// Kills and Sends are the kills and the confirmed sends that it takes to end:
	// both.
	Kills, Sends int
	// Seed decides on the moments of the kills and on what the clients do.
	Seed uint64
	// Points are where to kill; none: everywhere.
	Points []string
	// CheckEvery is after how many kills the store is looked into (0: 10).
	CheckEvery int
	// MaxOpen is how many messages may wait in a queue before its producers do (0: 30,000).
	MaxOpen int
	// Progress gets a line now and then; nil: nobody wants any.
	Progress io.Writer
}

func (o *Options) check() error {
	if o.Kills < 1 || o.Sends < 0 || o.CheckEvery < 0 || o.MaxOpen < 0 {
		return errors.New("kills must be 1 or more, and no other number negative")
	}
	if o.CheckEvery == 0 {
		o.CheckEvery = 10
	}
	if len(o.Points) == 0 {
		o.Points = Points()
	}
	for _, p := range o.Points {
		if !slices.Contains(Points(), p) {
			return fmt.Errorf("no point %q; there are %q", p, Points())
		}
	}
	if o.Progress == nil {
		o.Progress = io.Discard
	}
	return nil
}
