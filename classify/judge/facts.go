package judge

import (
	"slices"

	"earshot/classify"
	"earshot/classify/facts"
	"earshot/classify/linear"
)

// facts lists what the register says and gives inaccuracy where a fact is contradicted.
func (d *decision) facts() {
	score := noFact
	cal, cut := &d.layer.Facts, d.cut(d.on, tagInaccuracy)
	for i := range d.a.near {
		f := &d.a.near[i]
		d.c.weigh(f, d.a.logits[:])
		least := 0.0
		if !d.on.changes(tagInaccuracy) { // below it, whichever side the text is on changes nothing
			least = min(cal.TouchThreshold, score, cut.Low)
		}
		touches, reached := cal.TouchesFrom(f, least)
		if !reached || touches < least {
			continue
		}
		against := cal.Against(f, touches)
		score = max(score, against)
		p := d.on.read(tagInaccuracy, against, &d.base)
		start, end := d.a.doc.Span(f.From, f.To)
		stance, differs := facts.Contradicts, "Differs"
		if p < cut.Threshold {
			switch {
			case p >= cut.Low && against > touches/2:
				differs = "May differ" // and whoever is asked sees from what
			case touches < cal.TouchThreshold || against > touches/2:
				continue // it may be about the fact, but nobody could say on which side
			case d.read != nil:
				stance = encoded(f)
			case f.Asking:
				stance = facts.Asks
			case f.Quoting:
				stance = facts.Quotes
			default:
				stance = facts.Agrees
			}
		}
		d.v.Facts = append(d.v.Facts, classify.FactMatch{ID: f.ID, Stance: string(stance), Start: start, End: end})
		if stance == facts.Contradicts {
			d.reason(string(classify.Inaccuracy), start, end, differs+" from fact "+f.ID+" of the register: "+d.c.statement(f.Fact))
		}
	}
	d.base[tagInaccuracy] = score
	r := d.rule(d.on)[tagInaccuracy]
	d.v.Scores[classify.Inaccuracy] = r.score
	if r.given {
		d.give(classify.Inaccuracy)
	}
	if r.doubt {
		d.doubt(classify.Inaccuracy)
	}
}

// encoded is the stance, contradiction left out, that the encoder gives most.
func encoded(f *facts.Candidate) facts.Stance {
	best, stance := f.Features[facts.FeatureAgrees], facts.Agrees
	if z := f.Features[facts.FeatureAsks]; z > best {
		best, stance = z, facts.Asks
	}
	if z := f.Features[facts.FeatureQuotes]; z > best {
		stance = facts.Quotes
	}
	return stance
}

// weigh adds to a candidate what the linear model says about the text alone.
func (c *Classifier) weigh(f *facts.Candidate, logits []float32) {
	Weigh(f, logits, c.heads.inaccuracy, c.heads.complaint, c.heads.trolling)
}

// Weigh fills in the features of f that come from the linear model's logits.
func Weigh(f *facts.Candidate, logits []float32, inaccuracy, complaint, trolling int) {
	at := func(head int) float32 {
		if head < 0 {
			return 0
		}
		return logits[head]
	}
	f.Features[facts.FeatureText] = at(inaccuracy)
	f.Features[facts.FeatureComplaint] = at(complaint)
	f.Features[facts.FeatureTrolling] = at(trolling)
}

// encodedInaccuracy is the place of the inaccuracy among an encoder's heads.
var encodedInaccuracy = slices.Index(Heads, string(classify.Inaccuracy))

// consult adds to the candidates what the encoder says, and the facts that it found.
func (c *Classifier) consult(a *analysis, r *Reading) {
	more := make([]int, 0, len(r.Facts))
	for _, f := range r.Facts {
		more = append(more, f.Fact)
	}
	a.near = a.finder.Also(a.plain, more)
	for i := range a.near {
		x := &a.near[i].Features
		x[facts.FeatureEncoded] = r.Tags[encodedInaccuracy]
		for k := range 4 {
			x[facts.FeatureContradicts+k] = noStance
		}
		for _, f := range r.Facts {
			if f.Fact == a.near[i].Fact {
				x[facts.FeatureNear] = f.Near
				copy(x[facts.FeatureContradicts:], f.Stances[:])
			}
		}
	}
	compare(a.near)
}

// compare says of every candidate how it stands among the others: of many facts about one matter a text touches one, and a writer who
// seems to contradict all of them contradicts none.
func compare(near []facts.Candidate) {
	against, touches := lead{noStance, noStance, -1}, lead{noStance, noStance, -1}
	all := float32(0)
	for i := range near {
		c, t := standing(&near[i])
		against.see(i, c)
		touches.see(i, t)
		all += sigmoid(t)
	}
	for i := range near {
		c, t := standing(&near[i])
		x := &near[i].Features
		x[facts.FeatureAgainstLead], x[facts.FeatureTouchesLead] = against.of(i, c), touches.of(i, t)
		x[facts.FeatureOthers], x[facts.FeatureCandidates] = all-sigmoid(t), float32(len(near))
	}
}

// standing is the encoder's logit that a text contradicts f, and the higher of that and its agreeing.
func standing(f *facts.Candidate) (against, touches float32) {
	against = f.Features[facts.FeatureContradicts]
	return against, max(against, f.Features[facts.FeatureAgrees])
}

func sigmoid(z float32) float32 { return float32(linear.Sigmoid(float64(z))) }

// lead holds the two highest of some numbers and where the first stands.
type lead struct {
	first, second float32
	at            int
}

func (l *lead) see(i int, z float32) {
	if z > l.first {
		l.first, l.second, l.at = z, l.first, i
		return
	}
	l.second = max(l.second, z)
}

// of is how far z, the number at i, lies above the highest of the others.
func (l *lead) of(i int, z float32) float32 {
	if i == l.at {
		return z - l.second
	}
	return z - l.first
}

// maxStatement bounds, in bytes, what a reason repeats of a fact.
const maxStatement = 300

func (c *Classifier) statement(at int) string {
	s := c.cfg.Facts[at].Statement
	if len(s) <= maxStatement {
		return s
	}
	cut := maxStatement
	for cut > 0 && s[cut]&0xC0 == 0x80 {
		cut--
	}
	return s[:cut] + "…"
}
