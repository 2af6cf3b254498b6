package main

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"earshot/classify"
	"earshot/classify/corpus"
)

// count is a table of right and wrong answers.
type count struct{ tp, fp, fn, tn int }

func (c *count) add(want, got bool) {
	switch {
	case want && got:
		c.tp++
	case want:
		c.fn++
	case got:
		c.fp++
	default:
		c.tn++
	}
}

func (c *count) plus(o count) { c.tp += o.tp; c.fp += o.fp; c.fn += o.fn; c.tn += o.tn }

func ratio(a, b int) float64 {
	if b == 0 {
		return math.NaN()
	}
	return float64(a) / float64(b)
}

func (c count) precision() float64 { return ratio(c.tp, c.tp+c.fp) }
func (c count) recall() float64    { return ratio(c.tp, c.tp+c.fn) }
func (c count) f1() float64        { return ratio(2*c.tp, 2*c.tp+c.fp+c.fn) }

// draws is how many bootstrap samples an interval rests on.
const draws = 2000

// interval is the 95 % bootstrap interval of F1 over the posts, from a fixed seed.
func (c count) interval() (lo, hi float64) {
	n := c.tp + c.fp + c.fn + c.tn
	if c.tp+c.fn == 0 || n == 0 {
		return math.NaN(), math.NaN()
	}
	r := rand.New(rand.NewPCG(1, 1))
	fs := make([]float64, draws)
	for i := range fs {
		var d count
		d.tp, d.fp, d.fn = poisson(r, c.tp), poisson(r, c.fp), poisson(r, c.fn)
		fs[i] = 0
		if d.tp+d.fp+d.fn > 0 {
			fs[i] = d.f1()
		}
	}
	slices.Sort(fs)
	return fs[draws/40], fs[draws-draws/40-1]
}

// poisson draws how often a cell of mean posts is hit when the posts are drawn again: the Poisson bootstrap.
func poisson(r *rand.Rand, mean int) int {
	if mean > 200 {
		return max(0, int(math.Round(float64(mean)+math.Sqrt(float64(mean))*r.NormFloat64())))
	}
	n, p, limit := 0, 1.0, math.Exp(-float64(mean))
	for {
		if p *= r.Float64(); p <= limit {
			return n
		}
		n++
	}
}

// share is a part of a whole.
type share struct{ part, whole int }

func (s *share) add(hit bool) {
	s.whole++
	if hit {
		s.part++
	}
}
func (s *share) plus(o share)  { s.part += o.part; s.whole += o.whole }
func (s share) value() float64 { return ratio(s.part, s.whole) }

// interval is Wilson's, 95 %.
func (s share) interval() (lo, hi float64) {
	n, p, z := float64(s.whole), s.value(), 1.96
	if s.whole == 0 {
		return math.NaN(), math.NaN()
	}
	mid, half := (p+z*z/(2*n))/(1+z*z/n), z*math.Sqrt(p*(1-p)/n+z*z/(4*n*n))/(1+z*z/n)
	return mid - half, mid + half
}

const bins = 15

// measure adds up the figures of judged posts.
type measure struct {
	labels                                     [5]count
	risks                                      [4]count
	anyRisk                                    count
	complaintAsAbuse, falseAlarm, trueAsFalse  share
	target, factMatched, officerFound, service share
	unsure                                     share
	bin                                        [bins]struct{ p, n, y float64 }
	took                                       time.Duration
	posts                                      int

	by     map[string]*slice
	errors string
	out    io.Writer
}

func (m *measure) add(posts []corpus.Post, got []classify.Verdict) {
	for i := range posts {
		m.one(&posts[i], &got[i])
	}
}

func (m *measure) one(p *corpus.Post, v *classify.Verdict) {
	m.posts++
	m.slice(p, v)
	for k, l := range classify.Labels {
		want, has := p.Has(string(l)), v.Has(l)
		m.labels[k].add(want, has)
		if want != has {
			m.list(string(l), p, v)
		}
		b := min(bins-1, int(v.Scores[l]*bins))
		m.bin[b].n++
		m.bin[b].p += v.Scores[l]
		if want {
			m.bin[b].y++
		}
	}
	for k, r := range classify.Risks {
		want, has := slices.Contains(p.Risk, string(r)), slices.Contains(v.Risk, r)
		m.risks[k].add(want, has)
		if want != has {
			m.list(string(r), p, v)
		}
	}
	m.anyRisk.add(len(p.Risk) > 0, len(v.Risk) > 0)
	if (len(p.Risk) > 0) != (len(v.Risk) > 0) {
		m.list("risk", p, v)
	}
	if p.Has("complaint") && !p.Has("abuse") {
		m.complaintAsAbuse.add(v.Has(classify.Abuse))
	}
	if len(p.Labels) == 0 && len(p.Risk) == 0 {
		m.falseAlarm.add(len(v.Labels) > 0)
		if len(v.Labels) > 0 {
			m.list("alarm", p, v)
		}
	}
	if len(p.Facing("agrees")) > 0 && !p.Has("inaccuracy") {
		m.trueAsFalse.add(v.Has(classify.Inaccuracy))
	}
	if p.Has("abuse") && v.Has(classify.Abuse) {
		right := v.Target != nil && *v.Target == p.Target
		m.target.add(right)
		if !right {
			m.list("target", p, v)
		}
	}
	for _, id := range p.Facing("contradicts") {
		right := slices.ContainsFunc(v.Facts, func(f classify.FactMatch) bool { return f.ID == id && f.Stance == "contradicts" })
		m.factMatched.add(right)
		if !right {
			m.list("fact", p, v)
		}
	}
	for _, n := range p.Officers {
		if n.Name == "" {
			continue
		}
		right := slices.ContainsFunc(v.Officers, func(o classify.Officer) bool { return o.Name == n.Name })
		m.officerFound.add(right)
		if !right {
			m.list("officer", p, v)
		}
	}
	if p.Service != "" {
		m.service.add(v.Service == p.Service)
		if v.Service != p.Service {
			m.list("service", p, v)
		}
	}
	m.unsure.add(len(v.Unsure) > 0)
}

