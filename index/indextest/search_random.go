package indextest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"earshot/casework"
	"earshot/classify"
	"earshot/index"
	"earshot/settings"
	"earshot/sources"
)

// Corpus makes mentions, casework and queries at random out of few words, names and places, so that everything meets everything.
type Corpus struct {
	r   *rand.Rand
	now time.Time
	ids []string
	n   int
	// last is the newest version of each mention, events all events of each, in order.
	last   map[string]classify.Tagged
	events []casework.Event
}

// NewCorpus returns a corpus of its own for each seed; its mentions are created in the 200 days before now.
func NewCorpus(seed uint64, now time.Time) *Corpus {
	return &Corpus{r: rand.New(rand.NewPCG(seed, 1)), now: now, last: map[string]classify.Tagged{}}
}

var (
	corpusWords = strings.Fields(`bin bins Bin collected collecting missed missed late recycling re-use reuse potholes pothole road roads
		council's Council don't dont never £12.50 5% AB1 2CD AB12CD #BinDay #binday @westgate 😡 🚮 👍🏽 parking park parks the the a of
		Jane Doe café cafe naïve ścieki dzień 道路 vergünstigung school-run it's 10:30 https://example.org/a well-being wellbeing Joan`)
	corpusPlatforms = []string{"facebook", "bluesky", "mastodon", "report"}
	corpusHandles   = []string{"ann", "bob.example.org", "Carol_C", ""}
	corpusServices  = []string{"waste", "roads", "parking", ""}
	corpusLangs     = []string{"en", "pl", "", "de-DE"}
	corpusAccounts  = []string{"o1", "o2"}
)

func pick[T any](c *Corpus, xs []T) T { return xs[c.r.IntN(len(xs))] }

func (c *Corpus) some(n int) bool { return c.r.IntN(n) == 0 }

func some2[T any](c *Corpus, xs []T) []T {
	var out []T
	for _, x := range xs {
		if c.some(3) {
			out = append(out, x)
		}
	}
	return out
}

func (c *Corpus) text() string {
	words := make([]string, 1+c.r.IntN(12))
	for i := range words {
		words[i] = pick(c, corpusWords)
	}
	return strings.Join(words, pick(c, []string{" ", " ", ", ", "\n"}))
}

// Mention returns a new mention, or a new version, another verdict or the deletion of one that was made before.
func (c *Corpus) Mention() classify.Tagged {
	if len(c.ids) > 0 && c.some(6) {
		return c.again()
	}
	c.n++
	platform := pick(c, corpusPlatforms)
	m := sources.Mention{ID: fmt.Sprintf("%s:%d", platform, c.n), Platform: platform, Source: pick(c, []string{"s1", "s2"}), Kind: sources.Post,
		Text: c.text(), Author: sources.Author{Handle: pick(c, corpusHandles)}, Lang: pick(c, corpusLangs),
		CreatedAt: c.now.Add(-time.Duration(c.r.Int64N(200*24*3600)) * time.Second), MatchedBy: some2(c, []string{"council", "Westgate"})}
	if platform == "report" {
		m.Kind, m.Relation = sources.Report, pick(c, []string{"me", "council"})
		if c.some(3) && c.n > 1 {
			m.ID = fmt.Sprintf("report:%d/%d", c.n-1, 1+c.r.IntN(3))
		}
	}
	if c.some(4) {
		m.Title = c.text()
	}
	if c.some(4) {
		m.Media = []sources.Media{{Type: "image", Alt: c.text()}}
	}
	if c.some(4) {
		m.Links = []string{"https://example.org/"}
	}
	if len(c.ids) > 0 && c.some(4) {
		m.ParentID, m.ThreadID = pick(c, c.ids), pick(c, c.ids)
	}
	t := classify.Tagged{Mention: m}
	c.judge(&t)
	return c.keep(t)
}

func (c *Corpus) keep(t classify.Tagged) classify.Tagged {
	if _, ok := c.last[t.Mention.ID]; !ok {
		c.ids = append(c.ids, t.Mention.ID)
	}
	c.last[t.Mention.ID] = t
	return t
}

func (c *Corpus) again() classify.Tagged {
	t := c.last[pick(c, c.ids)]
	switch c.r.IntN(5) {
	case 0:
		t.Mention.Text, t.Mention.State = c.text(), sources.Edited
	case 1:
		t.Mention.State = sources.Deleted
	case 2, 3:
		t.Mention.State = sources.Live
	}
	c.judge(&t)
	return c.keep(t)
}

func (c *Corpus) judge(t *classify.Tagged) {
	t.Verdict = classify.Verdict{ID: t.Mention.ID, Labels: some2(c, classify.Labels), Risk: some2(c, classify.Risks[:2]),
		Unsure: some2(c, classify.Labels[:2]), Service: pick(c, corpusServices)}
	if at := strings.Index(t.Mention.Text, "Jane"); at >= 0 {
		t.Verdict.Officers = []classify.Officer{{Name: "Jane Doe", Grade: pick(c, []settings.Grade{settings.Junior, settings.Senior}), Start: at, End: at + 4}}
	}
}

