package roster

import "earshot/classify/text"

// kind says in which of the roster's lists a word stands, so that most words are looked up once and no more.
type kind uint8

const (
	everyday  kind = 1 << iota
	firstName      // of anybody
	titled
	firstOf   // a first name of the roster
	surnameOf // begins a surname of the roster, or is all of it run together
	aliasOf   // begins a nickname
	joinedOf  // first name and surname run together
)

// kinds collects the lists of r by word.
func (r *Roster) kinds() map[string]kind {
	m := map[string]kind{}
	for w := range text.EverydayWords() {
		m[w] |= everyday
	}
	mark(m, firstNames, firstName)
	mark(m, titles, titled)
	mark(m, r.first, firstOf)
	mark(m, r.surnames, surnameOf)
	mark(m, r.aka, aliasOf)
	mark(m, r.joined, joinedOf)
	return m
}

func mark[V any](m map[string]kind, list map[string]V, k kind) {
	for w := range list {
		m[w] |= k
	}
}
