package bluesky

import "earshot/sources"

// memory knows what this process handed on: to leave out what a rewind repeats, and to know a deletion that concerns us.
type memory struct {
	ids, versions *sources.Recent
	authors       map[string][]string // DID to IDs
	order         []string            // DIDs, oldest first
}

const rememberedAuthors = 20_000

func newMemory() *memory {
	return &memory{ids: sources.NewRecent(remembered), versions: sources.NewRecent(remembered), authors: map[string][]string{}}
}

func (m *memory) has(id string) bool { return m.ids.Has(id) }

// fresh says that this revision of id is new, and remembers it.
func (m *memory) fresh(id, rev string) bool {
	v := id + "#" + rev
	if m.versions.Has(v) {
		return false
	}
	m.versions.Add(v)
	return true
}

func (m *memory) add(x *sources.Mention) {
	m.ids.Add(x.ID)
	did := x.Author.ID
	if _, ok := m.authors[did]; !ok {
		if m.order = append(m.order, did); len(m.order) > rememberedAuthors {
			delete(m.authors, m.order[0])
			m.order = m.order[1:]
		}
	}
	if ids := m.authors[did]; len(ids) < 1000 {
		m.authors[did] = append(ids, x.ID)
	}
}

func (m *memory) by(did string) []string { return append([]string(nil), m.authors[did]...) }
