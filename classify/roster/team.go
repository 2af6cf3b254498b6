package roster

import (
	"slices"

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
	small := k&everyday != 0 && it.Flags&text.Capital == 0 // "grace at orchard row library" may be she, "mark the bay" is not he
	named := k&firstName != 0 && !small
	if k&firstOf == 0 && !named {
		return i
	}
	best, score, end := int32(-1), 0, 0
	for _, p := range f.r.first[it.Text] {
		who := &f.r.people[p]
		if who.grade != settings.Junior {
			continue
		}
		to := f.nameEnd(i, who)
		if f.anotherName(to) {
			continue
		}
		if s, e := f.teamScore(i, to, who); s > score && (!small || s > 1 && f.linked(to)) {
			best, score, end = p, s, e
		}
	}
	if best >= 0 {
		return f.add(best, i, end, FirstTeam)
	}
	if named && !f.anotherName(i+1) {
		if end := f.unlisted(i); end > i {
			return f.add(-1, i, end, Unlisted)
		}
	}
	return i
}

// linked reports whether item k joins a name before it to a team.
func (f *finder) linked(k int) bool { return k < len(f.items) && links[f.items[k].Text] }

// nameEnd is the item behind the person's first name at item i: behind all its words ("Kerry-Ann"), and behind the first letter of the
// surname ("Liam P").
func (f *finder) nameEnd(i int, who *person) int {
	to := i + 1
	for k := 1; k < len(who.n.first) && to < len(f.items) && f.items[i].Text == who.n.first[0] && f.items[to].Text == who.n.first[k] && f.adjacent(to); k++ {
		to++
	}
	if len(who.n.last) > 0 && to < len(f.items) && f.adjacent(to) && f.items[to].Text == who.n.last[0][:1] && f.items[to].Flags&text.Capital != 0 {
		to++
	}
	return to
}

// anotherName reports whether the first name that ends before item j goes on with a surname that is not the person's: they are somebody
// else.
func (f *finder) anotherName(j int) bool {
	if f.disowned(j) || !f.adjacent(j) {
		return f.disowned(j)
	}
	n := &f.items[j]
	if n.Text == "'s" {
		return true
	}
	return n.Kind == text.Word && n.Flags&text.Capital != 0 && n.Flags&text.Shouted == 0 && len(n.Text) > 2 && f.kinds[j]&everyday == 0
}

// teamScore counts the words of the person's job and team that are joined to the first name at items i..to; end is the item behind the
// last of them when they follow.
func (f *finder) teamScore(i, to int, who *person) (score, end int) {
	end = to
	linked := f.apposed(to)
	for k := to; k < min(len(f.items), to+reachAfter); k++ {
		it := &f.items[k]
		if it.Sentence != f.items[i].Sentence && it.Flags&text.LineStart != 0 {
			break
		}
		if links[it.Text] && k <= to+2 {
			if linked = !f.elsewhere(k + 1); !linked {
				break
			}
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
	if f.introduced(i, who) || f.numbered(i, to) {
		score++
	}
	for k := max(0, i-reachBefore); k < i; k++ {
		if f.items[k].Sentence == f.items[i].Sentence && who.keywords[f.items[k].Text] {
			score++
		}
	}
	return score, end
}

// introduced reports whether the person's job stands right before the first name at item i: "an officer called Tomasz", "the assistant,
// Sian", "parking warden Dean".
func (f *finder) introduced(i int, who *person) bool {
	j := i - 1
	if j >= 0 && (f.items[j].Text == "called" || f.items[j].Text == "named") {
		j--
	}
	if j < 0 || f.items[j].Sentence != f.items[i].Sentence || !slices.Contains(who.job, f.items[j].Text) {
		return false
	}
	return j == 0 || !otherBodies[f.items[j-1].Text]
}

// numbered reports whether a badge stands right before or behind the name.
func (f *finder) numbered(i, to int) bool {
	return f.adjacent(i) && badge(f.items[i-1].Text) || f.adjacent(to) && badge(f.items[to].Text)
}

// apposed reports whether what stands right behind the name that ends before item to joins the next words to it: "Geoff, harbour office"
// and "Priya (food safety)".
func (f *finder) apposed(to int) bool {
	at := f.items[to-1].To
	return at < len(f.d.Tokens) && (f.d.Tokens[at].Text == "," || f.d.Tokens[at].Text == "(")
}

// elsewhere reports whether item k, behind a link, shows that no team of the council's follows: "from my flat", "in our group", "from the
// private car park".
func (f *finder) elsewhere(k int) bool {
	if k < len(f.items) && f.items[k].Text == "the" {
		k++
	}
	return k < len(f.items) && strangersTeam[f.items[k].Text]
}

// unlisted finds a name such as "Deepa on switchboard": a first name, a link, at most three words and a council team.
func (f *finder) unlisted(i int) int {
	j := i + 1
	if j < len(f.items) && len(f.items[j].Text) == 1 && f.items[j].Flags&text.Capital != 0 {
		j++
	}
	if !f.linked(j) || f.elsewhere(j+1) {
		return i
	}
	if f.items[j].Text == "the" {
		return f.jobbed(i, j+1)
	}
	words := 4
	if f.items[j].Text == "who" || f.items[j].Text == "drives" {
		words = 6 // "who drives the blue glass lorry"
	}
	for k := j + 1; k <= min(len(f.items)-1, j+words); k++ {
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

// jobbed finds what somebody does, from item k on, behind a first name at item i and "the": "the social worker", "the head gardener",
// "the council social media fella".
func (f *finder) jobbed(i, k int) int {
	if k < len(f.items) && f.items[k].Text == "council" && f.adjacent(k) {
		return k + 1
	}
	team := false
	for n := k; n < min(len(f.items), k+3) && f.adjacent(n); n++ {
		w := f.items[n].Text
		if jobs[w] || team && fellows[w] {
			return n + 1
		}
		team = team || general[w]
	}
	return i
}
