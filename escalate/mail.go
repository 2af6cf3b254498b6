package escalate

import (
	"bytes"
	"cmp"
	"context"
	"embed"
	"fmt"
	htmltemplate "html/template"
	"net/url"
	"slices"
	"strconv"
	"strings"
	texttemplate "text/template"
	"time"

	"earshot/casework"
	"earshot/classify"
	"earshot/settings"
)

//go:embed templates
var templateFiles embed.FS

var (
	textTemplates = texttemplate.Must(texttemplate.ParseFS(templateFiles, "templates/*.txt"))
	htmlTemplates = htmltemplate.Must(htmltemplate.ParseFS(templateFiles, "templates/*.html"))
)

const (
	subjectRunes = 150
	summaryRows  = 50 // incidents listed in a summary; the rest is counted
)

// IncidentMail is what the templates incident.txt and incident.html show. Walled mails have no Mentions, no Draft and no Tags.
type IncidentMail struct {
	Council   string
	Subject   string
	Reference string
	Headline  string
	Urgent    bool
	Again     string // says that this is a reminder or a next step
	Because   []string
	Beside    []string // who else has a part of it
	Steps     []string
	Due       string
	Tags      []TagLine
	Mentions  []MentionLine
	Count     int
	More      int // mentions that are not quoted
	Facts     []FactLine
	Draft     string
	Incident  string // URLs
	Ack       string
	AckDays   int
}

// TagLine is a tag with how sure it is and the reasons for it.
type TagLine struct {
	Name, Sure string
	Why        []string
}

// MentionLine is one quoted mention.
type MentionLine struct {
	Platform, Author, When string
	Lines                  []string
	Shortened, Gone        bool
	Link, Case             string
}

// FactLine is a statement of the register that the mention contradicts.
type FactLine struct{ Statement, Source string }

// SummaryMail is what the templates summary.txt and summary.html show.
type SummaryMail struct {
	Council   string
	Subject   string
	Urgent    bool
	Count     int
	Rows      []SummaryRow
	More      int
	Incidents string // URL of the list
	AckDays   int
}

// SummaryRow is one incident of a summary.
type SummaryRow struct{ Title, Incident, Ack string }

