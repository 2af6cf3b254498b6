package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"earshot/casework"
	"earshot/casework/quality"
	"earshot/classify"
	"earshot/index"
)

// SamplePage shows the mentions of the weekly sample one after another, each without what the classifier says of it.
type SamplePage struct {
	Base
	Week     string // 2026-W47; empty: no sample was drawn yet
	From, To time.Time
	Done, Of int
	Last     *SampleAnswer // the one just given
	Mention  string        // empty: all are tagged
	Platform string
	At       time.Time
	Heading2 string // the mention's own title
	Words    string
	Pictures []string // what they show
	Before   []string // what it answers, oldest first
	Labels   []Choice
	Risks    []Choice
	EventID  string
}

// SampleAnswer is what an officer and the classifier said of one mention.
type SampleAnswer struct {
	Path         string
	You, Earshot []string
	Agree        bool
}

// beforeMost bounds how much of a conversation is shown before a mention of the sample.
const beforeMost = 3

func (s *Server) sample(c *call) error {
	p := SamplePage{Base: c.base("Weekly sample"), EventID: casework.NewID(c.at)}
	draws, decisions := s.learnt()
	if len(draws) == 0 {
		return c.page(http.StatusOK, "sample", p)
	}
	d := draws[0]
	p.Week, p.From, p.To, p.Of = d.Week, d.From, d.To.Add(-time.Nanosecond), len(d.Picks)
	if id := c.r.URL.Query().Get("after"); id != "" {
		p.Last = lastAnswer(decisions, id, c.viewer.Account)
	}
	rec, done, err := s.nextOf(c, d, decisions)
	if p.Done = done; err != nil {
		return err
	}
	if rec.Mention.ID != "" {
		if err := s.showUnjudged(c, &p, rec); err != nil {
			return err
		}
	}
	return c.page(http.StatusOK, "sample", p)
}

// learnt is what is known of people's decisions; nothing where that is not kept.
func (s *Server) learnt() ([]quality.Draw, []quality.Decision) {
	if s.cfg.Learning == nil {
		return nil, nil
	}
	return s.cfg.Learning.Draws(), s.cfg.Learning.Decisions()
}

// nextOf finds the first mention of a draw that nobody has tagged and whose words are still there. Those that are gone count as done.
func (s *Server) nextOf(c *call, d quality.Draw, decisions []quality.Decision) (rec index.Record, done int, err error) {
	tagged := taggedOf(d.Week, decisions)
	for _, p := range d.Picks {
		if tagged[p.ID] {
			done++
			continue
		}
		if rec.Mention.ID != "" {
			continue
		}
		found, err := s.cfg.Record.Get(c.r.Context(), c.viewer, p.ID)
		switch {
		case errors.Is(err, index.ErrNotFound), err == nil && !judgeable(found):
			done++
		case err != nil:
			return rec, done, err
		default:
			rec = found
		}
	}
	return rec, done, nil
}

func taggedOf(week string, decisions []quality.Decision) map[string]bool {
	out := map[string]bool{}
	for _, x := range decisions {
		if x.Sample != nil && x.Sample.Week == week {
			out[x.Mention] = true
		}
	}
	return out
}

// judgeable reports whether both a person and the classifier can say something of r.
func judgeable(r index.Record) bool { return goneWhy(r) == "" && r.Verdict.Model != "" }

// showUnjudged fills in a mention without anything that tells what the classifier thinks: no tags, no covers, no case.
func (s *Server) showUnjudged(c *call, p *SamplePage, r index.Record) error {
	m := &r.Mention
	p.Mention, p.Platform, p.At, p.Heading2, p.Words = m.ID, m.Platform, m.CreatedAt, m.Title, m.Text
	for _, x := range m.Media {
		if x.Alt != "" {
			p.Pictures = append(p.Pictures, x.Alt)
		}
	}
	thread, err := s.cfg.Record.Thread(c.r.Context(), c.viewer, m.Thread(), threadRows)
	if err != nil {
		return err
	}
	for _, t := range thread {
		if t.Mention.ID != m.ID && t.Mention.CreatedAt.Before(m.CreatedAt) && t.Mention.Text != "" {
			p.Before = append(p.Before, t.Mention.Text)
		}
	}
	p.Before = p.Before[max(0, len(p.Before)-beforeMost):]
	for _, l := range classify.Labels {
		p.Labels = append(p.Labels, Choice{string(l), name(labelNames, string(l)), false})
	}
	for _, k := range classify.Risks {
		p.Risks = append(p.Risks, Choice{string(k), name(riskNames, string(k)), false})
	}
	return nil
}

// sampleAnswer takes what an officer says of one mention of a sample.
func (s *Server) sampleAnswer(c *call) error {
	id := c.r.PostForm.Get("mention")
	draws, _ := s.learnt()
	in := func(d quality.Draw) bool {
		return slices.ContainsFunc(d.Picks, func(p quality.Pick) bool { return p.ID == id })
	}
	at := slices.IndexFunc(draws, in)
	if at < 0 {
		return refuse(http.StatusUnprocessableEntity, "bad_event", "Not accepted", "This mention is not in the weekly sample. Open the page of the sample again.")
	}
	rec, err := s.cfg.Record.Get(c.r.Context(), c.viewer, id)
	if err != nil {
		return err
	}
	if !judgeable(rec) {
		return refuse(http.StatusUnprocessableEntity, "bad_event", "Not accepted", "The words of this mention are no longer kept. Open the page of the sample again.")
	}
	form := formEvent(c.r.PostForm)
	e := casework.Event{Type: casework.Audited, Mention: id, At: c.at.UTC(), By: c.actor(), Labels: form.Labels, Risk: form.Risk,
		Judged: casework.JudgedBy(&rec.Verdict), Sample: sampledFrom(&draws[at], id), ID: casework.DerivedID("audit", c.viewer.Account, id, form.ID)}
	if err := e.Validate(); err != nil {
		return err
	}
	if err := s.cfg.Acts.Append(c.r.Context(), []casework.Event{e}); err != nil {
		return err
	}
	s.metrics.acted(1)
	return c.redirect("/numbers/audit?after=" + url.QueryEscape(id))
}

func sampledFrom(d *quality.Draw, id string) *casework.Sampled {
	at := slices.IndexFunc(d.Picks, func(p quality.Pick) bool { return p.ID == id })
	st := d.Stratum(d.Picks[at].Stratum)
	return &casework.Sampled{Week: d.Week, Stratum: st.Name, Of: st.Of, Drawn: st.Drawn}
}

// lastAnswer is what account said of a mention last, nil when nothing.
func lastAnswer(decisions []quality.Decision, id, account string) *SampleAnswer {
	for _, x := range slices.Backward(decisions) {
		if x.Mention != id || x.Sample == nil || x.By != account {
			continue
		}
		a := &SampleAnswer{Path: casePath(id), You: namesOf(x.Labels), Earshot: namesOf(x.Judged.Labels)}
		slices.Sort(a.You)
		slices.Sort(a.Earshot)
		a.Agree = slices.Equal(a.You, a.Earshot)
		return a
	}
	return nil
}

func namesOf(labels []classify.Label) []string {
	out := make([]string, 0, len(labels))
	for _, l := range labels {
		out = append(out, name(labelNames, string(l)))
	}
	return out
}
