package gdelt

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"earshot/settings"
	"earshot/sources"
)

// Connector is the news search of the GDELT Project.
var Connector = sources.Connector{
	Name: "gdelt", Title: "News of the world (GDELT)", New: New, Every: every, PerDay: perDay, Recheck: 30 * 24 * time.Hour, Batch: 1,
	About: sources.About{
		Reads:    "Headlines and addresses of online news that hold your words, from most countries, within about 15 minutes.",
		Access:   "No key.",
		Price:    "Nothing. Name the GDELT Project where you show what it found.",
		Approval: "Nobody is asked.",
		Cannot:   "The text of an article and who wrote it. Add the feeds of the local papers too: these bring more and sooner.",
	},
	Options: []sources.Field{
		{Name: "query", Label: "Search for", Hint: "A phrase in quotation marks; several in brackets with OR between; - before what must not occur.",
			Example: `("Exampleford District Council" OR "Exampleford council")`, Needed: true},
		{Name: "country", Label: "Papers of", Hint: "UK: only of the United Kingdom. any: of all countries, with its namesakes.", Values: []string{"UK", "any"}},
	},
}

const (
	every    = 15 * time.Minute
	perDay   = 14_400 // one in six seconds
	overlap  = 6 * time.Hour
	pageSize = 250 // the most GDELT gives
	api      = "https://api.gdeltproject.org/api/v2/doc/doc"
	clock    = "20060102150405"
	patience = time.Minute
	longest  = 30 * time.Minute
)

// spacing is what GDELT wants of one caller, however many sources a process has.
var spacing = rate.NewLimiter(rate.Every(6*time.Second), 1)

type search struct {
	query  string
	by     []string
	call   *sources.Caller
	pages  *sources.Caller // the papers themselves
	wait   time.Duration   // the next one, when GDELT asks for patience again
	copies map[string]string
	sources.Poller
}

var _ sources.Rechecker = (*search)(nil)

// New makes the reader of a search.
func New(s settings.Source, d sources.Deps) (sources.Source, error) {
	o := sources.OptionsOf(s, "a GDELT source")
	x := &search{query: o.Need("query", "the words to search for"), wait: patience, copies: map[string]string{}}
	x.by = []string{"keyword:" + x.query}
	if cmp.Or(o.Text("country"), "UK") == "UK" {
		x.query += " sourcecountry:UK"
	}
	client := d.HTTP(s)
	x.call = &sources.Caller{Client: client, Name: "GDELT", Refused: x.refused, Now: d.Now}
	x.pages = &sources.Caller{Client: client, Name: "The paper", Now: d.Now}
	x.Poller = sources.Poller{Fetch: x.fetch, Every: sources.Every(s, every), Overlap: overlap, PerDay: perDay, Now: d.Now}
	return x, o.Err()
}

// fetch reads one page; a token is the time before which the next one lies.
func (x *search) fetch(ctx context.Context, r sources.PageRequest) (p sources.Page, err error) {
	if spacing.Wait(ctx) != nil {
		<-ctx.Done()
		return p, ctx.Err()
	}
	q := url.Values{"query": {x.query}, "mode": {"artlist"}, "format": {"json"}, "maxrecords": {strconv.Itoa(pageSize)}, "sort": {"datedesc"}}
	if r.Token == "" { // up to now, by GDELT's own clock
		q.Set("timespan", fmt.Sprintf("%dmin", int(x.Time().Sub(r.Since)/time.Minute)+1))
	} else {
		q.Set("startdatetime", r.Since.UTC().Format(clock))
		q.Set("enddatetime", r.Token)
	}
	res, err := x.call.Get(ctx, api+"?"+q.Encode(), "Accept", "application/json")
	if err != nil {
		return p, err
	}
	articles, err := x.decode(res)
	if err != nil {
		return p, err
	}
	x.wait = patience
	for i := range articles {
		if m := articles[i].mention(); !x.copied(&m) {
			m.MatchedBy = x.by
			p.Items = append(p.Items, sources.Item{Mention: m})
		}
	}
	if len(articles) >= pageSize {
		p.Next = before(articles[len(articles)-1].Seen.at, r.Token)
	}
	return p, nil
}

