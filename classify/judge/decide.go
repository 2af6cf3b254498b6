package judge

import (
	"slices"
	"strings"
	"time"

	"earshot/classify"
	"earshot/classify/risk"
	"earshot/sources"
)

// heads are the positions of the model's heads.
type heads struct {
	complaint, trolling, abuse, inaccuracy int
	staff, member, other                   int
	risk                                   []int
	service                                []int
}

func findHeads(m *Model) heads {
	at := m.Linear.Head
	h := heads{
		complaint: at(string(classify.Complaint)), trolling: at(string(classify.Trolling)), abuse: at(string(classify.Abuse)),
		inaccuracy: at(string(classify.Inaccuracy)), staff: at(headStaff), member: at(headMember), other: at(headOther),
	}
	for _, r := range classify.Risks {
		h.risk = append(h.risk, at(string(r)))
	}
	for _, s := range ServiceIDs {
		h.service = append(h.service, at(headService+s))
	}
	return h
}

// judge gives one mention's fast verdict.
func (c *Classifier) judge(a *analysis, m *sources.Mention) classify.Verdict {
	if m.State == sources.Deleted {
		return c.blank(m, classify.Fast)
	}
	s, own := words(m)
	c.prepare(a, s)
	d := decision{c: c, a: a, layer: &c.model.Fast, stage: classify.Fast, tunings: c.fast}
	return d.decide(m, s, own)
}

// words is the text that is judged, and whether it is the mention's own.
func words(m *sources.Mention) (s string, own bool) {
	if strings.TrimSpace(m.Text) != "" {
		return m.Text, true
	}
	return substitute(m), false
}

// prepare runs every layer below the decision over s.
func (c *Classifier) prepare(a *analysis, s string) {
	c.analyse(a, s)
	c.model.Linear.Score(&a.vector, a.logits[:len(c.model.Linear.Heads)])
	c.sign(a, a.signs[:c.signs])
	copy(a.signs[:SignHeads], a.logits[:SignHeads])
}

// blank is a verdict that says nothing yet.
func (c *Classifier) blank(m *sources.Mention, stage classify.Stage) classify.Verdict {
	name := c.name
	if stage == classify.Considered {
		name = c.consideredName
	}
	return classify.Verdict{
		ID: m.ID, Stage: stage, Model: name, Policy: c.cfg.Policy, Version: m.Version(), At: c.cfg.Now().UTC().Truncate(time.Millisecond),
		Labels: []classify.Label{}, Unsure: []classify.Label{}, Risk: []classify.Risk{}, Officers: []classify.Officer{}, Facts: []classify.FactMatch{},
		Reasons: []classify.Reason{}, Scores: make(map[classify.Label]float64, len(classify.Labels)),
	}
}

// decide weighs what the layers below said about s.
func (d *decision) decide(m *sources.Mention, s string, own bool) classify.Verdict {
	v := d.c.blank(m, d.stage)
	d.v = &v
	d.people()
	for k := range tagInaccuracy {
		d.base[k] = d.second(k)
	}
	d.facts()
	if len(d.a.items) > 0 { // a text without a word says nothing, whatever the model's leaning
		d.labels()
		d.target()
		d.risks()
		d.service()
	} else {
		d.nothing()
	}
	d.shadow(d.trial)
	d.test(s)
	if !own {
		unspan(&v)
	}
	return v
}

// substitute is what a mention without text of its own says: its title and what its pictures show.
func substitute(m *sources.Mention) string {
	parts := []string{m.Title}
	for _, x := range m.Media {
		parts = append(parts, x.Alt)
	}
	return strings.Join(parts, "\n")
}

// unspan empties every span: they point into a text that is not the mention's.
func unspan(v *classify.Verdict) {
	for i := range v.Officers {
		v.Officers[i].Start, v.Officers[i].End = 0, 0
	}
	for i := range v.Facts {
		v.Facts[i].Start, v.Facts[i].End = 0, 0
	}
	for i := range v.Reasons {
		v.Reasons[i].Start, v.Reasons[i].End = 0, 0
	}
}

