package judge

import (
	"slices"

	"earshot/classify/facts"
	"earshot/classify/lexicon"
	"earshot/classify/linear"
	"earshot/classify/risk"
	"earshot/classify/roster"
	"earshot/classify/text"
	"earshot/sources"
)

// analysis is what the layers say about one mention. It is used again for the next: nothing in it may outlive a call.
type analysis struct {
	doc     text.Doc
	plain   []text.Item // without masks: what the roster reads
	items   []text.Item // people and council masked: what rules and model read
	people  []roster.Match
	masks   []text.Mask
	reader  *lexicon.Reader
	hits    []lexicon.Hit
	signals []risk.Signal
	finder  *facts.Finder
	near    []facts.Candidate
	vector  linear.Vector
	logits  [linear.MaxHeads]float32
	weights []float32
	signs   []float32
	other   bool // it is in another language than English
}

// mask finds the people and the council in s.
func (c *Classifier) mask(a *analysis, s string) {
	a.doc.Parse(s)
	a.plain = a.doc.Items(a.plain[:0], nil)
	a.people = c.roster.Find(&a.doc, a.plain, a.people[:0])
	a.masks = c.names.find(a.plain, a.masks[:0])
	for _, m := range a.people {
		a.masks = append(a.masks, text.Mask{From: m.From, To: m.To, Text: placeholder(m)})
	}
	a.masks = apart(a.masks)
}

// analyse runs the layers over s, cheapest first.
func (c *Classifier) analyse(a *analysis, s string) {
	c.mask(a, s)
	a.items = a.doc.Items(a.items[:0], a.masks)
	a.hits = a.reader.Read(a.items)
	a.signals = risk.Signals(a.hits, a.signals[:0])
	a.near = a.finder.Candidates(&a.doc, a.plain)
	a.other = otherLanguage(a.items, s)
	c.features(a)
}

// fewWords say too little for their language to be told.
const fewWords = 5

// otherLanguage reports whether s is in another language than English, the one that the models know. Most texts show by everyday words
// that they are not, so the slower method is seldom asked.
func otherLanguage(items []text.Item, s string) bool {
	words, everyday := 0, 0
	for i := range items {
		if it := &items[i]; it.Kind == text.Word && !it.Masked {
			words++
			if text.Everyday(it.Text) {
				everyday++
			}
		}
	}
	if words < fewWords || 5*everyday > 2*words {
		return false
	}
	lang := sources.DetectLang(s)
	return lang != "" && lang != "en"
}

// apart sorts masks and drops those that overlap an earlier or longer one.
func apart(ms []text.Mask) []text.Mask {
	slices.SortFunc(ms, func(a, b text.Mask) int {
		if a.From != b.From {
			return a.From - b.From
		}
		return b.To - a.To
	})
	out := ms[:0]
	for _, m := range ms {
		if len(out) == 0 || m.From >= out[len(out)-1].To {
			out = append(out, m)
		}
	}
	return out
}

func placeholder(m roster.Match) string {
	switch m.Grade {
	case "member":
		return "<member>"
	case "senior":
		return "<senior>"
	}
	return "<staff>"
}

// features fills the vector the linear model reads.
func (c *Classifier) features(a *analysis) {
	a.vector.Reset()
	bits := c.model.Linear.Bits
	a.vector.AddItems(a.items, bits)
	seen := uint64(0)
	for _, h := range a.hits {
		a.vector.AddSign(c.ruleHash[h.Rule.Index], bits, h.From, h.To)
		if h.Rule.Index < 64 {
			seen |= 1 << h.Rule.Index
		}
	}
	for _, s := range c.form(a) {
		a.vector.AddSign(s, bits, 0, 0)
	}
}

// Signs of a text's form, as hashes.
var (
	signShort, signMiddle, signLong   = linear.Hash("len:short"), linear.Hash("len:middle"), linear.Hash("len:long")
	signQuestion, signNoQuestion      = linear.Hash("question"), linear.Hash("no question")
	signStaff, signMember, signSenior = linear.Hash("names staff"), linear.Hash("names a member"), linear.Hash("names a senior")
	signTwoPeople, signCouncil        = linear.Hash("names two"), linear.Hash("names the council")
	signShout, signEmoji, signRepeat  = linear.Hash("shouts"), linear.Hash("emoji"), linear.Hash("emoji again")
	signNumber                        = linear.Hash("number")
)

// form describes the mention as a whole: length, question, who is named.
func (c *Classifier) form(a *analysis) []uint64 {
	out := make([]uint64, 0, 16)
	switch n := len(a.items); {
	case n < 12:
		out = append(out, signShort)
	case n < 40:
		out = append(out, signMiddle)
	default:
		out = append(out, signLong)
	}
	shout, emojis, numbers, questions := 0, 0, 0, 0
	council := false
	for i := range a.items {
		it := &a.items[i]
		switch {
		case it.Kind == text.Emoji:
			emojis++
		case it.Kind == text.Number:
			numbers++
		case it.Text == "?":
			questions++
		case it.Text == "<council>":
			council = true
		}
		if it.Flags&text.Shouted != 0 && !it.Masked && len(it.Text) > 2 {
			shout++
		}
	}
	add := func(ok bool, s uint64) {
		if ok {
			out = append(out, s)
		}
	}
	add(questions > 0, signQuestion)
	add(questions == 0, signNoQuestion)
	add(shout > 1, signShout)
	add(emojis > 0, signEmoji)
	add(emojis > 2, signRepeat)
	add(numbers > 0, signNumber)
	add(council, signCouncil)
	staff, member, senior := false, false, false
	for _, m := range a.people {
		switch m.Grade {
		case "member":
			member = true
		case "senior":
			senior = true
		default:
			staff = true
		}
	}
	add(staff, signStaff)
	add(member, signMember)
	add(senior, signSenior)
	add(len(a.people) > 1, signTwoPeople)
	return out
}
