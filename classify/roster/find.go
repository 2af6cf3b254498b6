package roster

import (
	"earshot/classify/text"
	"earshot/settings"
)

// Find appends to dst every place in d where a person is meant, in order, without overlaps. items is d.Items without masks.
func (r *Roster) Find(d *text.Doc, items []text.Item, dst []Match) []Match {
	f := finder{r: r, d: d, items: items, kinds: make([]kind, len(items)), out: dst}
	for i := range items {
		f.kinds[i] = r.known[items[i].Text]
	}
	for f.i = 0; f.i < len(items); {
		if n := f.at(f.i); n > f.i {
			f.i = n
			continue
		}
		f.i++
	}
	return f.out
}

type finder struct {
	r     *Roster
	d     *text.Doc
	items []text.Item
	kinds []kind // by item
	out   []Match
	i     int
}

// at tries every way of finding a person at item i and returns the item behind the match, or i.
func (f *finder) at(i int) int {
	it := &f.items[i]
	if it.Kind == text.Handle {
		if p, ok := f.r.byHandle(it.Text); ok {
			return f.add(p, i, i+1, ByHandle)
		}
		return i
	}
	if n := f.badge(i); n > i {
		return n
	}
	if it.Kind != text.Word || len(it.Text) < 2 {
		return f.initials(i)
	}
	if n := f.signature(i); n > i {
		return n
	}
	k := f.kinds[i]
	if k == everyday {
		return i
	}
	if k&aliasOf != 0 {
		for _, a := range f.r.aka[it.Text] {
			if f.follows(i, a.words) {
				return f.add(a.person, i, i+len(a.words), KnownAs)
			}
		}
	}
	if p, ok := f.glued(it); ok {
		return f.add(p, i, i+1, Initials)
	}
	if k&joinedOf != 0 && len(it.Text) > 6 {
		return f.add(f.r.joined[it.Text], i, i+1, FullName)
	}
	if n := f.full(i); n > i {
		if m := f.out[len(f.out)-1]; m.Grade == settings.Junior && (f.stranger(i, n, &f.r.people[m.Person]) || f.commonWords(i, n)) {
			f.out = f.out[:len(f.out)-1]
		}
		return n
	}
	if n := f.titled(i); n > i {
		return n
	}
	if n := f.surname(i); n > i {
		return n
	}
	return f.team(i)
}

// add records a match over items from..to and returns to.
func (f *finder) add(p int32, from, to int, how How) int {
	m := Match{Person: int(p), From: f.items[from].From, To: f.items[to-1].To, How: how}
	if p >= 0 {
		m.Name, m.Grade = f.r.people[p].display, f.r.people[p].grade
	} else {
		s, e := f.d.Span(m.From, m.To)
		m.Name, m.Grade = f.d.Original[s:e], settings.Junior
	}
	f.out = append(f.out, m)
	return to
}

// follows reports whether items from i on are exactly words, joined by nothing or a hyphen.
func (f *finder) follows(i int, words []string) bool {
	if i+len(words) > len(f.items) {
		return false
	}
	for k, w := range words {
		if f.items[i+k].Text != w || k > 0 && !f.adjacent(i+k) {
			return false
		}
	}
	return true
}

// adjacent reports whether item i stands right behind item i-1: nothing between but a space, a hyphen or the full stop of an
// initial.
func (f *finder) adjacent(i int) bool {
	if i == 0 || i >= len(f.items) {
		return false
	}
	a, b := f.items[i-1].To, f.items[i].From
	for k := a; k < b; k++ {
		t := &f.d.Tokens[k]
		if t.Kind != text.Punct || t.Text != "-" && t.Text != "." {
			return false
		}
		if t.Text == "." && len(f.items[i-1].Text) > 4 {
			return false
		}
	}
	return !f.d.Tokens[b].Has(text.LineStart)
}

// full finds first name and surname, each perhaps misspelt, "Postle, Liam" not included.
func (f *finder) full(i int) int {
	if f.kinds[i]&firstOf == 0 {
		return f.fullBySurname(i)
	}
	ps := f.r.first[f.items[i].Text]
	j := i + 1
	if !f.adjacent(j) {
		return i
	}
	for _, p := range ps {
		n := &f.r.people[p].n
		// a hyphenated first name may come whole, and with or without its hyphen
		k := j
		for w := 1; w < len(n.first) && k < len(f.items) && f.items[k].Text == n.first[w]; w++ {
			k++
		}
		if to := f.surnameHere(k, n.last); to > k {
			return f.add(p, i, to, FullName)
		}
	}
	for _, p := range ps {
		n := &f.r.people[p].n
		if len(n.last) == 0 || len(n.last[0]) < 4 {
			continue
		}
		w := &f.items[j]
		if w.Kind == text.Word && f.kinds[j]&everyday == 0 && near(w.Text, n.last[0]) {
			to := j + 1
			for k := 1; k < len(n.last) && to < len(f.items) && (f.items[to].Text == n.last[k] || near(f.items[to].Text, n.last[k])); k++ {
				to++
			}
			return f.add(p, i, to, FullName)
		}
		if joined := join(n.last); len(n.last) > 1 && near(w.Text, joined) {
			return f.add(p, i, j+1, FullName)
		}
	}
	return f.spoken(i)
}

