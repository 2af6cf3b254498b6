package x

import (
	"bytes"
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"earshot/settings"
	"earshot/sources"
)

// Connector is a search of X, or the mentions of one account.
var Connector = sources.Connector{
	Name: "x", Title: "X (Twitter)", New: New, Every: every, PerDay: perDay,
	Recheck: 7 * 24 * time.Hour, Batch: 100,
	About: sources.About{
		Reads: "Public posts that a search finds, or that mention the council's account, of the last seven days and from then on.",
		Access: "A bearer token of an app in the X developer console. NOTICE: X's Developer Agreement (Government Use) demands an Enterprise plan for users who " +
			"are, or act for, a government body, named in the use case. A council is within that wording: get X's written clearance before switching this on. Its " +
			"terms also forbid watching individuals, protests, activists and unions.",
		Price: "$0.005 for each post returned and $0.010 for each author; $0.001 for mentions where X counts them as owned reads. Every post held is asked for again " +
			"each week, since X tells no reader of a deletion, and is charged again. Set a spending cap in the console.",
		Approval: "Months, for the Enterprise clearance.",
		Cannot:   "Protected posts, direct messages, and posts older than seven days. Until X has agreed, use the notification mailbox and staff reports.",
	},
	Options: []sources.Field{
		{Name: "query", Label: "Search for", Hint: "In X's own search language, 498 characters at most. Empty: what mentions the account below.",
			Example: `("Exampleford District Council" OR @ExamplefordDC OR #Exampleford) lang:en`},
		{Name: "user_id", Label: "Number of the council's account", Hint: "The numeric id, not the handle; its own posts are left out.", Example: "1400000000000000009"},
		{Name: "fields", Label: "Name of the field list", Hint: "Which of its two spellings the interface wants.", Values: []string{"tweet.fields", "post.fields"}},
	},
	Keys: []sources.Field{{Name: keyToken, Label: "Bearer token", Hint: "Developer console, the app, Keys and tokens.", Needed: true}},
}

const (
	keyToken = "bearer_token"
	host     = "https://api.x.com"
	every    = 5 * time.Minute
	perDay   = 43_200 // 450 requests in 15 min
	pageSize = "100"
	maxQuery = 512
	window   = 7*24*time.Hour - 12*time.Hour // how far back a search asks: of the 7 days allowed, so that the pages of a long one are not refused
	threadOf = "25"                          // posts of a conversation: each costs money
)

type reader struct {
	query, user, fields string
	call                *sources.Caller
	sources.Poller
}

var (
	_ sources.Rechecker = (*reader)(nil)
	_ sources.Threader  = (*reader)(nil)
)

// New makes the reader of a search or of an account's mentions.
func New(s settings.Source, d sources.Deps) (sources.Source, error) {
	o := sources.OptionsOf(s, "an X source")
	x := &reader{query: o.Text("query"), user: o.Text("user_id"), fields: o.Choice("fields", "tweet.fields", "post.fields")}
	if x.query != "" && !strings.Contains(x.query, "is:retweet") {
		x.query = "(" + x.query + ") -is:retweet"
	}
	switch {
	case x.query == "" && x.user == "":
		o.Fault("an X source needs the option query, or user_id for the mentions of an account")
	case strings.Trim(x.user, "0123456789") != "":
		o.Fault("user_id is the account's number, digits alone; a handle does not do")
	case len(x.query) > maxQuery:
		o.Fault("query is longer than the 512 characters that X takes, with the 14 that are added")
	}
	x.call = &sources.Caller{Client: d.HTTP(s), Name: "X", Now: d.Now, Refused: refused,
		Signal: sources.UnixReset("x-rate-limit-remaining", "x-rate-limit-reset"),
		Auth:   d.Bearer(s.ID, keyToken)}
	x.Poller = sources.Poller{Fetch: x.fetch, Every: sources.Every(s, every), Lookback: window, PerDay: perDay, Now: d.Now}
	return x, o.Err()
}

// refused tells credit that is used up from a quota that comes back.
func refused(r sources.Response, err error) error {
	if r.Status == http.StatusPaymentRequired || bytes.Contains(r.Body, []byte("/usage-capped")) {
		return sources.Stopf("The credit or spending cap at X is used up. Raise it in X's developer console, then save the source again.")
	}
	return err
}

