package roster

import (
	"slices"
	"strings"

	"earshot/settings"
)

// byHandle finds a handle of the roster, or one put together as people do at work: "@RubyF_Foreshore" and "@ruby_beachhuts" are Ruby
// Fenwick of Foreshore, "@Ruby_SDC" is the Ruby of some district council.
func (r *Roster) byHandle(h string) (int32, bool) {
	if p, ok := r.handles[h]; ok {
		return p, true
	}
	h = strings.TrimPrefix(h, "@")
	if name, rest, ok := strings.Cut(h, "_"); ok && len(rest) >= 3 {
		if ps := r.signed[name]; len(ps) == 1 {
			return ps[0], true
		}
		if p, ok := r.joined[name]; ok {
			return p, true
		}
		if p, ok := r.initialed[name]; ok && atWork(rest) {
			return p, true
		}
	}
	for n := min(len(h)-3, maxName); n >= 3; n-- {
		for _, p := range r.first[h[:n]] {
			if who := &r.people[p]; who.grade == settings.Junior && who.tagged(strings.Trim(h[n:], "_.0123456789")) {
				return p, true
			}
		}
	}
	return 0, false
}

// tagged reports whether rest, which follows the person's first name in a handle, is theirs: the surname or a part of it, a word of the
// team or job, or a council's letters.
func (p *person) tagged(rest string) bool {
	if len(rest) < 3 {
		return false
	}
	name, tail, _ := strings.Cut(rest, "_")
	if slices.Contains(p.n.last, name) {
		return true
	}
	for w := range p.keywords {
		if len(w) >= 3 && (strings.HasPrefix(rest, w) || strings.HasSuffix(rest, w)) {
			return true
		}
	}
	return atWork(name) || atWork(tail)
}

// atWork reports whether the end of a handle reads as a council's letters: "sdc", "ombc", "lbd", "ambershirecc".
func atWork(s string) bool {
	if len(s) < 3 {
		return false
	}
	if len(s) == 3 && strings.HasPrefix(s, "lb") || strings.HasSuffix(s, "council") || len(s) <= 4 && strings.HasSuffix(s, "c") {
		return true
	}
	for _, end := range []string{"cc", "dc", "bc"} { // county or city, district, borough council
		if strings.HasSuffix(s, end) {
			return true
		}
	}
	return false
}
