package badgerstore

import (
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"log"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/store/journal"
)

var (
	rotFlips = flag.Int("flips", rotTrialsByDefault, "how many times TestRot damages a store")
	rotSeed  = flag.Uint64("rotseed", 1, "the seed of TestRot")
)

// The ways of damage.
var rotWays = []string{"bit", "bytes", "page", "cut"}

// harm is one damage to one file.
type harm struct {
	file    string
	way     string
	at, n   int64
	running bool // done while the store is open
}

func (h harm) String() string {
	return fmt.Sprintf("%s of %s at %d, %d bytes, running %v", h.way, h.file, h.at, h.n, h.running)
}

// kind is the sort of file.
func (h harm) kind() string {
	if ext := filepath.Ext(h.file); ext != "" {
		return ext[1:]
	}
	return h.file
}

// rotTrials holds what all trials share.
type rotTrials struct {
	t        *testing.T
	ctx      context.Context
	template string
	work     string
	sizes    map[string]int64 // of the files, without the zeros at the end
	want     haul
	reach    []reach
	keys     map[string][]string // of records, to the messages that need them
	outcomes map[string]int
}

// reach says which messages stand in a part of a file.
type reach struct {
	file     string
	from, to int64
	names    []string

	// While the store is open, whoever looks for a key between these comes by, also
	// if it stands elsewhere.
	low, high []byte
}

// TestRot damages a filled store at random places. Whatever is done to it: all
// is delivered as it was sent; or the store says at the start that it is damaged
// and what helps, check lists it, and salvage brings out all that stood elsewhere;
// or a message that is met damaged is parked, and nothing else is.
func TestRot(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute+time.Duration(*rotFlips)*time.Minute) // nothing takes nearly as long
	defer cancel()
	r := &rotTrials{t: t, ctx: ctx, template: rotFill(t, ctx), sizes: make(map[string]int64), keys: make(map[string][]string), outcomes: make(map[string]int)}
	defer log.SetOutput(log.Writer())
	log.SetOutput(Assertions{Next: log.Writer()})
	r.baseline()
	rng := rand.New(rand.NewPCG(*rotSeed, 0))
	for i := range *rotFlips {
		h := r.choose(rng, i)
		r.trial(h, rand.New(rand.NewPCG(*rotSeed, uint64(i))))
		if t.Failed() {
			t.Logf("trial %d: %v", i, h)
			break
		}
	}
	for _, k := range slices.Sorted(maps.Keys(r.outcomes)) {
		t.Logf("%5d  %s", r.outcomes[k], k)
	}
}

