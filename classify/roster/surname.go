package roster

import (
	"earshot/classify/text"
	"earshot/settings"
)

// titled finds a title before a surname: "Cllr Prewett", "Mr Wilk", "officer Stott".
func (f *finder) titled(i int) int {
	if f.kinds[i]&titled == 0 || !f.adjacent(i+1) {
		return i
	}
	t := titles[f.items[i].Text]
	// "Cllr Yusuf Rahmani" and "Cllr Y. Rahmani" are full names and initials: leave them to those
	j := i + 1
	for _, s := range f.candidates(j, true) {
		for _, p := range s.people {
			if t == memberTitle && f.r.people[p].grade != settings.Member || t == seniorTitle && f.r.people[p].grade == settings.Junior {
				continue
			}
			to := f.surnameHere(j, s.words)
			if to == j {
				to = j + 1 // misspelt
			}
			if s.shared && t == plainTitle && f.r.people[p].grade == settings.Junior && !f.placed(i, to, &f.r.people[p]) {
				continue
			}
			return f.add(p, i, to, Titled)
		}
	}
	return i
}

// candidates are the surnames that item i may be: exact ones first, then those one letter away.
func (f *finder) candidates(i int, fuzzy bool) []*surname {
	w := f.items[i].Text
	if f.kinds[i]&surnameOf != 0 {
		return f.r.surnames[w]
	}
	if !fuzzy || len(w) < minFuzzy || len(w) > maxName || f.kinds[i]&(everyday|firstName) != 0 {
		return nil
	}
	var out []*surname
	f.r.near(w, func(s *surname) { out = append(out, s) })
	return out
}

// near calls yield for every surname whose first word is one edit from w.
func (r *Roster) near(w string, yield func(*surname)) {
	look := func(key string) {
		for _, at := range r.deletes[key] {
			if s := r.names[at]; distance(w, s.words[0], 1) <= 1 {
				yield(s)
			}
		}
	}
	look(w)
	for k := range w {
		if k > 0 && w[k] == w[k-1] {
			continue
		}
		look(w[:k] + w[k+1:])
	}
}

// maxShared is how many people of the roster may share a surname that still names one of them alone.
const maxShared = 2

// surname finds a surname that stands alone.
func (f *finder) surname(i int) int {
	it := &f.items[i]
	fuzzy := it.Flags&(text.Capital|text.Hashtag) != 0 && len(it.Text) >= 7
	for _, s := range f.candidates(i, fuzzy) {
		if len(s.people) > maxShared {
			continue
		}
		to := f.surnameHere(i, s.words)
		exact := to > i
		if !exact {
			to = i + 1
		}
		whole := exact && (to-i == len(s.words) || it.Text == join(s.words))
		if !whole && exact && len(s.words) > 1 && text.Everyday(s.words[0]) {
			continue
		}
		if s.common && (it.Flags&text.Capital == 0 || f.determined(i)) || f.aThing(i, to) || f.otherBearer(i) || f.disowned(to) {
			continue
		}
		for _, p := range s.people {
			who := &f.r.people[p]
			if !exact && who.grade == settings.Junior {
				continue
			}
			if (s.common || firstNames[s.words[0]] || s.shared && who.grade == settings.Junior) && !f.placed(i, to, who) {
				continue
			}
			return f.add(p, i, to, Surname)
		}
	}
	return i
}

// aThing reports whether an article before items from..to makes them no name: "a quill", "the Bull"; "the Fenwick woman" stays one.
func (f *finder) aThing(from, to int) bool {
	if !f.adjacent(from) {
		return false
	}
	switch f.items[from-1].Text {
	case "a", "an":
		return f.items[from].Flags&text.Capital == 0
	case "the":
		return to >= len(f.items) || !fellows[f.items[to].Text]
	}
	return false
}

// placed reports whether a word of the person's job or team stands near, in the same sentence.
func (f *finder) placed(from, to int, who *person) bool {
	const reach = 8
	for k := max(0, from-reach); k < min(len(f.items), to+reach); k++ {
		if f.items[k].Sentence == f.items[from].Sentence && (k < from || k >= to) && who.keywords[f.items[k].Text] {
			return true
		}
	}
	return false
}

// otherBearer reports whether the word before item i makes it somebody else's name: another first name, an initial that is not a
// title, or a capitalised word that is no everyday one.
func (f *finder) otherBearer(i int) bool {
	if !f.adjacent(i) {
		return false
	}
	p := &f.items[i-1]
	if p.Kind != text.Word || f.kinds[i-1]&titled != 0 {
		return false
	}
	if f.kinds[i-1]&firstName != 0 && (p.Flags&text.Capital != 0 || f.items[i].Flags&text.Capital == 0) {
		return true
	}
	if len(p.Text) == 1 && p.Text != "a" && p.Text != "i" && p.Flags&text.Capital != 0 {
		return true
	}
	first := i-1 == 0 || f.items[i-2].Sentence != p.Sentence
	return p.Flags&text.Capital != 0 && p.Flags&text.Shouted == 0 && f.kinds[i-1]&everyday == 0 && !first && len(p.Text) > 2
}

// disowners are words that, right behind a name, make it a place, a firm or another trade.
var disowners = set([]string{"road", "street", "lane", "close", "avenue", "drive", "court", "house", "farm", "hill", "park", "terrace", "way", "crescent", "gardens", "mews", "place",
	"photography", "studio", "studios", "salon", "taxis", "minicabs", "cars", "tractors", "plumbing", "roofing", "catering", "electrical", "estate", "school", "primary", "academy", "ltd", "limited", "plc", "solicitors", "builders", "motors", "butchers", "bakery", "arms", "fc", "mp", "united", "brothers", "sons"})

// disowned reports whether what follows item to shows that no person of the roster is meant.
func (f *finder) disowned(to int) bool {
	if to < len(f.items) && f.items[to].Text == "'s" {
		to++
	}
	return to < len(f.items) && f.adjacent(to) && disowners[f.items[to].Text]
}

// initials finds "T. Aremu-Scott", "K Oduya" at an item that is one letter.
func (f *finder) initials(i int) int {
	it := &f.items[i]
	if it.Kind != text.Word || len(it.Text) != 1 || !f.adjacent(i+1) {
		return i
	}
	for _, s := range f.candidates(i+1, false) {
		for _, p := range s.people {
			n := &f.r.people[p].n
			if n.first[0][0] != it.Text[0] || it.Flags&text.Capital == 0 && s.common {
				continue
			}
			if to := f.surnameHere(i+1, s.words); to > i+1 {
				return f.add(p, i, to, Initials)
			}
		}
	}
	return i
}

// signature finds "KO, CS desk": two capital letters and, behind them, a word of the job or team of a person with these initials.
func (f *finder) signature(i int) int {
	const reach = 4
	it := &f.items[i]
	if len(it.Text) != 2 || !f.d.Tokens[it.From].Has(text.Shouted) {
		return i
	}
	for _, p := range f.r.initials[it.Text] {
		for k := i + 1; k < min(len(f.items), i+1+reach); k++ {
			if f.r.people[p].keywords[f.items[k].Text] {
				return f.add(p, i, k+1, Initials)
			}
		}
	}
	return i
}