// spoken finds first name and surname by their sound, written as somebody heard them. Item i+1 stands right behind item i.
func (f *finder) spoken(i int) int {
	const far = 3 // edits
	var buf [2*maxName + 1]byte
	for j := i + 1; j <= i+2 && f.kinds[i]&everyday == 0 && f.adjacent(j); j++ {
		a, b := &f.items[i], &f.items[j]
		if f.kinds[j]&everyday != 0 || b.Kind != text.Word || a.Flags&b.Flags&text.Capital == 0 {
			continue
		}
		p, ok := f.r.spoken[string(spoken(buf[:], a.Text, b.Text))]
		if !ok {
			continue
		}
		n := &f.r.people[p].n
		if j == i+2 && (len(n.first) < 2 || f.items[i+1].Text != n.first[1]) {
			continue
		}
		if distance(a.Text, n.first[0], far) <= far && distance(b.Text, n.last[0], far) <= far {
			return f.add(p, i, j+1, FullName)
		}
	}
	return i
}

// fullBySurname finds a misspelt first name before an exact surname.
func (f *finder) fullBySurname(i int) int {
	j := i + 1
	if f.kinds[i]&everyday != 0 || len(f.items[i].Text) < 3 || !f.adjacent(j) {
		return i
	}
	for _, s := range f.candidates(j, true) {
		for _, p := range s.people {
			n := &f.r.people[p].n
			if len(n.first[0]) < 4 || !near(f.items[i].Text, n.first[0]) && (f.items[i].Alt == "" || f.items[i].Alt != n.first[0]) {
				continue
			}
			if to := f.surnameHere(j, n.last); to > j {
				return f.add(p, i, to, FullName)
			}
			return f.add(p, i, j+1, FullName) // both misspelt
		}
	}
	return f.spoken(i)
}

// glued finds a first name with the first letter of the surname behind it, as in "WayneD".
func (f *finder) glued(it *text.Item) (int32, bool) {
	t := &f.d.Tokens[it.From]
	if it.To != it.From+1 || t.End-t.Start < 4 {
		return 0, false
	}
	raw := f.d.Original[t.Start:t.End]
	if last, before := raw[len(raw)-1], raw[len(raw)-2]; last < 'A' || last > 'Z' || before < 'a' || before > 'z' {
		return 0, false
	}
	if ps := f.r.signed[it.Text]; len(ps) == 1 {
		return ps[0], true
	}
	return 0, false
}

// commonWords reports whether items from..to are a name by chance: "the Emma rose by the gate".
func (f *finder) commonWords(from, to int) bool {
	last := &f.items[to-1]
	return last.Flags&text.Capital == 0 && f.items[from].Flags&text.Capital != 0 && text.Everyday(last.Text) && f.determined(from)
}

// badge finds the number that somebody wears: "BR114", where the job or team says so, or behind what they do: "warden BR114".
func (f *finder) badge(i int) int {
	if !badge(f.items[i].Text) {
		return i
	}
	if a, ok := f.r.aka[f.items[i].Text]; ok {
		return f.add(a[0].person, i, i+1, KnownAs)
	}
	if i > 0 && f.adjacent(i) && jobs[f.items[i-1].Text] {
		return f.add(-1, i-1, i+1, Unlisted)
	}
	return i
}

// badge reports whether s is up to three letters and then up to five figures, four signs or more in all.
func badge(s string) bool {
	n := 0
	for n < len(s) && s[n] >= 'a' && s[n] <= 'z' {
		n++
	}
	figures := len(s) - n
	if n < 1 || n > 3 || figures < 2 || figures > 5 || len(s) < 4 {
		return false
	}
	for ; n < len(s); n++ {
		if s[n] < '0' || s[n] > '9' {
			return false
		}
	}
	return true
}

// determiners are words that make a name of the word behind them an ordinary one: "a bull", "the pope", "my park".
var determiners = set([]string{"a", "an", "the", "this", "that", "these", "those", "my", "your", "his", "her", "our", "their", "no", "any", "every", "some", "of", "'s"})

// determined reports whether one of them stands right before item i.
func (f *finder) determined(i int) bool { return f.adjacent(i) && determiners[f.items[i-1].Text] }

// stranger reports whether the words around items from..to, in the same sentence, show that another person of the name is meant.
func (f *finder) stranger(from, to int, who *person) bool {
	const before, behind, work = 2, 5, 9
	strange := from > 0 && f.items[from-1].Text == "our" && f.adjacent(from)
	for k := max(0, from-work); k < min(len(f.items), to+work); k++ {
		if k >= from && k < to {
			continue
		}
		w := f.items[k].Text
		if who.keywords[w] || jobs[w] {
			return false
		}
		near := k >= from-before && k < to+behind && f.items[k].Sentence == f.items[from].Sentence
		strange = strange || near && strangers[w]
	}
	return strange
}

// surnameHere returns the item behind the surname at item i: all its words, run together, or its first word alone.
func (f *finder) surnameHere(i int, last []string) int {
	if i >= len(f.items) || len(last) == 0 {
		return i
	}
	if f.follows(i, last) {
		return i + len(last)
	}
	w := f.items[i].Text
	if w == last[0] || len(last) > 1 && w == join(last) {
		return i + 1
	}
	return i
}

func join(words []string) string {
	if len(words) == 1 {
		return words[0]
	}
	s := ""
	for _, w := range words {
		s += w
	}
	return s
}

// near reports whether a and b differ by at most one letter put in, left out, changed or swapped with its neighbour; by two when
// both have nine letters or more.
func near(a, b string) bool {
	if a == b {
		return true
	}
	limit := 1
	if len(a) >= 9 && len(b) >= 9 {
		limit = 2
	}
	if len(a) < 4 || len(b) < 4 || len(a)-len(b) > limit || len(b)-len(a) > limit {
		return false
	}
	return distance(a, b, limit) <= limit
}
