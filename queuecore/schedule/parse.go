package schedule

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// MaxCronBytes bounds the text of a Cron.
const MaxCronBytes = 256

// field is what may stand at one place of a crontab line.
type field struct {
	name     string
	min, max int
	names    []string // of min and those behind it
}

var fields = [...]field{
	{"second", 0, 59, nil},
	{"minute", 0, 59, nil},
	{"hour", 0, 23, nil},
	{"day of month", 1, 31, nil},
	{"month", 1, 12, []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}},
	{"day of week", 0, 7, []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}},
}

// ParseCron reads the five fields of a crontab line (POSIX, crontab: minute, hour, day of
// month, month, day of week), or six with the seconds first. A field is *, or a list
// of numbers and ranges, each with a step if need be: 0,30 or 8-17 or */15 or 10-50/20.
// Months and days of the week have names (JAN, mon); Sunday is 0 and 7; ? is * for a day. Times
// are of zone. The error says which field is wrong, and of a line that names no time
// at all, that none comes.
func ParseCron(text string, zone *time.Location) (*Cron, error) {
	if len(text) > MaxCronBytes {
		return nil, fmt.Errorf("cron of %d bytes, the limit is %d", len(text), MaxCronBytes)
	}
	parts := strings.Fields(text)
	if len(parts) == len(fields)-1 {
		parts = append([]string{"0"}, parts...)
	}
	if len(parts) != len(fields) {
		return nil, fmt.Errorf("cron %q: must be five fields: minute, hour, day of month, month, day of week", text)
	}
	c := &Cron{zone: zone, anyDay: isAny(parts[3]), anyWeekday: isAny(parts[5])}
	for i, s := range [...]*set{&c.second, &c.minute, &c.hour, &c.day, &c.month, &c.weekday} {
		var err error
		if *s, err = fields[i].parse(parts[i]); err != nil {
			return nil, fmt.Errorf("cron %q: %s %q: %w", text, fields[i].name, parts[i], err)
		}
	}
	if c.weekday.has(7) {
		c.weekday |= 1
	}
	if _, ok := c.Next(time.Unix(0, 0)); !ok {
		return nil, fmt.Errorf("cron %q: no such time comes", text)
	}
	return c, nil
}

func isAny(text string) bool { return text == "*" || text == "?" }

// parse reads a list.
func (f *field) parse(text string) (s set, err error) {
	for part := range strings.SplitSeq(text, ",") {
		some, err := f.parsePart(part)
		if err != nil {
			return 0, err
		}
		s |= some
	}
	return s, nil
}

// parsePart reads one range, with its step.
func (f *field) parsePart(text string) (s set, err error) {
	span, every, stepped := strings.Cut(text, "/")
	step := 1
	if stepped {
		if step, err = number(every); err != nil || step < 1 || step > f.max {
			return 0, fmt.Errorf("a step must be a number from 1 to %d", f.max)
		}
	}
	first, last, err := f.span(span, stepped)
	if err != nil {
		return 0, err
	}
	for n := first; n <= last; n += step {
		s |= 1 << n
	}
	return s, nil
}

// span reads *, a number or a range. A number with a step is where a range up to the end
// begins.
func (f *field) span(text string, stepped bool) (first, last int, err error) {
	if text == "*" || text == "?" && strings.HasPrefix(f.name, "day") {
		return f.min, f.max, nil
	}
	from, to, isRange := strings.Cut(text, "-")
	if first, err = f.number(from); err != nil {
		return 0, 0, err
	}
	switch {
	case isRange:
		if last, err = f.number(to); err != nil {
			return 0, 0, err
		}
	case stepped:
		last = f.max
	default:
		last = first
	}
	if last < first {
		return 0, 0, errors.New("a range must not end before it begins")
	}
	return first, last, nil
}

func (f *field) number(text string) (int, error) {
	for i, name := range f.names {
		if strings.EqualFold(text, name) {
			return f.min + i, nil
		}
	}
	n, err := number(text)
	if err != nil || n < f.min || n > f.max {
		return 0, fmt.Errorf("must be of numbers from %d to %d", f.min, f.max)
	}
	return n, nil
}

// number reads digits alone: no sign, no blank.
func number(text string) (int, error) {
	n, err := strconv.ParseUint(text, 10, 16)
	return int(n), err
}
