package schedule_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/sluicemq/sluice/queuecore/schedule"
)

func TestPlansThatAreRefused(t *testing.T) {
	for _, x := range []struct {
		plan schedule.Plan
		want string
	}{
		{schedule.Plan{Repeat: -2}, "a repeat of -2"},
		{schedule.Plan{Repeat: 1}, "must be at least 1ms"},
		{schedule.Plan{Repeat: 1, Period: -1}, "a period of -1ns"},
		{schedule.Plan{Period: schedule.MaxPeriod + 1}, "is outside"},
		{schedule.Plan{Cron: "* * * * *", Repeat: schedule.Forever, Period: time.Second}, "without an end"},
		{schedule.Plan{Cron: "* * * * *", Delay: schedule.MaxCronDelay + 1}, "the limit is"},
		{schedule.Plan{Cron: "* * * * *", Zone: "Nowhere/City"}, `time zone "Nowhere/City"`},
		{schedule.Plan{Cron: "* * *"}, "five fields"},
	} {
		if err := x.plan.Check(); err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%+v: %v, want %q", x.plan, err, x.want)
		}
	}
}

// Where the times of a period lie, however late or early one is seen to.
func TestFirePeriod(t *testing.T) {
	p := schedule.Plan{Period: time.Minute, Repeat: 3}
	due := at("2026-11-28 12:00:00")
	for late, want := range map[time.Duration]time.Duration{
		0: time.Minute, time.Second: time.Minute, 59 * time.Second: time.Minute, time.Minute: 2 * time.Minute,
		time.Hour + time.Second: time.Hour + time.Minute, -time.Second: time.Minute, -time.Hour: -59 * time.Minute,
	} {
		f, err := p.Fire(due, due.Add(late))
		if err != nil || !f.Out || f.Series != nil || f.Rest.Repeat != 2 || !f.Next.Equal(due.Add(want)) {
			t.Errorf("%v late: %+v, %v; want %v", late, f, err, want)
		}
	}
	if f, err := (schedule.Plan{Period: time.Minute}).Fire(due, due); err != nil || !f.Out || f.Rest != nil {
		t.Errorf("the last: %+v, %v", f, err)
	}
}

func TestFireCron(t *testing.T) {
	p := schedule.Plan{Cron: "0 * * * *", Zone: "UTC", Delay: 10 * time.Second}
	first, err := p.First(at("2026-11-28 11:30:00"))
	if err != nil || !first.Equal(at("2026-11-28 12:00:10")) {
		t.Fatal(first, err)
	}
	for now, want := range map[string]string{
		"2026-11-28 12:00:10": "2026-11-28 13:00:10",
		"2026-11-28 12:00:09": "2026-11-28 13:00:10", // early by another clock
		"2026-11-28 11:50:00": "2026-11-28 13:00:10", // set back by less than an hour
		"2026-11-28 10:50:00": "2026-11-28 11:00:10", // and by more
		"2026-11-28 18:30:00": "2026-11-28 19:00:10",
	} {
		if f, err := p.Fire(first, at(now)); err != nil || !f.Out || !f.Next.Equal(at(want)) || *f.Rest != p {
			t.Errorf("at %s: %+v, %v; want %s", now, f, err, want)
		}
	}
}

func TestPlanText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[a-z/"*\x00 ä]{0,9}`)
		p := schedule.Plan{
			Period: time.Duration(rapid.Int64().Draw(t, "period")), Repeat: rapid.Int().Draw(t, "repeat"), Delay: time.Duration(rapid.Int64().Draw(t, "delay")),
			Cron: text.Draw(t, "cron"), Zone: text.Draw(t, "zone"), JobProperty: text.Draw(t, "property"),
		}
		if got, err := schedule.Parse(p.String()); err != nil || !reflect.DeepEqual(*got, p) {
			t.Fatalf("%v became %v, %v", p, got, err)
		}
	})
	if _, err := schedule.Parse("{"); err == nil {
		t.Error("no error")
	}
}
