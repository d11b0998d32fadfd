package badgerstore

import (
	"github.com/sluicemq/sluice/queuecore/store"
	"github.com/sluicemq/sluice/queuecore/store/journal"
)

// journalRest is what could be read of the journal, as records that are newer than all
// that badger has.
type journalRest struct {
	segments int
	whole    []raw
}

// journalVersion is above all versions that badger can have come to.
const journalVersion = 1 << 62

// readJournal reads what stands in the journal and may not be in badger. If it is
// only to be opened, nothing is kept.
func (s *survey) readJournal(deep bool) error {
	version := uint64(journalVersion)
	rest, err := journal.Read(s.dir, func(op journal.Operation) error {
		if version++; deep {
			s.journal.whole = append(s.journal.whole, rawOf(op.Op, version))
		}
		return nil
	})
	if err != nil {
		return err
	}
	s.journal.segments = rest.Segments
	for _, f := range rest.Findings {
		s.blameJournal(f)
	}
	return nil
}

// rawOf is the record that badger would be given for an operation, but never in parts.
func rawOf(op store.Op, version uint64) raw {
	r := raw{key: appendDataKey(nil, op.Key), version: version, deleted: op.Delete}
	if !op.Delete {
		r.value = appendSmall(nil, op.Key, op.Value)
	}
	return r
}

// blameJournal takes a finding over. What a damaged stretch of the journal held, beyond
// what is named, nobody can say.
func (s *survey) blameJournal(f journal.Finding) {
	w := &wound{at: f.At, n: f.Length, what: f.What, unsynced: f.Harmless}
	for _, k := range f.Keys {
		if k == nil {
			w.any = true
			continue
		}
		w.keys = append(w.keys, appendDataKey(nil, k))
	}
	if !f.Mended && !f.Harmless {
		w.any = w.any || len(f.Keys) == 0
		w.lost = max(len(f.Keys), 1)
		s.vague = true
	}
	s.find(Finding{File: f.File, At: f.At, Length: f.Length, What: f.What, Harmless: f.Harmless, Mended: f.Mended, wound: w})
}
