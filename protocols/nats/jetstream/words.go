package jetstream

import (
	"cmp"
	"slices"
)

// choice is a setting that is one of some words; the first that is known is its default.
type choice struct {
	word  *string
	known []string
}

// words are the settings of a stream that nats-server reads as words.
func (c *StreamConfig) words() []choice {
	return []choice{
		{&c.Retention, []string{"limits", "interest", workQueue}},
		{&c.Discard, []string{discardOld, discardNew}},
		{&c.Storage, []string{storageFile, "memory"}},
	}
}

// unknownWord finds a word that nats-server cannot read, which is no JSON to it.
func (c *StreamConfig) unknownWord() *Error {
	if c.Compression != "" && c.Compression != "none" && c.Compression != "s2" {
		return errJSON.with("invalid JSON: unknown compression algorithm")
	}
	return unreadable(c.words())
}

// setWords sets the words that were left out.
func (c *StreamConfig) setWords() {
	for _, x := range c.words() {
		*x.word = cmp.Or(*x.word, x.known[0])
	}
	c.Compression = cmp.Or(c.Compression, "none")
}

// unknownWord is that of a stream for a consumer.
func (c *ConsumerConfig) unknownWord(*StreamConfig) *Error {
	return unreadable([]choice{
		{&c.DeliverPolicy, []string{"all", "last", "last_per_subject", "new", "by_start_sequence", "by_start_time"}},
		{&c.AckPolicy, []string{"none", "all", "explicit", "flow_control"}},
		{&c.ReplayPolicy, []string{"instant", "original"}},
	})
}

func unreadable(all []choice) *Error {
	for _, x := range all {
		if *x.word != "" && !slices.Contains(x.known, *x.word) {
			return errJSON.with("invalid JSON: can not unmarshal %q", `"`+*x.word+`"`)
		}
	}
	return nil
}
