package quality

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"slices"
	"time"

	"earshot/classify"
)

// Strata of a week's mentions. A mention is in the first that fits: one of the labels, the rarer first, then StratumDoubt, then
// StratumPlain.
const (
	StratumDoubt = "doubt" // no label, but the classifier was unsure of one
	StratumPlain = "plain"
)

// Strata lists every stratum in the order in which a mention is put into one.
var Strata = []string{string(classify.Trolling), string(classify.Abuse), string(classify.Inaccuracy), string(classify.JuniorOfficer),
	string(classify.Complaint), StratumDoubt, StratumPlain}

// Draw is one week's sample. It is made once and never changed.
type Draw struct {
	Week    string    `json:"week"` // ISO week, 2026-W47
	From    time.Time `json:"from"` // of the mentions' own times, inclusive
	To      time.Time `json:"to"`   // exclusive
	At      time.Time `json:"at"`
	Strata  []Stratum `json:"strata"`
	Picks   []Pick    `json:"picks"`   // in the order in which they are shown
	Decided []string  `json:"decided"` // mentions of the week on which a person had decided before; they stand for themselves
}

// Stratum is a part of the week's mentions.
type Stratum struct {
	Name  string `json:"name"`
	Of    int    `json:"of"`    // mentions in it
	Drawn int    `json:"drawn"` // how many were drawn
}

// Pick is one mention drawn.
type Pick struct {
	ID      string `json:"id"`
	Stratum string `json:"stratum"`
}

// Forget returns d without a mention, which was erased on request.
func (d Draw) Forget(id string) Draw {
	d.Picks = slices.DeleteFunc(slices.Clone(d.Picks), func(p Pick) bool { return p.ID == id })
	d.Decided = slices.DeleteFunc(slices.Clone(d.Decided), func(x string) bool { return x == id })
	return d
}

// Holds reports whether d names a mention.
func (d *Draw) Holds(id string) bool {
	return slices.Contains(d.Decided, id) || slices.ContainsFunc(d.Picks, func(p Pick) bool { return p.ID == id })
}

// Stratum returns the stratum of the name given.
func (d *Draw) Stratum(name string) Stratum {
	for _, s := range d.Strata {
		if s.Name == name {
			return s
		}
	}
	return Stratum{Name: name}
}

// Week is the ISO week of t in its zone, and the Mondays between which it lies.
func Week(t time.Time) (name string, from, to time.Time) {
	y, w := t.ISOWeek()
	back := (int(t.Weekday()) + 6) % 7 // days since Monday
	from = time.Date(t.Year(), t.Month(), t.Day()-back, 0, 0, 0, 0, t.Location())
	return fmt.Sprintf("%04d-W%02d", y, w), from, from.AddDate(0, 0, 7)
}

// Choose draws about size mentions out of the population, which gives each mention's stratum. Every stratum that holds mentions gives at
// least a few (leastShare of the size, or all it has), the rest goes by size. Inside a stratum every mention is equally likely: those
// with the smallest hashes of seed and ID are taken, so the same seed and population give the same draw in whatever order they come.
func Choose(seed []byte, population map[string]string, size int) (strata []Stratum, picks []Pick) {
	ids := map[string][]string{}
	for id, s := range population {
		ids[s] = append(ids[s], id)
	}
	counts := make([]int, len(Strata))
	for i, name := range Strata {
		counts[i] = len(ids[name])
	}
	for i, n := range allocate(counts, size) {
		if counts[i] == 0 {
			continue
		}
		strata = append(strata, Stratum{Strata[i], counts[i], n})
		for _, id := range lowest(seed, ids[Strata[i]], n) {
			picks = append(picks, Pick{id, Strata[i]})
		}
	}
	// shown in an order of chance too, so that half a sample is a sample
	slices.SortFunc(picks, func(a, b Pick) int { return cmp.Compare(rank(seed, "order", a.ID), rank(seed, "order", b.ID)) })
	return strata, picks
}

// leastShare is the part of a sample that each stratum gets before the rest goes by size.
const leastShare = 1.0 / 12

// allocate shares size out among strata of the given counts; no stratum gives more than it has.
func allocate(counts []int, size int) []int {
	out := make([]int, len(counts))
	least, left, total := max(1, int(float64(size)*leastShare)), size, 0
	for i, n := range counts {
		out[i] = min(n, least, left)
		left -= out[i]
		total += n - out[i]
	}
	for left > 0 && total > 0 {
		given, share := 0, float64(left)/float64(total)
		best, most := -1, 0.0
		for i, n := range counts {
			want := share * float64(n-out[i])
			if part := want - float64(int(want)); part > most || best < 0 && n > out[i] {
				best, most = i, part
			}
			add := min(int(want), n-out[i])
			out[i] += add
			given += add
		}
		if given == 0 { // less than one each: the one that is owed most
			out[best]++
			given = 1
		}
		left -= given
		total -= given
	}
	return out
}

// lowest returns the n ids with the smallest hashes.
func lowest(seed []byte, ids []string, n int) []string {
	slices.SortFunc(ids, func(a, b string) int {
		return cmp.Or(cmp.Compare(rank(seed, "draw", a), rank(seed, "draw", b)), cmp.Compare(a, b))
	})
	return ids[:n]
}

func rank(seed []byte, purpose, id string) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s %x %s", purpose, seed, id)
	return string(h.Sum(nil))
}
