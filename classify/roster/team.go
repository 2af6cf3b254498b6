package roster

import (
	"earshot/classify/text"
	"earshot/settings"
)

const (
	reachAfter  = 7 // items behind a first name in which the team may stand
	reachBefore = 4 // items before it: "my housing officer Tunde"
)

// team finds a first name joined to a team, desk, round or vehicle (rule 14 of the codebook).
func (f *finder) team(i int) int {
	it := &f.items[i]
	k := f.kinds[i]
	named := k&firstName != 0 && it.Flags&text.Capital != 0
	if k&firstOf == 0 && !named || f.anotherName(i) {
		return i
	}
	if k&everyday != 0 && it.Flags&text.Capital == 0 {
		return i
	}
	best, score, end := int32(-1), 0, 0
	for _, p := range f.r.first[it.Text] {
		who := &f.r.people[p]
		if who.grade != settings.Junior {
			continue
		}
		if s, e := f.teamScore(i, who); s > score {
			best, score, end = p, s, e
		}
	}
	if best >= 0 {
		return f.add(best, i, end, FirstTeam)
	}
	if named {
		if end := f.unlisted(i); end > i {
			return f.add(-1, i, end, Unlisted)
		}
	}
	return i
}

// anotherName reports whether the first name at item i goes on with a surname that is not the person's: they are somebody else.
func (f *finder) anotherName(i int) bool {
	if !f.adjacent(i + 1) {
		return f.disowned(i + 1)
	}
	n := &f.items[i+1]
	if f.disowned(i+1) || n.Text == "'s" {
		return true
	}
	return n.Kind == text.Word && n.Flags&text.Capital != 0 && n.Flags&text.Shouted == 0 && len(n.Text) > 2 && f.kinds[i+1]&everyday == 0
}

// teamScore counts the words of the person's job and team that are joined to the first name at item i; end is the item behind the
// last of them when they follow.
func (f *finder) teamScore(i int, who *person) (score, end int) {
	end = i + 1
	linked := f.comma(i)
	for k := i + 1; k < min(len(f.items), i+1+reachAfter); k++ {
		it := &f.items[k]
		if it.Sentence != f.items[i].Sentence && it.Flags&text.LineStart != 0 {
			break
		}
		if links[it.Text] && k <= i+3 {
			linked = true
			continue
		}
		if linked && who.keywords[it.Text] && !stop[it.Text] {
			score++
			end = k + 1
			if end < len(f.items) && f.items[end].Kind == text.Number && f.adjacent(end) { // round 4
				end++
			}
		}
	}
	for k := max(0, i-reachBefore); k < i; k++ {
		if f.items[k].Sentence == f.items[i].Sentence && who.keywords[f.items[k].Text] {
			score++
		}
	}
	return score, end
}

// comma reports whether a comma stands right behind item i: "Geoff, harbour office".
func (f *finder) comma(i int) bool {
	to := f.items[i].To
	return to < len(f.d.Tokens) && f.d.Tokens[to].Text == ","
}

// unlisted finds a name such as "Deepa on switchboard": a first name, a link, at most three words and a council team.
func (f *finder) unlisted(i int) int {
	j := i + 1
	if j < len(f.items) && len(f.items[j].Text) == 1 && f.items[j].Flags&text.Capital != 0 {
		j++
	}
	if j >= len(f.items) || !links[f.items[j].Text] {
		return i
	}
	if f.items[j].Text == "the" {
		for k := j + 1; k < min(len(f.items), j+4) && f.items[k].Sentence == f.items[i].Sentence; k++ {
			if jobs[f.items[k].Text] && f.adjacent(k) {
				return k + 1
			}
		}
		return i
	}
	for k := j + 1; k < min(len(f.items), j+5); k++ {
		it := &f.items[k]
		if it.Sentence != f.items[i].Sentence {
			return i
		}
		if general[it.Text] {
			return k + 1
		}
	}
	return i
}
