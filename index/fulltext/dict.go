package fulltext

import "sync"

// dict numbers the values of each field. Numbers are never reused. Safe for concurrent use.
type dict struct {
	mu    sync.RWMutex
	codes [numFields]map[string]uint32
	words [numFields][]string
	fresh []dictEntry // not yet in the store
}

type dictEntry struct {
	field field
	code  uint32
	word  string
}

func newDict() *dict {
	d := &dict{}
	for f := range d.codes {
		d.codes[f] = map[string]uint32{}
	}
	return d
}

// code returns the number of word, giving it one when it has none.
func (d *dict) code(f field, word string) uint32 {
	if c, ok := d.find(f, word); ok {
		return c
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	c := uint32(len(d.words[f]))
	d.words[f] = append(d.words[f], word)
	d.codes[f][word] = c
	d.fresh = append(d.fresh, dictEntry{f, c, word})
	return c
}

// all returns the numbers of words.
func (d *dict) all(f field, words []string) []uint32 {
	if len(words) == 0 {
		return nil
	}
	out := make([]uint32, len(words))
	for i, w := range words {
		out[i] = d.code(f, w)
	}
	return out
}

func (d *dict) find(f field, word string) (uint32, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	c, ok := d.codes[f][word]
	return c, ok
}

// list returns the words by number. The result is not to be changed.
func (d *dict) list(f field) []string {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.words[f]
}

// knows reports whether every value of c has a word.
func (d *dict) knows(c *chunk) bool {
	d.mu.RLock()
	defer d.mu.RUnlock()
	for f := range c.fields {
		for _, s := range c.fields[f] {
			if int(s.code) >= len(d.words[f]) {
				return false
			}
		}
	}
	return true
}

// takeFresh returns what the store does not have yet; saved drops it once it has.
func (d *dict) takeFresh() []dictEntry {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.fresh
}

func (d *dict) saved(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fresh = append([]dictEntry(nil), d.fresh[n:]...)
}
