package interop_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sluicemq/sluice/bridge/interop/driver"
)

// crossing is one dialect for the producer and one for the consumer.
type crossing struct{ from, to string }

func (c crossing) String() string { return c.from + " → " + c.to }

func crossings() (all []crossing) {
	dialects := []string{driver.STOMP, driver.NATS, driver.SQS}
	for _, from := range dialects {
		for _, to := range dialects {
			all = append(all, crossing{from, to})
		}
	}
	return all
}

// mixed is the column whose producer and consumer are of different languages.
const mixed = "mixed"

// testCrossings sends a hundred messages over each crossing, in each language and once
// from one language to another.
func (s *suite) testCrossings(t *testing.T) {
	m := s.newMatrix()
	t.Run("all", func(t *testing.T) {
		for _, l := range s.languages {
			t.Run(l.name, func(t *testing.T) {
				t.Parallel()
				s.column(t, m, l.name, l.absent, func(int) (from, to *language) { return l, l })
			})
		}
		t.Run(mixed, func(t *testing.T) {
			t.Parallel()
			absent := ""
			if len(s.present()) < 2 {
				absent = "it takes two languages"
			}
			s.column(t, m, mixed, absent, func(i int) (from, to *language) { return s.turn(i), s.turn(i + 1 + i/3) })
		})
	})
	t.Logf("crossings, producer → consumer:\n%s%s", m, s.versions())
}

func (s *suite) newMatrix() *matrix {
	var rows, columns []string
	for _, c := range crossings() {
		rows = append(rows, c.String())
	}
	for _, l := range s.languages {
		columns = append(columns, l.name)
	}
	return newMatrix(rows, append(columns, mixed))
}

func (s *suite) versions() string {
	var b strings.Builder
	for _, l := range s.present() {
		fmt.Fprintf(&b, "%s: %s\n", l.name, strings.Join(slices.Sorted(maps.Values(l.clients)), ", "))
	}
	return b.String()
}

// column runs all crossings for one column of the matrix, or says why it does not.
func (s *suite) column(t *testing.T, m *matrix, name, absent string, who func(i int) (from, to *language)) {
	for i, c := range crossings() {
		if absent != "" {
			m.set(c.String(), name, cell{absent: absent})
			continue
		}
		from, to := who(i)
		start := time.Now()
		err := s.cross(t.Context(), c, fmt.Sprintf("cross-%s-%s-%s", c.from, c.to, name), from, to)
		m.set(c.String(), name, cell{took: time.Since(start), err: err})
		if err != nil {
			t.Errorf("%s, from %s to %s: %v", c, from.name, to.name, err)
		}
	}
	if absent != "" {
		t.Skip(absent)
	}
}

// cross sends the samples of one dialect, receives and settles them in another, and looks
// whether everything arrived, unaltered, once and in order.
func (s *suite) cross(ctx context.Context, c crossing, queue string, from, to *language) error {
	sent := samples(c.from)
	messages := make([]driver.Message, len(sent))
	for i, m := range sent {
		messages[i] = spell(c.from, m, declares(c.from, i))
	}
	if err := from.produce(ctx, s.addrs, c.from, queue, messages); err != nil {
		return err
	}
	received, err := to.consume(ctx, s.addrs, c.to, queue, len(sent), driver.Ack)
	if err != nil {
		return err
	}
	if err := compare(c, queue, sent, received); err != nil {
		return err
	}
	return s.checkEmpty(ctx, queue, to)
}

// compare looks at every message that came and names those that are not as they should be.
func compare(c crossing, queue string, sent []sample, received []driver.Message) error {
	last := make(map[string]int) // index by group
	seen := make(map[int]bool)
	var wrong []error
	for _, m := range received {
		got, err := read(c.to, m)
		if err != nil {
			return err
		}
		i, err := strconv.Atoi(got.properties["n"].text)
		if err != nil || i < 0 || i >= len(sent) || seen[i] {
			return fmt.Errorf("property n is %q: unknown or seen before", got.properties["n"].text)
		}
		seen[i] = true
		if d := difference(expected(c.from, c.to, i, sent[i]), got); d != "" {
			wrong = append(wrong, fmt.Errorf("message %d: %s", i, d))
		}
		if err := compareDelivery(c, queue, m); err != nil {
			wrong = append(wrong, fmt.Errorf("message %d: %w", i, err))
		}
		if i < last[got.group] {
			wrong = append(wrong, fmt.Errorf("message %d of group %q comes after %d", i, got.group, last[got.group]))
		}
		last[got.group] = i
	}
	return errors.Join(wrong...)
}

func compareDelivery(c crossing, queue string, m driver.Message) error {
	if m.Attempt != 1 {
		return fmt.Errorf("attempt %d", m.Attempt)
	}
	if want := shownDestination(c, queue); m.Destination != want {
		return fmt.Errorf("destination %q, want %q", m.Destination, want)
	}
	return nil
}

// shownDestination is where a message was sent to, as its consumer sees it.
func shownDestination(c crossing, queue string) string {
	if c.to == driver.SQS {
		return "" // it shows none
	}
	return spellQueue(c.to, queue)
}

// checkEmpty looks at a queue in every dialect. STOMP cannot be asked: a message
// sent now must be the first to come.
func (s *suite) checkEmpty(ctx context.Context, queue string, l *language) error {
	for _, dialect := range []string{driver.SQS, driver.NATS} {
		n, err := l.count(ctx, s.addrs, dialect, queue)
		if err == nil && !n.IsZero() {
			err = fmt.Errorf("%s still counts %+v", dialect, n)
		}
		if err != nil {
			return err
		}
	}
	end := []driver.Message{{Body: []byte("the end")}}
	if err := l.produce(ctx, s.addrs, driver.STOMP, queue, end); err != nil {
		return err
	}
	got, err := l.consume(ctx, s.addrs, driver.STOMP, queue, 1, driver.Ack)
	if err == nil && string(got[0].Body) != "the end" {
		err = errors.New("a message was left: " + cmp.Or(string(got[0].Body), "an empty one"))
	}
	return err
}
