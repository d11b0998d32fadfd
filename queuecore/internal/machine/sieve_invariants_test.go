package machine

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/sluicemq/sluice/queuecore/selector"
)

// sized is the size of a message, as selectors see it: odd or not.
type sized uint32

func (n sized) Field(name string) selector.Value {
	if name == "odd" {
		return selector.Bool(n%2 == 1)
	}
	return selector.Value{}
}

// Topic has those of a size that three divides be sent to a queue, and others to one of
// two topics.
func (n sized) Topic() (string, bool) {
	if n%3 == 0 {
		return "", false
	}
	return "of." + strconv.Itoa(int(n%3)), true
}

// choice returns one of several: any, by the size, by where it was sent, and by both.
func (f *fuzz) choice() (c Choice) {
	switch c.Selector = f.selector(); {
	case f.seldom(5):
		c.Own = true
	case f.seldom(5):
		p, err := selector.Parse(pick(f, []string{"of.1", "of.*"}))
		f.must(err)
		c.Topics, c.Own = append(c.Topics, p), f.seldom(2)
	}
	return c
}

// selector returns one of three: none, that of odd sizes and that of others.
func (f *fuzz) selector() *selector.Selector {
	s, err := Compile(pick(f, []string{"", "odd", "NOT odd"}), selector.Options{})
	f.must(err)
	return s
}

// judge brings back any of the looks, seldom one that could not be read.
func (f *fuzz) judge() Request {
	i := f.rnd.IntN(len(f.looks))
	x := f.looks[i]
	f.looks = slices.Delete(f.looks, i, i+1)
	if f.seldom(20) {
		return &Judged{Look: x, Err: errors.New("the disk does not answer")}
	}
	for i := range x.Items {
		if e := f.m.peek(x.Items[i].Receipt); e != nil {
			x.Items[i].Matches = x.Choice.Match(sized(e.size))
			x.Items[i].Topic, x.Items[i].HasTopic = f.topicOf(&x.Items[i].Delivery)
		}
	}
	return &Judged{Look: x}
}

// sievesFit holds each sieve to what it says of each message.
func sievesFit(_ *Machine, q *queue) (err error) {
	waiting := 0
	for _, s := range q.sieves.list {
		waiting += s.waiters.n
		if err := s.linesFit(); err != nil {
			return fmt.Errorf("sieve %q: %w", s.text, err)
		}
		q.index.view(0, func(e *entry) bool {
			if e.state == Ready && q.offers(e) && s.choice.Match(sized(e.size)) && !s.knows(e) {
				err = fmt.Errorf("sieve %q has passed entry %d: %+v", s.text, e.seq, s.strands[e.level()])
			}
			return err == nil
		})
	}
	if waiting != q.sieves.waiting || len(q.sieves.byText) != len(q.sieves.list) {
		return fmt.Errorf("%d wait at %d sieves, counted are %d and %d", waiting, len(q.sieves.byText), q.sieves.waiting, len(q.sieves.list))
	}
	return err
}

func (s *sieve) linesFit() error {
	n, hasty := 0, 0
	for w := s.waiters.first; w != nil; w = w.next {
		if n++; !w.Wait {
			hasty++
		}
	}
	if n != s.waiters.n || hasty != s.hasty || s.hot != slices.Contains(s.queue.sieves.hot, s) || s.hot && n == 0 {
		return fmt.Errorf("%d wait, %d of them in haste; %d and %d are counted; it is hot: %t", n, hasty, s.waiters.n, s.hasty, s.hot)
	}
	return nil
}

// nobodyIsForgotten excepts those for whom the next Flush, or a Look, may bring something.
func nobodyIsForgotten(m *Machine, q *queue) error {
	for _, s := range q.sieves.list {
		if !s.awaited() || s.hungry || s.hot || s.look != nil || q.mayLease() == 0 {
			continue
		}
		if m.hasFor(s) || s.hasty > 0 || !s.exhausted() {
			return fmt.Errorf("%d wait for %q, %d in haste; there is something: %t", s.waiters.n, s.text, s.hasty, m.hasFor(s))
		}
	}
	return nil
}

// roomFits holds the memory of sieves to what there is.
func roomFits(m *Machine) error {
	var bytes int64
	idle := 0
	for _, q := range m.queues {
		for _, s := range q.sieves.list {
			bytes += s.bytes()
			if s.idle != nil {
				idle++
			}
			if (s.waiters.n == 0) != (s.idle != nil) || s.gone {
				return fmt.Errorf("for %q %d wait; it is idle: %t; it is gone: %t", s.text, s.waiters.n, s.idle != nil, s.gone)
			}
		}
	}
	if r := &m.sieveRoom; bytes != r.bytes || idle != r.idle.Len() || m.limits.SieveBytes > 0 && bytes > m.limits.SieveBytes {
		return fmt.Errorf("%d bytes, %d idle; counted are %d and %d", bytes, idle, r.bytes, r.idle.Len())
	}
	return nil
}

// standingFits holds marks to lanes.
func standingFits(_ *Machine, q *queue) error {
	stands := make(map[*entry]int)
	for l := range q.lanes {
		for _, e := range q.standing(l) {
			if e.state != gone {
				stands[e]++
			}
		}
	}
	for _, e := range q.entries(func(*entry) bool { return true }) {
		if n := stands[e]; n > 1 || (n == 1) != e.is(standing) {
			return fmt.Errorf("entry %d stands %d times in lanes, marked: %t", e.seq, n, e.is(standing))
		}
	}
	return nil
}