// compose renders the mail about jobs to one recipient. What it says may differ between two tries, its Message-ID never does.
func (d *Dispatcher) compose(ctx context.Context, to string, urgent bool, jobs []job) (Notification, error) {
	t, now := d.table.Load(), d.now()
	n := Notification{From: t.from(), To: to, Date: now, Headers: map[string]string{"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}}
	domain := domainOf(n.From)
	if len(jobs) > 1 {
		n.MessageID = messageID(summaryKey(to, jobs), domain)
		n.Headers["X-Earshot-Incidents"] = strconv.Itoa(len(jobs))
		n.Headers["List-Id"] = listID(t, "summary", domain)
		page := d.summaryMail(t, to, urgent, jobs, now)
		n.Subject = page.Subject
		return n, render("summary", page, &n)
	}
	j := jobs[0]
	i, ok := d.cfg.Ledger.view(j.Incident)
	if !ok {
		return n, fmt.Errorf("compose mail: incident %s is not in the ledger", j.Incident)
	}
	n.MessageID = messageID(mailKey(j.Incident, to, j.Step), domain)
	for _, m := range i.Mails { // a later mail threads under those the recipient has
		if m.Refused == "" && (strings.EqualFold(m.To, to) || len(n.References) == 0) && m.MessageID != n.MessageID {
			n.References = append(n.References, m.MessageID)
		}
	}
	if len(n.References) > 0 {
		n.InReplyTo = n.References[len(n.References)-1]
		n.References = n.References[max(0, len(n.References)-10):]
	}
	n.Headers["X-Earshot-Incident"] = i.ID
	n.Headers["X-Earshot-Audience"] = i.Audience
	n.Headers["X-Earshot-Step"] = strconv.Itoa(j.Step)
	n.Headers["List-Id"] = listID(t, i.Audience, domain)
	if urgent {
		n.Headers["Importance"] = "high"
	}
	page := d.incidentMail(ctx, t, i, to, j.Step, now)
	n.Subject = page.Subject
	return n, render("incident", page, &n)
}

func render(name string, page any, n *Notification) error {
	var text, html bytes.Buffer
	if err := textTemplates.ExecuteTemplate(&text, name+".txt", page); err != nil {
		return fmt.Errorf("render mail: %w", err)
	}
	if err := htmlTemplates.ExecuteTemplate(&html, name+".html", page); err != nil {
		return fmt.Errorf("render mail: %w", err)
	}
	n.Text, n.HTML = text.String(), html.String()
	return nil
}

func (d *Dispatcher) incidentMail(ctx context.Context, t *Table, i Incident, to string, step int, now time.Time) IncidentMail {
	p := IncidentMail{Council: t.council.Name, Reference: i.Reference, Headline: i.Reasons[0].Title(), Urgent: i.Reasons[0].Urgent(), Count: len(i.Mentions),
		Incident: d.url("incidents", i.ID), Ack: d.ackURL(i.ID, to, now), AckDays: int(AckLife / (24 * time.Hour))}
	if step > 0 {
		p.Again = "Nobody has acknowledged this yet."
	}
	if !i.Due.IsZero() {
		p.Due = clock(i.Due, now, t.calendar.Location())
	}
	if i.Wall != casework.NoWall {
		return walledMail(p, i, step)
	}
	for _, r := range i.Reasons {
		p.Because = append(p.Because, r.Because())
		if s := r.Suggestion(); !slices.Contains(p.Steps, s) {
			p.Steps = append(p.Steps, s)
		}
	}
	var first classify.Tagged
	for k, id := range i.Mentions[:min(len(i.Mentions), cardsPerMail)] {
		tagged := d.find(ctx, id)
		if k == 0 {
			first = tagged
		}
		p.Mentions = append(p.Mentions, d.mentionLine(t, &tagged))
	}
	p.More = len(i.Mentions) - len(p.Mentions)
	p.Tags = tagLines(t, &first)
	for _, f := range t.contradicted(i, &first.Verdict) {
		p.Facts = append(p.Facts, FactLine{Statement: oneLine(f.Statement, 400), Source: f.SourceURL})
	}
	p.Beside = d.beside(i.Mentions[0])
	p.Draft = t.draft(i, &first, p.Due)
	p.Subject = subject(t, i, &first, step, p.Due)
	return p
}

// walledMail says that somebody may need support, and nothing of who or what: the case is behind sign-in.
func walledMail(p IncidentMail, i Incident, step int) IncidentMail {
	p.Headline = "A colleague may need support"
	if i.Audience == AudienceMonitoring {
		p.Headline = "A member may need support"
	}
	p.Steps = []string{"Sign in to open the case. The words are covered there until you ask for them."}
	parts := []string{p.Headline, "reference " + i.Reference}
	if p.Urgent = slices.ContainsFunc(i.Reasons, Reason.Urgent); p.Urgent {
		parts = append([]string{"Urgent"}, parts...)
		p.Steps = append([]string{"It may be about a danger to somebody: please open it at once."}, p.Steps...)
	}
	p.Subject = oneLine(reminding(step)+strings.Join(parts, " · "), subjectRunes)
	return p
}

func reminding(step int) string {
	if step == 0 {
		return ""
	}
	return "Reminder: "
}

// subject says what, where, about what and how long it may wait.
func subject(t *Table, i Incident, first *classify.Tagged, step int, due string) string {
	parts := []string{i.Reasons[0].Title()}
	if i.Reasons[0].Urgent() {
		parts = append(parts, "unconfirmed")
	}
	if len(i.Mentions) > 1 {
		parts[0] += fmt.Sprintf(" (%d mentions)", len(i.Mentions))
	}
	parts = append(parts, PlatformName(first.Mention.Platform))
	if name := t.services[first.Verdict.Service]; name != "" && first.Verdict.Service != "other" {
		parts = append(parts, name)
	}
	if due != "" {
		parts = append(parts, "answer by "+due)
	}
	return oneLine(reminding(step)+strings.Join(parts, " · "), subjectRunes)
}

func (d *Dispatcher) mentionLine(t *Table, tagged *classify.Tagged) MentionLine {
	m := &tagged.Mention
	out := MentionLine{Platform: PlatformName(m.Platform), Author: oneLine(cmp.Or(m.Author.Handle, m.Author.Name), 80), Case: d.url("cases", m.ID)}
	if !m.CreatedAt.IsZero() {
		out.When = m.CreatedAt.In(t.calendar.Location()).Format("Mon 2 Jan 2006 15:04")
	}
	if u, err := url.Parse(m.Permalink); err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" {
		out.Link = u.String()
	}
	text := m.Text
	if m.Title != "" && !strings.HasPrefix(text, m.Title) && len(tagged.Verdict.Reasons) == 0 && len(tagged.Verdict.Officers) == 0 {
		text = m.Title + "\n" + text
	}
	switch {
	case m.State == "deleted" || m.State == "withheld":
		out.Gone = true
	case strings.TrimSpace(text) != "":
		out.Lines, out.Shortened = t.words(text, &tagged.Verdict)
	}
	return out
}

// tagLines lists labels and risks with how sure and why. The words that did it are in the quotation; here are the sentences.
func tagLines(t *Table, tagged *classify.Tagged) (out []TagLine) {
	v := &tagged.Verdict
	whys := func(name string) (ws []string) {
		for _, r := range v.Reasons {
			if r.Label == name && r.Why != "" && !slices.Contains(ws, r.Why) && len(ws) < 3 {
				ws = append(ws, oneLine(hide(r.Why, t.spans(r.Why, &classify.Verdict{Officers: namesOnly(v.Officers)})), 200))
			}
		}
		return ws
	}
	for _, r := range v.Risk {
		out = append(out, TagLine{Name: Reason(r).Title(), Sure: "unconfirmed", Why: whys(string(r))})
	}
	for _, l := range v.Labels {
		out = append(out, TagLine{Name: labelTitle(l), Sure: sure(v, l), Why: whys(string(l))})
	}
	return out
}

// namesOnly keeps the names and drops offsets that belong to another text.
func namesOnly(in []classify.Officer) []classify.Officer {
	out := slices.Clone(in)
	for i := range out {
		out[i].Start, out[i].End = 0, 0
	}
	return out
}

func labelTitle(l classify.Label) string {
	switch l {
	case classify.Abuse:
		return "Abuse"
	case classify.Inaccuracy:
		return "Inaccuracy"
	case classify.JuniorOfficer:
		return "Junior officer named"
	case classify.Trolling:
		return "Trolling"
	}
	return "Complaint"
}

// contradicted lists the facts that a verdict, or the officer who confirmed it, says a mention contradicts; none while that is only unsure.
func (t *Table) contradicted(i Incident, v *classify.Verdict) (out []settings.Fact) {
	if !v.Has(classify.Inaccuracy) && !slices.Contains(i.Reasons, ReasonInaccuracy) {
		return nil
	}
	for _, m := range v.Facts {
		if f, ok := t.facts[m.ID]; ok && m.Stance == "contradicts" {
			out = append(out, f)
		}
	}
	return out
}

// beside says in words, and no more, that another desk has a part.
func (d *Dispatcher) beside(mention string) (out []string) {
	for _, other := range d.cfg.Ledger.Of(casework.Viewer{Role: casework.System}, mention) {
		switch other.Wall {
		case casework.HRWall:
			out = append(out, "The abuse in it is with HR.")
		case casework.MonitoringWall:
			out = append(out, "The abuse in it is with the Monitoring Officer.")
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (d *Dispatcher) summaryMail(t *Table, to string, urgent bool, jobs []job, now time.Time) SummaryMail {
	p := SummaryMail{Council: t.council.Name, Urgent: urgent, Count: len(jobs), Incidents: strings.TrimSuffix(d.cfg.PublicURL, "/") + "/incidents",
		AckDays: int(AckLife / (24 * time.Hour))}
	for _, j := range jobs[:min(len(jobs), summaryRows)] {
		i, ok := d.cfg.Ledger.view(j.Incident)
		if !ok {
			continue
		}
		title := "Reference " + i.Reference
		if i.Wall == casework.NoWall {
			title = i.Reasons[0].Title()
			if name := t.services[i.Service]; name != "" && i.Service != "other" {
				title += " · " + name
			}
			if len(i.Mentions) > 1 {
				title += fmt.Sprintf(" · %d mentions", len(i.Mentions))
			}
			if !i.Due.IsZero() {
				title += " · answer by " + clock(i.Due, now, t.calendar.Location())
			}
		}
		p.Rows = append(p.Rows, SummaryRow{Title: title, Incident: d.url("incidents", i.ID), Ack: d.ackURL(i.ID, to, now)})
	}
	p.More = len(jobs) - len(p.Rows)
	p.Subject = fmt.Sprintf("%d more incidents wait for somebody", len(jobs))
	if urgent {
		p.Subject = "Urgent · " + p.Subject
	}
	return p
}

func (d *Dispatcher) url(kind, id string) string {
	return strings.TrimSuffix(d.cfg.PublicURL, "/") + "/" + kind + "/" + url.PathEscape(id)
}

func (d *Dispatcher) ackURL(incident, to string, now time.Time) string {
	return d.url("ack", d.cfg.Signer.Sign(incident, to, now.Add(AckLife).Truncate(time.Minute)))
}

func summaryKey(to string, jobs []job) string {
	parts := []string{"summary", strings.ToLower(to)}
	for _, j := range jobs {
		parts = append(parts, j.Incident, strconv.Itoa(j.Step))
	}
	return casework.DerivedID(parts...)
}

// from is the sender; without one in council.yaml the first publicity address writes.
func (t *Table) from() string {
	in := t.council.Inboxes
	switch {
	case in.From != "":
		return in.From
	case len(in.Publicity) > 0:
		return in.Publicity[0]
	}
	return "earshot@localhost"
}

func domainOf(address string) string { return address[strings.LastIndexByte(address, '@')+1:] }

func listID(t *Table, what, domain string) string {
	return "Earshot " + strings.ReplaceAll(what, "_", " ") + " <" + strings.ReplaceAll(what, "_", "-") + ".earshot." + domain + ">"
}

func percent(p float64) string { return strconv.Itoa(int(p*100+0.5)) + "% sure" }