// baseline finds out what the store gives when nobody damages it, and where each
// message stands.
func (r *rotTrials) baseline() {
	t := r.t
	r.fresh()
	sum, err := Check(r.ctx, r.work, queuecore.NewInspector(), func(f Finding) { t.Errorf("found in a sound store: %+v", f) })
	if err != nil || sum.Damaged > 0 || sum.Tables < 2 || sum.Logs != 2 {
		t.Fatalf("a sound store: %+v, %v", sum, err)
	}
	b, err := openRot(r.ctx, r.work)
	if err != nil {
		t.Fatal(err)
	}
	if r.want, err = rotDrain(r.ctx, b.Broker); err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	list, err := os.ReadDir(r.template)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		content, err := readToLastByte(filepath.Join(r.template, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		r.sizes[e.Name()] = max(int64(len(content)), min(info.Size(), 4096))
	}
	r.locate()
	t.Logf("%d messages, %d copies; files %v", len(r.want), len(r.reach), r.sizes)
}

// fresh makes a new copy of the template.
func (r *rotTrials) fresh() {
	r.t.Helper()
	r.work = filepath.Join(r.t.TempDir(), "work")
	rotCopy(r.t, r.template, r.work)
}

// locate fills reach.
func (r *rotTrials) locate() {
	s, err := surveyDir(r.template, true)
	if err != nil {
		r.t.Fatal(err)
	}
	defer s.close()
	v := newView(s.tables, s.logs, s.journal.whole...)
	names := r.nameKeys(v)
	for _, t := range s.tables {
		file := filepath.Base(t.path)
		index := reach{file: file, to: r.sizes[file], low: t.blocks[0].first, high: []byte{0xff}}
		for i, b := range t.blocks {
			rs, err := t.records(b)
			if err != nil {
				r.t.Fatal(err)
			}
			x := reach{file: file, from: b.at, to: b.at + b.n, low: b.first, high: []byte{0xff}}
			if i+1 < len(t.blocks) {
				x.high = t.blocks[i+1].first
			}
			for _, rec := range rs {
				x.names = append(x.names, r.note(rec.key, names)...)
			}
			r.reach = append(r.reach, x)
			index.from = x.to
		}
		r.reach = append(r.reach, index)
	}
	r.locateJournal(names)
	for _, l := range s.logs {
		content, err := readToLastByte(l.path)
		if err != nil {
			r.t.Fatal(err)
		}
		for at := logHeader; at < len(content); {
			rec, n := parseLogRecord(content[at:])
			if n == 0 {
				break
			}
			r.reach = append(r.reach, reach{file: filepath.Base(l.path), from: int64(at), to: int64(at + n), names: r.note(rec.key, names)})
			at += n
		}
	}
}

// locateJournal fills reach with the journal's operations. Of a record whose head is hit
// they are looked for by their sums, so nothing but what is hit itself is gone.
func (r *rotTrials) locateJournal(names func([]byte) []string) {
	_, err := journal.Read(r.template, func(op journal.Operation) error {
		r.reach = append(r.reach, reach{
			file: op.File, from: op.At, to: op.At + op.Length, names: r.note(appendDataKey(nil, op.Key), names),
		})
		return nil
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *rotTrials) note(key []byte, names func([]byte) []string) []string {
	ns := names(key)
	if len(ns) > 0 {
		r.keys[string(key)] = ns
	}
	return ns
}

// nameKeys returns a function that says which messages need the record of a key.
func (r *rotTrials) nameKeys(v *view) func(key []byte) []string {
	shared := make(map[string][]string)
	entries := make(map[string]string)
	err := v.scan([]byte{dataByte, 'e'}, func(rec raw) error {
		if rec.deleted {
			return nil
		}
		value, err := v.value(rec)
		if err != nil {
			return err
		}
		name, number := rotEntry(value)
		if number != nil {
			m, found, err := v.get(append([]byte{dataByte, 'm'}, number...))
			if err != nil || !found {
				return fmt.Errorf("shared message %x: %w", number, err)
			}
			if value, err = v.value(m); err != nil {
				return err
			}
			name = rotName(value)
			shared["m"+string(number)] = append(shared["m"+string(number)], name)
		}
		entries[string(rec.key[1:])] = name
		return nil
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return func(key []byte) []string {
		k := string(key[1:])
		switch {
		case key[0] == partByte:
			k = k[:len(k)-numberBytes]
			fallthrough
		case key[0] == dataByte && key[1] == 'm':
			return shared[k]
		case key[0] == dataByte && key[1] == 'e' && entries[k] != "":
			return []string{entries[k]}
		}
		return nil
	}
}

// rotEntry returns the name in an entry's record, or the number of its shared message.
func rotEntry(v []byte) (name string, number []byte) {
	if v[0]&1 == 0 {
		return rotName(v), nil
	}
	_, n := binary.Uvarint(v[2:]) // the size, behind flags and priority
	shared, _ := binary.Uvarint(v[2+n:])
	return "", binary.BigEndian.AppendUint64(nil, shared)
}

// rotName finds the name that rotSends gave a message.
func rotName(v []byte) string {
	for _, q := range []string{"orders-", "groups-", "news.today-", "news.large-", "parked-", "gone-"} {
		if _, rest, ok := strings.Cut(string(v), q); ok {
			end := strings.IndexFunc(rest, func(c rune) bool { return c != '-' && (c < '0' || c > '9') })
			name := q + rest[:end]
			return name
		}
	}
	return ""
}

// choose picks a place. Tables and logs, which hold the messages, are picked
// more often than the others, and the ends of tables more often than the middles.
func (r *rotTrials) choose(rng *rand.Rand, i int) harm {
	var main, other []string
	for _, name := range slices.Sorted(maps.Keys(r.sizes)) {
		if ext := filepath.Ext(name); ext == ".sst" || ext == ".mem" || ext == journal.Extension {
			main = append(main, name)
		} else {
			other = append(other, name)
		}
	}
	h := harm{way: rotWays[rng.IntN(len(rotWays))]}
	if rng.IntN(10) < 7 {
		h.file = main[rng.IntN(len(main))]
	} else {
		h.file = other[rng.IntN(len(other))]
	}
	size := r.sizes[h.file]
	h.at = rng.Int64N(size)
	if h.kind() == "sst" && rng.IntN(3) == 0 {
		h.at = size - 1 - rng.Int64N(min(size, 6000)) // the index
	}
	switch h.way {
	case "bit":
		h.n = 1
	case "bytes":
		h.n = 2 + rng.Int64N(60)
	case "page":
		h.at, h.n = h.at&^4095, 4096
	case "cut":
		h.n = size - h.at
	}
	h.n = min(h.n, size-h.at)
	h.running = h.kind() == "sst" && h.way != "cut" && rng.IntN(3) == 0
	return h
}

// do damages the copy.
func (r *rotTrials) do(h harm, rng *rand.Rand) {
	path := filepath.Join(r.work, h.file)
	if h.way == "cut" {
		if err := os.Truncate(path, h.at); err != nil {
			r.t.Fatal(err)
		}
		return
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		r.t.Fatal(err)
	}
	defer f.Close()
	b := make([]byte, h.n)
	if _, err := f.ReadAt(b, h.at); err != nil {
		r.t.Fatal(err)
	}
	for i := range b {
		switch h.way {
		case "bit":
			b[i] ^= 1 << rng.IntN(8)
		case "bytes":
			b[i] = byte(rng.Uint32())
		case "page":
			b[i] = 0
		}
	}
	if _, err := f.WriteAt(b, h.at); err != nil {
		r.t.Fatal(err)
	}
}

// touched returns the messages that stand where h hits.
func (r *rotTrials) touched(h harm) haul {
	hit := make(haul)
	for _, x := range r.reach {
		if x.file != h.file || x.from >= h.at+h.n || h.at >= x.to {
			continue
		}
		for _, n := range x.names {
			hit[n]++
		}
		if h.running {
			r.passing(x, hit)
		}
	}
	return hit
}

// passing adds the messages whose keys lie between those of x.
func (r *rotTrials) passing(x reach, hit haul) {
	for _, k := range slices.Sorted(maps.Keys(r.keys)) {
		if k >= string(x.low[:len(x.low)-versionBytes]) && (len(x.high) < versionBytes || k <= string(x.high[:len(x.high)-versionBytes])) {
			for _, n := range r.keys[k] {
				hit[n]++
			}
		}
	}
}

// less returns what of a is not in b.
func (a haul) less(b haul) haul {
	rest := make(haul)
	for n, k := range a {
		if k > b[n] {
			rest[n] = k - b[n]
		}
	}
	return rest
}

func (r *rotTrials) trial(h harm, rng *rand.Rand) {
	r.fresh()
	defer os.RemoveAll(r.work)
	tune := rotTune
	if h.running {
		tune = rotNoCompaction
	} else {
		r.do(h, rng)
	}
	b, err := openRotTuned(r.ctx, r.work, true, tune)
	if err != nil {
		r.refused(h, err)
		return
	}
	if h.running {
		r.do(h, rng)
	}
	got, err := rotDrain(r.ctx, b.Broker)
	dropped, lines := b.store.Dropped(), b.lines.String()
	if err := errors.Join(err, b.Close()); err != nil {
		r.t.Errorf("it opened, and then: %v\n%s", err, lines)
		return
	}
	r.delivered(h, got, dropped, lines)
}

// delivered judges what came from a store that opened.
func (r *rotTrials) delivered(h harm, got haul, dropped int64, lines string) {
	lost, extra := r.want.less(got), got.less(r.want)
	switch {
	case len(extra) > 0:
		r.t.Errorf("acked messages are back, and nobody says so: %v\n%s", extra, lines)
	case len(lost) == 0 && dropped > 0:
		r.count(h, "opens, says what it dropped; all there")
	case len(lost) == 0:
		r.count(h, "harmless")
	case !h.running:
		r.t.Errorf("messages are gone, and nobody says so: %v\n%s", lost, lines)
	case len(lost.less(r.touched(h))) > 0:
		r.t.Errorf("messages are gone that stand elsewhere: %v\n%s", lost.less(r.touched(h)), lines)
	case strings.Count(lines, "has been parked") < len(lost) || !strings.Contains(lines, rotAdvice):
		r.t.Errorf("%v are gone, and not all are reported\n%s", lost, lines)
	default:
		r.count(h, "met while running; parked, the rest delivered")
	}
}

func (r *rotTrials) count(h harm, outcome string) {
	r.outcomes[fmt.Sprintf("%-11s %-5s %s", h.kind(), h.way, outcome)]++
}

// refused judges a store that did not open: why it says so, what check says, and
// what salvage brings out.
func (r *rotTrials) refused(h harm, refusal error) {
	t := r.t
	if !strings.Contains(refusal.Error(), rotAdvice) {
		t.Errorf("refused without advice: %v", refusal)
	}
	named := false
	sum, err := Check(r.ctx, r.work, queuecore.NewInspector(), func(f Finding) {
		named = named || !f.Harmless && (f.File == h.file || h.file == "MANIFEST")
	})
	if err != nil || sum.Damaged == 0 || !named {
		t.Errorf("check: %+v, names the file: %v, %v; refused with %v", sum, named, err, refusal)
	}
	to := filepath.Join(t.TempDir(), "new")
	defer os.RemoveAll(to)
	o := Options{Log: slog.New(slog.DiscardHandler), MinFree: -1, KeepEvery: -1, tune: rotTune}
	var found []string
	if _, err := Salvage(r.ctx, r.work, to, o, queuecore.NewInspector(), func(f Finding) {
		found = append(found, fmt.Sprintf("%+v", f))
	}); err != nil {
		t.Errorf("salvage: %v", err)
		return
	}
	b, err := openRot(r.ctx, to)
	if err != nil {
		t.Errorf("what was salvaged does not open: %v", err)
		return
	}
	got, err := rotDrain(r.ctx, b.Broker)
	if err := errors.Join(err, b.Close()); err != nil {
		t.Errorf("what was salvaged: %v\n%s", err, b.lines)
		return
	}
	r.salvaged(h, got, strings.Join(found, "\n"))
}

func (r *rotTrials) salvaged(h harm, got haul, found string) {
	lost, extra := r.want.less(got), got.less(r.want)
	switch {
	case h.way == "bit" && len(lost)+len(extra) > 0:
		r.t.Errorf("one bit: %v are gone and %v are back\n%s", lost, extra, found)
	case len(lost.less(r.touched(h))) > 0:
		r.t.Errorf("messages are gone that stand elsewhere: %v\n%s", lost.less(r.touched(h)), found)
	case len(lost) == 0 && len(extra) == 0:
		r.count(h, "refused; salvage brings out all")
	case len(extra) == 0:
		r.count(h, "refused; salvage brings out all but what was hit")
	default:
		r.count(h, "refused; salvage brings out the rest, acked ones come back")
	}
}
