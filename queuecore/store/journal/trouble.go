package journal

import (
	"errors"
	"fmt"
	"sync"

	"github.com/sluicemq/sluice/queuecore/store"
)

// trouble is what keeps the flusher from its work: that there is no space, which
// passes, or a failure, which stays.
type trouble struct {
	mu   sync.Mutex // guards what follows
	err  error
	news chan struct{} // closed when there is another error
}

// say makes an error known, to those who wait too.
func (t *trouble) say(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if failed(t.err) {
		return
	}
	if t.err = err; failed(err) {
		t.err = fmt.Errorf("%w: behind the journal: %w", store.ErrFailed, err)
	}
	close(t.news)
	t.news = make(chan struct{})
}

// clear takes back that there was no space.
func (t *trouble) clear() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !failed(t.err) {
		t.err = nil
	}
}

func failed(err error) bool { return err != nil && !errors.Is(err, store.ErrNoSpace) }

// now returns the error: ErrNoSpace or ErrFailed.
func (t *trouble) now() error {
	_, err := t.look()
	return err
}

// look returns the error, and a channel that is closed when there is another one.
func (t *trouble) look() (news <-chan struct{}, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.news, t.err
}

// stuck returns the error while there is no space.
func (t *trouble) stuck() error {
	if err := t.now(); !failed(err) {
		return err
	}
	return nil
}

// failure returns an error when the flusher has ended its work for good.
func (t *trouble) failure() error {
	if err := t.now(); failed(err) {
		return err
	}
	return nil
}