// decision is one verdict in the making.
type decision struct {
	c     *Classifier
	a     *analysis
	layer *Layer
	stage classify.Stage
	read  *Reading // the encoder's, for a considered verdict; else nil
	v     *classify.Verdict
	base  scores // the layer's own, before any adjustment
	tunings
}

// nothing scores the labels of a text without words.
func (d *decision) nothing() {
	for _, l := range []classify.Label{classify.Complaint, classify.Trolling, classify.Abuse} {
		d.v.Scores[l] = 0
	}
}

// people lists the officers and members found and names junior officers.
func (d *decision) people() {
	d.v.Scores[classify.JuniorOfficer] = noJunior
	for i := range d.a.people {
		p := &d.a.people[i]
		start, end := d.a.doc.Span(p.From, p.To)
		d.v.Officers = append(d.v.Officers, classify.Officer{Name: p.Name, Grade: p.Grade, Start: start, End: end})
		if p.Grade != "junior" {
			continue
		}
		sure := juniorSure[p.How]
		if sure > d.v.Scores[classify.JuniorOfficer] {
			d.v.Scores[classify.JuniorOfficer] = sure
		}
		d.reason(string(classify.JuniorOfficer), start, end, "Names "+p.Name+", who is not a senior officer (found by "+string(p.How)+").")
	}
	if d.v.Scores[classify.JuniorOfficer] >= 0.5 {
		d.give(classify.JuniorOfficer)
	}
}

func (d *decision) give(l classify.Label) { d.v.Labels = append(d.v.Labels, l) }

func (d *decision) doubt(l classify.Label) { d.v.Unsure = append(d.v.Unsure, l) }

// labels decides complaint, trolling and abuse.
func (d *decision) labels() {
	rulings := d.rule(d.on)
	heads := [...]int{d.c.heads.complaint, d.c.heads.trolling, d.c.heads.abuse}
	for k, head := range heads {
		r, l := rulings[k], tags[k]
		d.v.Scores[l] = r.score
		if r.given {
			d.give(l)
			d.because(l, head)
		}
		if r.doubt {
			d.doubt(l)
		}
	}
	if d.a.other {
		d.reason(string(classify.Complaint), 0, 0, "Not in English, the language that the models know: somebody who reads it should look.")
	}
}

// target says at whom abuse is aimed, or that insults are aimed at somebody else.
func (d *decision) target() {
	set := func(s string) { d.v.Target = &s }
	if len(d.layer.Second) < len(Second) {
		return
	}
	if !d.v.Has(classify.Abuse) {
		if d.passes(secondStaff+2, 0) {
			set(TargetOther)
		}
		return
	}
	switch staff, member := d.second(secondStaff), d.second(secondStaff+1); {
	case staff >= bothSure && member >= bothSure:
		set(TargetBoth)
	case member > staff:
		set(TargetMember)
	default:
		set(TargetStaff)
	}
}

// otherFloor is what a risk must reach in another language than English, whose strange pieces look to the models like alarm.
const otherFloor = 0.5

// risks gives every risk whose score passes its threshold.
func (d *decision) risks() {
	floor := 0.0
	if d.a.other {
		floor = otherFloor
	}
	for i, r := range classify.Risks {
		head, k := d.c.heads.risk[i], firstRisk+i
		if k >= len(d.layer.Second) || !d.passes(k, floor) && !d.certain(r) {
			continue
		}
		d.v.Risk = append(d.v.Risk, r)
		given := false
		for _, s := range d.a.signals {
			if s.Risk == r && !given {
				start, end := d.itemSpan(s.From, s.To)
				d.reason(string(r), start, end, s.Why)
				given = true
			}
		}
		if !given {
			d.becauseWords(string(r), head, "Reads like other mentions of "+riskWords[r]+".")
		}
	}
}

// certain reports whether a rule that is enough by itself speaks for the risk.
func (d *decision) certain(r classify.Risk) bool {
	return slices.ContainsFunc(d.a.signals, func(s risk.Signal) bool { return s.Sure && s.Risk == r })
}

var riskWords = map[classify.Risk]string{
	classify.Threat: "a threat", classify.SelfHarm: "self-harm", classify.Safeguarding: "a child or adult at risk", classify.Emergency: "an emergency",
}
