package schedule_test

import (
	"strings"
	"testing"
	"time"

	"github.com/sluicemq/sluice/queuecore/schedule"
)

// FuzzPlan: a plan that reads is written as it is read; one that is in order has a first time, and fires at times
// that rise, as far as it goes on.
func FuzzPlan(f *testing.F) {
	for _, text := range []string{`{}`, `{"p":1000000000,"r":-1}`, `{"c":"*/5 * * * *","z":"Europe/Berlin","p":60000000000,"r":2,"j":"job"}`, `{"c":"0 0 30 2 *"}`, `{"d":9223372036854775807,"c":"* * * * *"}`, `{"r":1e9,"p":1}`, `null`} {
		f.Add(text, int64(1774746000))
	}
	f.Fuzz(func(t *testing.T, text string, unix int64) {
		p, err := schedule.Parse(text)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Fatalf("%q: not one line: %v", text, err)
			}
			return
		}
		if again, err := schedule.Parse(p.String()); err != nil || *again != *p {
			t.Fatalf("%+v was written %s and read as %+v, %v", p, p, again, err)
		}
		if p.Check() != nil {
			return
		}
		now := time.Unix(unix%(1<<33), 0)
		due, err := p.First(now)
		if err != nil && p.Cron != "" {
			return // no such time comes
		}
		if err != nil || due.Before(now) {
			t.Fatalf("%s begins %v after %v, %v", p, due, now, err)
		}
		for range 3 {
			firing, err := p.Fire(due, due)
			if err != nil {
				t.Fatalf("%s at %v: %v", p, due, err)
			}
			if firing.Rest == nil {
				return
			}
			if !firing.Next.After(due) {
				t.Fatalf("%s: %v after %v", p, firing.Next, due)
			}
			p, due = firing.Rest, firing.Next
		}
	})
}
