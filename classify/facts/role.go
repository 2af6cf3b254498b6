package facts

import (
	"strings"

	"earshot/classify/text"
)

// role says what a word does in a sentence, whatever the fact.
type role uint16

const (
	stops     role = 1 << iota // says nothing about which fact is meant
	negates                    // denies what follows
	asks                       // makes it a question
	wonders                    // before the sentence that touches the fact: half a question
	hedges                     // hearsay
	corrects                   // sets something right
	universal                  // all, never
	plans                      // speaks of what is to come
	charges                    // is the council
	addresses                  // is whoever is spoken to
	measures                   // may begin a quantity
)

// roles holds the words that have any.
var roles = func() map[string]role {
	m := map[string]role{}
	add := func(r role, words string) {
		for w := range strings.FieldsSeq(words) {
			m[w] |= r
		}
	}
	add(stops, `a an the and or but of to in on at by for from with without as is are was were be been being it its this that these those there
		they them their he she his her him we our us you your i my me mine who which what when where why how not no nor so than then too very can could will would shall should may
		might must do does did done has have had having if into out up down over under off about after before between during per each every all any some most more less other such own
		only just also even still again yet once if because while until since get gets got getting go goes going gone come comes make made take takes set sets see said says say one
		's im ive dont cant wont isnt arent didnt doesnt theyre youre thats whats theres year years day days week weeks month months time times people part whole new first last
		council councils ? think know like want need well now here really thing things way back put lot`)
	add(negates, `no not never none nobody nothing without neither nor dont doesnt didnt isnt arent wasnt werent wont cant hasnt havent aint zero stopped
		wouldnt couldnt cannot nowt hardly refuses refused`)
	add(asks, "?")
	add(wonders, "true truth wondering anyone know")
	add(hedges, "apparently heard reckon rumour someone allegedly says said claims claim told saying reckons")
	add(corrects, "myth untrue nonsense rubbish actually wrong correction false debunk isnt fyi psa")
	add(universal, "all every everyone whole always entire none nobody never any anybody anyone nothing single")
	add(plans, "plan plans planning going will soon next gonna theyll")
	add(charges, "council <council> they them theyre theyve town hall")
	add(addresses, "you your youre youve u ur")
	add(measures, "half every each a hundred thousand")
	for _, known := range []map[string]float64{rhythms, months, units, clocks} {
		for w := range known {
			m[w] |= measures
		}
	}
	return m
}()

// rolesOf appends the role of each item to dst.
func rolesOf(items []text.Item, dst []role) []role {
	for i := range items {
		dst = append(dst, roles[items[i].Text])
	}
	return dst
}