// fetch reads one page. The token is X's own and, after a space, the start_time that goes with it.
func (x *reader) fetch(ctx context.Context, r sources.PageRequest) (sources.Page, error) {
	q := url.Values{"max_results": {pageSize}}
	token, start, _ := strings.Cut(r.Token, " ")
	if oldest := x.Poller.Time().Add(-window); start == "" && (r.Mark == "" || !r.Since.After(oldest)) {
		start = oldest.UTC().Format(time.RFC3339)
	}
	if start != "" {
		q.Set("start_time", start)
	} else {
		q.Set("since_id", r.Mark)
	}
	path, next := "/2/users/"+x.user+"/mentions", "pagination_token"
	if x.query != "" {
		path, next = "/2/tweets/search/recent", "next_token"
		q.Set("query", x.query)
	}
	if token != "" {
		q.Set(next, token)
	}
	out, err := x.ask(ctx, path, q)
	if err != nil {
		return sources.Page{}, err
	}
	var p sources.Page
	if out.Meta.NextToken != "" {
		p.Next = out.Meta.NextToken + " " + start
	}
	names := out.index()
	for i := range out.Data {
		v := &out.Data[i]
		if v.AuthorID == x.user || v.shared() {
			continue
		}
		m := names.mention(v)
		if x.query == "" {
			m.MatchedBy = []string{"mention"}
		}
		p.Items = append(p.Items, sources.Item{Mention: m, At: v.CreatedAt, Mark: v.ID})
	}
	return p, nil
}

// ask adds the members that are wanted.
func (x *reader) ask(ctx context.Context, path string, q url.Values) (*answer, error) {
	q.Set("expansions", "author_id,attachments.media_keys")
	q.Set("user.fields", "id,name,username,protected")
	q.Set("media.fields", "media_key,type,url,preview_image_url,alt_text")
	q.Set(x.fields, fieldList)
	if x.fields == "post.fields" {
		q.Set(x.fields, newSpelling.Replace(fieldList))
	}
	out := &answer{}
	_, err := x.call.GetJSON(ctx, host+path+"?"+q.Encode(), out)
	return out, err
}

func (x *reader) lookUp(ctx context.Context, ids []string) (*answer, error) {
	return x.ask(ctx, "/2/tweets", url.Values{"ids": {strings.Join(ids, ",")}})
}

// Recheck asks for all of held at once, and once more for those that were edited since, whose newest version has an id of its own.
func (x *reader) Recheck(ctx context.Context, held []sources.Mention) ([]sources.Mention, error) {
	byID := map[string]*sources.Mention{}
	var ids []string
	for i := range held {
		id := strings.TrimPrefix(held[i].ID, platform+":")
		byID[id] = &held[i]
		ids = append(ids, id)
	}
	out, err := x.lookUp(ctx, ids)
	if err != nil {
		return nil, err
	}
	var changed []sources.Mention
	var newer []string
	now := x.Poller.Time()
	judge := func(a *answer) {
		names := a.index()
		for i := range a.Data {
			v := &a.Data[i]
			if latest := v.latest(); latest != v.ID && len(newer) < Connector.Batch {
				newer = append(newer, latest)
			} else if h := byID[v.first()]; h != nil {
				changed = append(changed, sources.Compared(h, names.mention(v), now))
			}
		}
	}
	judge(out)
	for _, e := range out.Errors {
		if h := byID[cmp.Or(e.ResourceID, e.Value)]; h != nil && e.gone() {
			changed = append(changed, sources.Gone(h, now))
		}
	}
	if len(newer) > 0 {
		if out, err = x.lookUp(ctx, newer); err != nil {
			return nil, err
		}
		newer = nil
		judge(out)
	}
	return changed, nil
}

// Thread brings the post that m answers and the first of its thread, and what its conversation said in the last seven days.
func (x *reader) Thread(ctx context.Context, m sources.Mention) ([]sources.Mention, error) {
	thread := sources.NativeID(cmp.Or(m.ThreadID, m.ID))
	found, err := x.ask(ctx, "/2/tweets/search/recent", url.Values{"query": {"conversation_id:" + thread}, "max_results": {threadOf}})
	if err != nil {
		return nil, err
	}
	list := found.all()
	var parents []string
	for _, id := range []string{thread, sources.NativeID(m.ParentID)} {
		if id != "" && id != m.Native() && (len(parents) == 0 || parents[0] != id) {
			parents = append(parents, id)
		}
	}
	if len(parents) > 0 {
		found, err := x.lookUp(ctx, parents)
		if err != nil {
			return nil, err
		}
		list = append(list, found.all()...)
	}
	seen := map[string]bool{m.ID: true}
	var out []sources.Mention
	for _, o := range list {
		if !seen[o.ID] {
			seen[o.ID] = true
			out = append(out, o)
		}
	}
	return out, nil
}