// before is where the next page begins: with the oldest of this one, whose quarter of an hour may hold more; a second earlier when that
// quarter alone filled the page.
func before(oldest time.Time, token string) string {
	if next := oldest.Format(clock); next != token {
		return next
	}
	return oldest.Add(-time.Second).Format(clock)
}

func (x *search) decode(r sources.Response) ([]article, error) {
	var out struct {
		Articles []article `json:"articles"`
	}
	body := bytes.TrimSpace(r.Body)
	if len(body) > 0 && body[0] != '{' && !sources.IsHTML(body) {
		return nil, x.said(string(body))
	}
	if x.call.Decode(r, &out) == nil {
		return out.Articles, nil
	}
	r.Body, out.Articles = bytes.ToValidUTF8(bytes.Map(noControl, body), nil), nil
	err := x.call.Decode(r, &out)
	return out.Articles, err
}

// noControl makes spaces of what JSON forbids within words, and of line breaks between them.
func noControl(r rune) rune {
	if r < ' ' {
		return ' '
	}
	return r
}

// said tells what GDELT means by a sentence instead of an answer.
func (x *search) said(s string) error {
	s = strings.Join(strings.Fields(sources.PlainText(s)), " ")
	s = s[:min(len(s), 200)]
	switch low := strings.ToLower(s); {
	case strings.Contains(low, "limit requests"):
		return x.patience()
	case strings.Contains(low, "too short"), strings.Contains(low, "too common"), strings.Contains(low, "too long"), strings.Contains(low, "quer"), strings.Contains(low, "keyword"):
		return sources.Stopf("GDELT does not take the query. It says: %s Correct the query of this source.", strings.ToValidUTF8(s, ""))
	}
	return &sources.Fault{Sentence: "GDELT answered with a sentence instead of data. It is tried again."}
}

func (x *search) refused(r sources.Response, err error) error {
	var w *sources.Wait
	if (r.Status == http.StatusTooManyRequests || r.Status == http.StatusServiceUnavailable) && !errors.As(err, &w) {
		return x.patience()
	}
	return err
}

func (x *search) patience() error {
	until := x.Time().Add(x.wait)
	x.wait = min(2*x.wait, longest)
	return sources.Waitf(until, "GDELT asks for patience. It is asked again at %s.", until.UTC().Format("15:04 MST"))
}

const maxCopies = 20_000

// copied says that m is a copy of an article met before under another address. The first one stays the one that counts, so that a sweep that is
// repeated brings the same.
func (x *search) copied(m *sources.Mention) bool {
	key := m.Author.Name + "\x00" + m.CreatedAt.Format(time.DateOnly) + "\x00" + strings.ToLower(m.Title)
	if first, ok := x.copies[key]; ok {
		return first != m.ID
	}
	if len(x.copies) >= maxCopies {
		clear(x.copies)
	}
	x.copies[key] = m.ID
	return false
}

// Recheck asks the papers for the articles' addresses. What they refuse to say changes nothing.
func (x *search) Recheck(ctx context.Context, held []sources.Mention) (out []sources.Mention, err error) {
	for i := range held {
		req, err := http.NewRequestWithContext(ctx, http.MethodHead, held[i].Permalink, nil)
		if err != nil {
			continue
		}
		r, err := x.pages.Do(req)
		switch {
		case r.Status == http.StatusNotFound, r.Status == http.StatusGone:
			out = append(out, sources.Gone(&held[i], x.Time()))
		case err != nil && !(errors.Is(err, sources.ErrStop) && r.Status != 0):
			return nil, err
		}
	}
	return out, nil
}