// Event returns an act on a mention that was made, that will perhaps never be made, or an act that was made before.
func (c *Corpus) Event() casework.Event {
	if len(c.events) > 0 && c.some(8) {
		return pick(c, c.events)
	}
	id := fmt.Sprintf("facebook:%d", 1+c.r.IntN(c.n+20))
	if len(c.ids) > 0 && !c.some(5) {
		id = pick(c, c.ids)
	}
	e := casework.Event{ID: fmt.Sprintf("e%d", len(c.events)), Mention: id, At: c.now.Add(time.Duration(len(c.events)) * time.Second),
		By: casework.Actor{Kind: pick(c, []string{"person", "system"}), ID: pick(c, corpusAccounts)}}
	e.Type = pick(c, []casework.Type{casework.Escalated, casework.Escalated, casework.Joined, casework.Acknowledged, casework.Relabelled,
		casework.Assigned, casework.Noted, casework.Held, casework.Replied, casework.Closed, casework.Reopened, casework.Undone,
		casework.SupportOffered, casework.Delivered})
	switch e.Type {
	case casework.Escalated:
		e.Wall = pick(c, []casework.Wall{casework.NoWall, casework.NoWall, casework.HRWall, casework.MonitoringWall})
		e.Incident = fmt.Sprintf("i%d", c.r.IntN(9))
		e.Due = c.now.Add(time.Duration(c.r.IntN(7)-3) * time.Hour)
	case casework.Joined:
		e.Incident = fmt.Sprintf("i%d", c.r.IntN(9))
	case casework.SupportOffered, casework.Closed:
		e.Wall = pick(c, []casework.Wall{casework.NoWall, casework.HRWall})
	case casework.Relabelled:
		e.Labels, e.Risk, e.Service = some2(c, classify.Labels), some2(c, classify.Risks[:2]), pick(c, corpusServices)
	case casework.Assigned:
		e.Owner = pick(c, append(corpusAccounts, ""))
	case casework.Undone:
		for _, old := range c.events {
			if old.Mention == e.Mention {
				e.Undoes = old.ID
			}
		}
	}
	if c.some(120) {
		e.Type, e.Wall = casework.Erased, casework.NoWall
	}
	c.events = append(c.events, e)
	return e
}

// Change returns a mention, an event or, now and then, a removal.
func (c *Corpus) Change() index.Change {
	switch {
	case len(c.ids) > 0 && c.some(60):
		return index.Change{Remove: pick(c, c.ids)}
	case c.some(3):
		e := c.Event()
		return index.Change{Event: &e}
	}
	t := c.Mention()
	return index.Change{Tagged: &t}
}

// Query returns a query in the language of the search page.
func (c *Corpus) Query(depth int) string {
	var parts []string
	for range c.r.IntN(4) {
		parts = append(parts, c.condition(depth))
	}
	return strings.Join(parts, " ")
}

func (c *Corpus) condition(depth int) string {
	not := ""
	if c.some(5) {
		not = "-"
	}
	word := func() string {
		for {
			if w := pick(c, corpusWords); !strings.HasPrefix(w, "http") {
				return w
			}
		}
	}
	switch c.r.IntN(10) {
	case 0, 1, 2:
		return not + word()
	case 3:
		return not + `"` + word() + " " + word() + `"`
	case 4:
		return fmt.Sprintf(`%s"%s %s"~%d`, not, word(), word(), 1+c.r.IntN(4))
	case 5:
		return not + pick(c, []string{"bi*", "col*", "re*", "#bi*", "ca*", "par*", "Ja*"})
	case 6:
		if depth > 0 {
			return not + "(" + c.condition(depth-1) + " OR " + c.condition(depth-1) + " " + c.condition(depth-1) + ")"
		}
	}
	return not + c.field()
}

func (c *Corpus) field() string {
	day := c.now.AddDate(0, 0, -c.r.IntN(200)).Format("2006-01-02")
	id := "facebook:1"
	if len(c.ids) > 0 {
		id = pick(c, c.ids)
	}
	return pick(c, []string{"tag:complaint", "tag:abuse", "tag:any", "tag:none", "risk:threat", "risk:any", "unsure:complaint", "from:@ann",
		"from:carol_c", "site:facebook", "site:report", "service:waste", "is:open", "is:new", "is:closed", "is:with_hr", "is:with_monitoring",
		"is:unowned", "is:overdue", "is:due_soon", "is:relabelled", "is:edited", "is:none", "owner:me", "owner:o1", "owner:none", "has:media", "has:link",
		"has:reply", "has:parent", "lang:en", "lang:pl", "term:council", "term:westgate", "source:s1", "hr:open", "monitoring:open", "incident:i1",
		"ref:2", "before:" + day, "after:" + day, "on:" + day, "on:" + day[:7], "id:" + id, "thread:" + id})
}
