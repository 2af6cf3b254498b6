package roster

import (
	"slices"
	"strings"

	"earshot/classify/text"
	"earshot/settings"
)

// Match is one place where a person is meant: tokens From..To of the document, To not included.
type Match struct {
	Person   int // position in the people given to New; -1: works for the council but is not on the roster
	Name     string
	Grade    settings.Grade
	From, To int
	How      How
}

// How says by what a person was found.
type How string

// The ways of finding a person.
const (
	FullName  How = "full name"
	Titled    How = "title and surname"
	Surname   How = "surname"
	Initials  How = "initials"
	ByHandle  How = "handle"
	KnownAs   How = "nickname"
	FirstTeam How = "first name and team"
	Unlisted  How = "first name and team, not on the roster"
)

// Roster is an index of people. It does not change after New; safe for concurrent use.
type Roster struct {
	people    []person
	surnames  map[string][]*surname // by first word of the surname, and by the whole run together
	first     map[string][]int32    // first names and their short forms
	aka       map[string][]alias    // by first word
	handles   map[string]int32
	signed    map[string][]int32 // first name and the first letter of the surname: "rubyf"
	initials  map[string][]int32 // "rf"
	initialed map[string]int32   // "rfenwick"
	joined    map[string]int32   // "liampostle"
	spoken    map[string]int32   // by the sound of first name and surname
	deletes   map[string][]int32 // surnames with one letter left out; numbers into names
	names     []*surname
	known     map[string]kind
}

type person struct {
	name, display string
	grade         settings.Grade
	n             name
	keywords      map[string]bool // of the team and the job
	job           []string        // the words of the job
}

type surname struct {
	words  []string
	people []int32
	common bool // an everyday word
	shared bool // by a junior officer and somebody who is none
}

type alias struct {
	words  []string
	person int32
}

// minFuzzy is the shortest surname that is looked for with one letter wrong; shorter ones are too near to other words.
const minFuzzy = 5

// New indexes people. A person without a name is found by nickname and handle only.
func New(people []settings.Person) *Roster {
	r := &Roster{
		surnames: map[string][]*surname{}, first: map[string][]int32{}, aka: map[string][]alias{}, handles: map[string]int32{},
		signed: map[string][]int32{}, initials: map[string][]int32{}, initialed: map[string]int32{}, joined: map[string]int32{}, spoken: map[string]int32{}, deletes: map[string][]int32{},
	}
	byName := map[string]*surname{}
	for i := range people {
		p := &people[i]
		n := parseName(p.Name)
		if len(n.first) == 0 {
			n.last = nil // nothing to tell bearers of the surname apart by
		}
		at := int32(len(r.people))
		r.people = append(r.people, person{name: strings.Join(n.last, " "), display: p.Name, grade: p.Grade, n: n, keywords: keywordsOf(p.Job, p.Team), job: words(p.Job)})
		for _, h := range p.Handles {
			if h = strings.ToLower(strings.TrimSpace(h)); h != "" {
				r.handles["@"+strings.TrimPrefix(h, "@")] = at
			}
		}
		for _, t := range text.Parse(p.Team + " " + p.Job).Tokens {
			if t.Kind == text.Handle {
				r.handles[t.Text] = at
			}
			if badge(t.Text) {
				r.aka[t.Text] = append(r.aka[t.Text], alias{[]string{t.Text}, at})
			}
		}
		for _, a := range p.AlsoKnownAs {
			if w := words(a); len(w) > 0 {
				r.aka[w[0]] = append(r.aka[w[0]], alias{w, at})
			}
		}
		r.addFirst(n, at)
		if len(n.last) > 0 {
			key := strings.Join(n.last, " ")
			s := byName[key]
			if s == nil {
				s = &surname{words: n.last, common: len(n.last) == 1 && text.Everyday(n.last[0])}
				byName[key] = s
				r.addSurname(s)
			}
			for _, p := range s.people {
				s.shared = s.shared || (r.people[p].grade == settings.Junior) != (people[i].Grade == settings.Junior)
			}
			s.people = append(s.people, at)
			if p.Grade == settings.Junior {
				for _, first := range append([]string{n.first[0]}, diminutives[n.first[0]]...) {
					k := first + n.last[0][:1]
					r.signed[k] = append(r.signed[k], at)
				}
				r.initialed[n.first[0][:1]+strings.Join(n.last, "")] = at
				k := n.first[0][:1] + n.last[0][:1]
				r.initials[k] = append(r.initials[k], at)
			}
			r.joined[strings.Join(n.first, "")+strings.Join(n.last, "")] = at
			if k := spoken(nil, n.first[0], n.last[0]); k != nil && len(n.last) == 1 {
				r.spoken[string(k)] = at
			}
		}
	}
	r.known = r.kinds()
	return r
}

func (r *Roster) addFirst(n name, at int32) {
	if len(n.first) == 0 {
		return
	}
	keys := append([]string{n.first[0], strings.Join(n.first, "")}, diminutives[n.first[0]]...)
	slices.Sort(keys)
	for _, k := range slices.Compact(keys) {
		r.first[k] = append(r.first[k], at)
	}
}

func (r *Roster) addSurname(s *surname) {
	r.surnames[s.words[0]] = append(r.surnames[s.words[0]], s)
	if len(s.words) > 1 {
		whole := strings.Join(s.words, "")
		r.surnames[whole] = append(r.surnames[whole], s)
	}
	at := int32(len(r.names))
	r.names = append(r.names, s)
	if w := s.words[0]; len(w) >= minFuzzy {
		r.deletes[w] = append(r.deletes[w], at)
		for k := range w {
			d := w[:k] + w[k+1:]
			r.deletes[d] = append(r.deletes[d], at)
		}
	}
}

// Len is how many people are on the roster.
func (r *Roster) Len() int { return len(r.people) }