func (m *measure) list(what string, p *corpus.Post, v *classify.Verdict) {
	if m.errors != what {
		return
	}
	target := "-"
	if v.Target != nil {
		target = *v.Target
	}
	var found []string
	for _, o := range v.Officers {
		found = append(found, o.Name+"/"+string(o.Grade))
	}
	for _, f := range v.Facts {
		found = append(found, f.ID+" "+f.Stance)
	}
	fmt.Fprintf(m.out, "%s want %v %s %v %s facts=%v | got %v %s %v %s %v %.2f\n    %s\n", p.ID, p.Labels, p.Target, p.Risk, p.Service, p.Facts,
		v.Labels, target, v.Risk, v.Service, found, v.Scores[classify.Label(what)], strings.ReplaceAll(p.Text, "\n", " / "))
}

func (m *measure) merge(o *measure) {
	m.mergeSlices(o)
	for k := range m.labels {
		m.labels[k].plus(o.labels[k])
	}
	for k := range m.risks {
		m.risks[k].plus(o.risks[k])
	}
	m.anyRisk.plus(o.anyRisk)
	for _, x := range []struct{ a, b *share }{
		{&m.complaintAsAbuse, &o.complaintAsAbuse}, {&m.falseAlarm, &o.falseAlarm}, {&m.trueAsFalse, &o.trueAsFalse}, {&m.target, &o.target},
		{&m.factMatched, &o.factMatched}, {&m.officerFound, &o.officerFound}, {&m.service, &o.service}, {&m.unsure, &o.unsure},
	} {
		x.a.plus(*x.b)
	}
	for k := range m.bin {
		m.bin[k].n += o.bin[k].n
		m.bin[k].p += o.bin[k].p
		m.bin[k].y += o.bin[k].y
	}
	m.took += o.took
	m.posts += o.posts
}

// ece is the mean distance between score and share of truth over bins, by size.
func (m *measure) ece() float64 {
	sum, n := 0.0, 0.0
	for _, b := range m.bin {
		sum += math.Abs(b.p - b.y)
		n += b.n
	}
	return sum / n
}

func (m *measure) macro() float64 {
	sum := 0.0
	for _, c := range m.labels {
		sum += c.f1()
	}
	return sum / float64(len(m.labels))
}

// line prints one world's figures on one line.
func (m *measure) line(w io.Writer, name string) {
	fmt.Fprintf(w, "%-8s macro %.3f |", name, m.macro())
	for k, l := range classify.Labels {
		fmt.Fprintf(w, " %s %.3f", l, m.labels[k].f1())
	}
	fmt.Fprintf(w, " | risk R %.2f P %.2f | alarm %.2f\n", m.anyRisk.recall(), m.anyRisk.precision(), m.falseAlarm.value())
}

func row(w io.Writer, name string, c count) {
	lo, hi := c.interval()
	fmt.Fprintf(w, "%-28s %9.3f %9.3f %9.3f  [%.3f, %.3f]\n", name, c.precision(), c.recall(), c.f1(), lo, hi)
}

// print writes the table.
func (m *measure) print(w io.Writer) {
	fmt.Fprintf(w, "%-28s %9s %9s %9s\n", "", "precision", "recall", "F1")
	for k, l := range classify.Labels {
		c := m.labels[k]
		row(w, string(l), c)
	}
	fmt.Fprintf(w, "%-28s %9s %9s %9.3f\n", "macro over the five", "", "", m.macro())
	for k, r := range classify.Risks {
		c := m.risks[k]
		row(w, "risk: "+string(r), c)
	}
	row(w, "risk: any", m.anyRisk)
	fmt.Fprintln(w)
	for _, x := range []struct {
		name string
		s    share
	}{
		{"complaints called abuse", m.complaintAsAbuse}, {"false alarms, no tag", m.falseAlarm}, {"true called false", m.trueAsFalse}, {"target of abuse right", m.target},
		{"fact matched", m.factMatched}, {"officer found", m.officerFound}, {"service right", m.service}, {"something unsure", m.unsure},
	} {
		lo, hi := x.s.interval()
		fmt.Fprintf(w, "%-28s %9.3f  [%.3f, %.3f] of %d\n", x.name, x.s.value(), lo, hi, x.s.whole)
	}
	fmt.Fprintf(w, "%-28s %9.3f\n", "calibration error, 15 bins", m.ece())
	if m.posts > 0 {
		fmt.Fprintf(w, "%-28s %9s\n", "time a mention", (m.took / time.Duration(m.posts)).Round(100*time.Nanosecond))
	}
}
