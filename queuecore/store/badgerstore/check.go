package badgerstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/sluicemq/sluice/queuecore/store"
	"github.com/sluicemq/sluice/queuecore/store/journal"
)

// Summary counts what Check or Salvage has seen.
type Summary struct {
	Tables  int `json:"tables"`
	Logs    int `json:"logs"`    // badger's, and segments of the journal that it may not have
	Records int `json:"records"` // that can be read and are kept
	Left    int `json:"left_out"`
	Damaged int `json:"damaged"` // findings that are not harmless
}

// Check reads all of the store in dir and reports what is wrong with it. It
// changes nothing. The errors are ErrLocked while somebody has the store open,
// ErrFormat for a directory that holds none, and those of the disk; damage is no
// error. M may be nil.
func Check(ctx context.Context, dir string, m store.Meaning, report func(Finding)) (Summary, error) {
	e, err := examine(dir, m, report)
	if err != nil {
		return Summary{}, fmt.Errorf("check %s: %w", dir, err)
	}
	defer e.close()
	if err := e.read(ctx, func(_, _ []byte) error { return nil }); err != nil {
		return Summary{}, fmt.Errorf("check %s: %w", dir, err)
	}
	return e.sum, nil
}

// examination is one look at all of a store.
type examination struct {
	lock    *os.File
	survey  *survey
	view    *view
	meaning store.Meaning
	report  func(Finding)
	sum     Summary
}

func examine(dir string, m store.Meaning, report func(Finding)) (_ *examination, err error) {
	if m == nil {
		m = noMeaning{}
	}
	if err := holdsStore(dir); err != nil {
		return nil, err
	}
	e := &examination{meaning: m, report: report}
	if e.lock, err = lockDir(dir); err != nil {
		return nil, err
	}
	if e.survey, err = surveyDir(dir, true); err != nil {
		return nil, errors.Join(err, e.lock.Close())
	}
	e.view = newView(e.survey.tables, e.survey.logs, e.survey.journal.whole...)
	e.sum.Tables, e.sum.Logs = len(e.survey.tables), len(e.survey.logs)+e.survey.journal.segments
	return e, nil
}

func (e *examination) close() error { return errors.Join(e.survey.close(), e.lock.Close()) }

// holdsStore returns ErrFormat unless there is something of a store in dir.
func holdsStore(dir string) error {
	list, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, f := range list {
		switch name := f.Name(); {
		case name == formatFile, name == "MANIFEST", filepath.Ext(name) == ".sst", filepath.Ext(name) == ".mem", filepath.Ext(name) == journal.Extension:
			return nil
		}
	}
	return fmt.Errorf("there is no store in it: %w", ErrFormat)
}

// read reports what is wrong and calls keep for each record that is to be kept,
// in the order of the keys, and for those that are mended.
func (e *examination) read(ctx context.Context, keep func(key, value []byte) error) error {
	if err := e.learn(ctx); err != nil {
		return err
	}
	for _, f := range e.survey.findings {
		e.tell(f)
	}
	err := e.view.scan([]byte{dataByte}, func(r raw) error {
		if err := ctx.Err(); err != nil || r.deleted {
			return err
		}
		return e.record(r, keep)
	})
	if err != nil {
		return err
	}
	for _, r := range e.meaning.Mend(e.look) {
		e.tell(Finding{What: r.What, Records: []string{e.meaning.Name(r.Key)}})
		if err := keep(r.Key, r.Value); err != nil {
			return err
		}
	}
	return nil
}

func (e *examination) learn(ctx context.Context) error {
	names := e.meaning.Names()
	if names == nil {
		return nil
	}
	return e.view.scan(appendDataKey(nil, names), func(r raw) error {
		if err := ctx.Err(); err != nil || r.deleted {
			return err
		}
		if value, err := e.view.value(r); err == nil {
			e.meaning.Learn(r.key[1:], value)
		}
		return nil
	})
}

func (e *examination) record(r raw, keep func(key, value []byte) error) error {
	key := r.key[1:]
	value, err := e.view.value(r)
	if errors.Is(err, ErrCorrupt) {
		e.sum.Left++
		e.tell(Finding{What: "a record is damaged", Records: []string{e.meaning.Name(key)}})
		return nil
	}
	if err != nil {
		return err
	}
	good, problem := e.meaning.Judge(key, value, e.look)
	if problem != "" {
		e.tell(Finding{What: problem, Records: []string{e.meaning.Name(key)}})
	}
	if !good {
		e.sum.Left++
		return nil
	}
	e.sum.Records++
	return keep(key, value)
}

// tell reports a finding, with the records it touches in words.
func (e *examination) tell(f Finding) {
	if w := f.wound; w != nil {
		f.Records = append(f.Records, e.hit(w)...)
	}
	if !f.Harmless {
		e.sum.Damaged++
	}
	e.report(f)
}

// hit names the records that a wound is known to have hit; if there are more, or
// none is known, what they lie between.
func (e *examination) hit(w *wound) (names []string) {
	name := func(k []byte) string {
		switch {
		case len(k) > 1 && k[0] == dataByte:
			return e.meaning.Name(k[1:])
		case len(k) > 1+numberBytes && k[0] == partByte:
			return "a part of " + e.meaning.Name(k[1:len(k)-numberBytes])
		}
		return "the end"
	}
	for _, k := range w.keys {
		if n := name(k); len(k) > 1 && k[0] != fillerByte && !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	if w.any || w.low == nil || len(w.keys) > 0 && w.lost <= len(w.keys) {
		return names
	}
	from, to := name(w.low), name(w.high)
	if from != to {
		from += " to " + to
	}
	return append(names, from)
}

// look says whether the key's record can be read.
func (e *examination) look(key []byte) store.Presence {
	at := appendDataKey(nil, key)
	r, found, err := e.view.get(at)
	if found && err == nil && r.deleted {
		return store.Absent
	}
	if found && err == nil {
		if _, err = e.view.value(r); err == nil {
			return store.Present
		}
	}
	if err != nil || e.survey.mayHold(at) {
		return store.Lost
	}
	return store.Absent
}

// mayHold says whether the key may have stood in what is lost.
func (s *survey) mayHold(key []byte) bool {
	if s.vague {
		return true
	}
	for _, f := range s.findings {
		if w := f.wound; w != nil && w.lost > 0 && !w.unsynced && string(key) >= string(w.low) &&
			(w.high == nil || string(key) <= string(w.high)) {
			return true
		}
	}
	return false
}

// noMeaning knows nothing about the records.
type noMeaning struct{}

func (noMeaning) Names() []byte                                                   { return nil }
func (noMeaning) Learn(_, _ []byte)                                               {}
func (noMeaning) Name(key []byte) string                                          { return fmt.Sprintf("key %q", key) }
func (noMeaning) Judge(_, _ []byte, _ func([]byte) store.Presence) (bool, string) { return true, "" }
func (noMeaning) Mend(func([]byte) store.Presence) []store.Repair                 { return nil }

// notThere says whether dir may be made into a new store.
func notThere(dir string) error {
	list, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(list) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	return fmt.Errorf("%s is not empty: %w", dir, fs.ErrExist)
}
