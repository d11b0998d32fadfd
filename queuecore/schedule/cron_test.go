package schedule_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/sluicemq/sluice/queuecore/schedule"
)

func at(text string) time.Time {
	t, err := time.Parse("2006-01-02 15:04:05", text)
	if err != nil {
		panic(err)
	}
	return t
}

func TestCronNext(t *testing.T) {
	for _, x := range []struct{ cron, after, want string }{
		{"* * * * *", "2026-11-28 00:00:00", "2026-11-28 00:01:00"},
		{"* * * * *", "2026-11-28 00:00:59", "2026-11-28 00:01:00"},
		{"0 * * * *", "2026-12-31 23:00:00", "2027-01-01 00:00:00"},
		{"*/15 * * * *", "2026-11-28 00:16:00", "2026-11-28 00:30:00"},
		{"10-50/20 8 * * *", "2026-11-28 08:30:00", "2026-11-28 08:50:00"},
		{"10-50/20 8 * * *", "2026-11-28 08:50:00", "2026-11-29 08:10:00"},
		{"5/20 * * * *", "2026-11-28 08:25:00", "2026-11-28 08:45:00"},
		{"0,30 9-17 * * MON-fri", "2026-11-28 00:00:00", "2026-11-30 09:00:00"}, // a Saturday
		{"0 0 * * 7", "2026-11-28 00:00:00", "2026-11-29 00:00:00"},
		{"0 0 * * 0", "2026-11-28 00:00:00", "2026-11-29 00:00:00"},
		{"0 0 * * 5-7", "2026-11-28 00:00:00", "2026-11-29 00:00:00"},
		{"0 12 ? jan,Mar ?", "2026-11-28 00:00:00", "2027-01-01 12:00:00"},
		{"0 0 29 2 *", "2026-11-28 00:00:00", "2028-02-29 00:00:00"},
		{"0 0 29 2 *", "2096-02-29 00:00:00", "2104-02-29 00:00:00"}, // 2100 has none
		{"0 0 31 * *", "2026-11-28 00:00:00", "2026-12-31 00:00:00"},
		{"0 0 13 * fri", "2026-11-28 00:00:00", "2026-12-04 00:00:00"}, // either
		{"0 0 13 * fri", "2026-12-11 00:00:00", "2026-12-13 00:00:00"},
		{"30 * * * * *", "2026-11-28 00:00:30", "2026-11-28 00:01:30"}, // with seconds
	} {
		c, err := schedule.ParseCron(x.cron, time.UTC)
		if err != nil {
			t.Errorf("%s: %v", x.cron, err)
			continue
		}
		if got, ok := c.Next(at(x.after)); !ok || !got.Equal(at(x.want)) {
			t.Errorf("%s after %s: %v, want %s", x.cron, x.after, got, x.want)
		}
	}
}

// In Berlin 02:30 of 29 March 2026 does not exist, and 25 October has it twice; in Beirut
// the midnight of 29 March does not.
func TestCronWhereClocksChange(t *testing.T) {
	for _, x := range []struct {
		zone, cron, after string
		want              []string
	}{
		{"Europe/Berlin", "30 2 * * *", "2026-03-28 00:00:00", []string{"2026-03-28 01:30:00", "2026-03-30 00:30:00"}},
		{"Europe/Berlin", "30 2 * * *", "2026-10-24 12:00:00", []string{"2026-10-25 00:30:00", "2026-10-25 01:30:00", "2026-10-26 01:30:00"}},
		{"Asia/Beirut", "0 0 * * *", "2026-03-27 12:00:00", []string{"2026-03-27 22:00:00", "2026-03-29 21:00:00"}},
		{"Asia/Beirut", "0 5 29 3 *", "2026-03-27 12:00:00", []string{"2026-03-29 02:00:00"}},
		{"Asia/Kathmandu", "0 6 * * *", "2026-03-27 12:00:00", []string{"2026-03-28 00:15:00"}},
	} {
		zone, err := time.LoadLocation(x.zone)
		if err != nil {
			t.Fatal(err)
		}
		c, err := schedule.ParseCron(x.cron, zone)
		if err != nil {
			t.Fatal(err)
		}
		after := at(x.after)
		for _, want := range x.want {
			got, ok := c.Next(after)
			if !ok || !got.Equal(at(want)) {
				t.Errorf("%s in %s after %v: %v, want %s", x.cron, x.zone, after, got.UTC(), want)
			}
			after = got
		}
	}
}

func TestCronsThatAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		"":                                "must be five fields",
		"* * * *":                         "must be five fields",
		"* * * * * * *":                   "must be five fields",
		"60 * * * *":                      `minute "60": must be of numbers from 0 to 59`,
		"* 24 * * *":                      `hour "24"`,
		"* * 0 * *":                       `day of month "0"`,
		"* * * 13 *":                      `month "13"`,
		"* * * * 8":                       `day of week "8"`,
		"* * * feb *x":                    "day of week",
		"*/0 * * * *":                     "a step must be a number from 1 to 59",
		"*/-1 * * * *":                    "a step",
		"*/ * * * *":                      "a step",
		"1- * * * *":                      "minute",
		"5-1 * * * *":                     "a range must not end before it begins",
		"1,,2 * * * *":                    "minute",
		"+1 * * * *":                      "minute",
		"? * * * *":                       "minute",
		"* * * sun *":                     "month",
		"0 0 30 2 *":                      "no such time comes",
		strings.Repeat("1,", 200) + "* *": "the limit is 256",
	} {
		if _, err := schedule.ParseCron(text, time.UTC); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// slow says by looking at each minute what Next says at once.
func slow(c func(time.Time) bool, after time.Time) time.Time {
	for t := after.Truncate(time.Minute).Add(time.Minute); ; t = t.Add(time.Minute) {
		if c(t) {
			return t
		}
	}
}

// Next is the first minute of the set, for sets of numbers in any field.
func TestCronTwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pick := func(name string, min, max int) (string, func(int) bool) {
			if rapid.Bool().Draw(t, name+" any") {
				return "*", nil
			}
			from := rapid.IntRange(min, max).Draw(t, name)
			to := rapid.IntRange(from, max).Draw(t, name+" to")
			step := rapid.IntRange(1, 5).Draw(t, name+" step")
			return fmt.Sprintf("%d-%d/%d", from, to, step), func(n int) bool { return n >= from && n <= to && (n-from)%step == 0 }
		}
		minute, isMinute := pick("minute", 0, 59)
		hour, isHour := pick("hour", 0, 23)
		day, isDay := pick("day", 1, 28)
		weekday, isWeekday := pick("weekday", 0, 6)
		text := strings.Join([]string{minute, hour, day, "*", weekday}, " ")
		c, err := schedule.ParseCron(text, time.UTC)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		in := func(is func(int) bool, n int) bool { return is == nil || is(n) }
		after := time.Unix(rapid.Int64Range(1.7e9, 1.9e9).Draw(t, "after"), 0).UTC()
		want := slow(func(m time.Time) bool {
			days := in(isDay, m.Day()) && in(isWeekday, int(m.Weekday()))
			if isDay != nil && isWeekday != nil {
				days = isDay(m.Day()) || isWeekday(int(m.Weekday()))
			}
			return in(isMinute, m.Minute()) && in(isHour, m.Hour()) && days
		}, after)
		if got, ok := c.Next(after); !ok || !got.Equal(want) {
			t.Fatalf("%s after %v: %v, want %v", text, after, got, want)
		}
	})
}

// FuzzCron: whatever the text, it is refused or names times that rise.
func FuzzCron(f *testing.F) {
	for _, text := range []string{"* * * * *", "*/5 1-3,7 ? JAN mon-FRI", "0 0 29 2 *", "0 0 30 2 *", "30 2 * * *", "1 2 3 4 5 6"} {
		f.Add(text, int64(1774746000))
	}
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string, unix int64) {
		c, err := schedule.ParseCron(text, zone)
		if err != nil {
			return
		}
		now := time.Unix(unix%(1<<36), 0)
		for range 5 {
			next, ok := c.Next(now)
			if !ok {
				return
			}
			if !next.After(now) {
				t.Fatalf("%q: %v after %v", text, next, now)
			}
			now = next
		}
	})
}
