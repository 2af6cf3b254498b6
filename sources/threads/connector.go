package threads

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"earshot/settings"
	"earshot/sources"
	"earshot/sources/meta"
)

// Connector is one profile of the council's own, and searches.
var Connector = sources.Connector{
	Name: "threads", Title: "Threads", New: New, Push: Push, Every: every, PerDay: perDay, Cost: 8,
	Recheck: 7 * 24 * time.Hour, Batch: 50,
	About: sources.About{
		Reads: "Posts that mention the council's own profile, public posts found by chosen words or topic tags, and replies to the council's posts.",
		Access: "A Meta app with the Threads use case, which has its own app secret. Authorise the council's profile with threads_basic, threads_manage_mentions, threads_keyword_search and " +
			"threads_read_replies, and exchange the token for a long-lived one (th_exchange_token). It is renewed here every week.",
		Price:    "Nothing.",
		Approval: "App Review for each of the permissions, some weeks; until then only testers' posts are shown.",
		Cannot:   "Private profiles are never shown, nor how often somebody's post was liked. A search for a sensitive word finds nothing.",
	},
	Options: []sources.Field{
		{Name: "account", Whose: true, Label: "Profile number", Hint: "The id that GET /me gives with the token, not the name.", Example: "17840000000000009", Needed: true},
		{Name: "username", Label: "Profile name", Hint: "Without @: what the council itself writes is not a mention of it.", Example: "examplefordcouncil", Needed: true},
		{Name: "keywords", Label: "Search for", Hint: "At most 10, separated by commas; #exampleford is a topic tag.", Example: "Exampleford Council, #exampleford"},
	},
	Keys: append([]sources.Field{{Name: meta.Token, Label: "Long-lived token", Hint: "At least a day and at most 60 days old.", Needed: true}}, meta.PushKeys...),
}

const (
	every       = 10 * time.Minute
	perDay      = 48_000 // 4,800 for each time the profile was seen that day, ten at least
	searches    = 2_200  // a day
	maxKeywords = 10     // with every: 1,440 searches a day
	pageSize    = 100
	overlap     = 12 * time.Hour

	fresh     = 7 * 24 * time.Hour // of own posts whose conversations are read every round
	lookback  = 30 * 24 * time.Hour
	deepEvery = 6 * time.Hour
	earliest  = 1688540400 // Unix seconds; the platform refuses an earlier since
)

var (
	_ sources.Rechecker = (*profile)(nil)
	_ sources.Threader  = (*profile)(nil)
)

type profile struct {
	id, username string
	keywords     []string
	api          *meta.Client
	searches     *rate.Limiter
	deep         meta.Deep
	sources.Poller
}

// New makes the reader of a profile.
func New(s settings.Source, d sources.Deps) (sources.Source, error) { return open(s, d) }

// Push makes the reader of what the profile's webhooks send.
func Push(s settings.Source, d sources.Deps) (sources.Receiver, error) {
	x, err := open(s, d)
	if err != nil {
		return nil, err
	}
	return &meta.Hook{Source: s.ID, Deps: d, Read: x.event}, nil
}

func open(s settings.Source, d sources.Deps) (*profile, error) {
	x := &profile{id: strings.TrimSpace(s.Options["account"]), username: strings.TrimPrefix(strings.TrimSpace(s.Options["username"]), "@"),
		searches: rate.NewLimiter(rate.Limit(searches/(24*time.Hour).Seconds()), searches/10), deep: meta.Deep{Every: deepEvery}}
	var faults []error
	if _, err := strconv.ParseUint(x.id, 10, 64); err != nil {
		faults = append(faults, errors.New("a Threads source needs the option account, the number of the council's own profile"))
	}
	if x.username == "" {
		faults = append(faults, errors.New("a Threads source needs the option username, the name of the council's own profile"))
	}
	for _, k := range strings.Split(s.Options["keywords"], ",") {
		if k = strings.TrimSpace(k); k != "" && !slices.Contains(x.keywords, k) {
			x.keywords = append(x.keywords, k)
		}
	}
	if len(x.keywords) > maxKeywords {
		faults = append(faults, fmt.Errorf("there are %d keywords, more than the %d that fit into Threads' searches of a day", len(x.keywords), maxKeywords))
	}
	t := &token{source: s.ID, deps: d, call: &sources.Caller{Client: d.HTTP(s), Name: "Threads", Now: d.Now}}
	x.api = meta.NewClient(s, d, meta.Config{Name: "Threads", Base: "https://graph.threads.net/v1.0", NoProof: true, Token: t.get,
		Permissions: "threads_basic, threads_manage_mentions, threads_keyword_search and threads_read_replies"})
	round := &meta.Round{Start: x.parts}
	x.Poller = sources.Poller{Fetch: round.Fetch, Every: sources.Every(s, every), Overlap: overlap, PerDay: perDay, Now: d.Now}
	return x, errors.Join(faults...)
}

func (x *profile) parts() []meta.Part {
	parts := []meta.Part{x.mentions, x.posts}
	for _, k := range x.keywords {
		parts = append(parts, x.search(k))
	}
	return parts
}

func (x *profile) list(ctx context.Context, path string, q url.Values, by string) (meta.Piece, error) {
	var l meta.List[post]
	err := x.api.Get(ctx, path, q, &l)
	p := meta.Piece{Next: l.After(), Items: make([]sources.Item, 0, len(l.Data))}
	for i := range l.Data {
		if v := &l.Data[i]; !v.repost() {
			p.Items = append(p.Items, sources.Item{Mention: v.mention(by)})
		}
	}
	return p, err
}

// others leaves out what the council itself wrote.
func (x *profile) others(p meta.Piece) meta.Piece {
	p.Items = slices.DeleteFunc(p.Items, func(it sources.Item) bool { return strings.EqualFold(it.Mention.Author.Handle, x.username) })
	return p
}

func window(since time.Time, after string) url.Values {
	q := meta.Query(fields, pageSize, after)
	q.Set("since", strconv.FormatInt(max(since.Unix(), earliest), 10))
	return q
}

func (x *profile) mentions(ctx context.Context, since time.Time, after string) (meta.Piece, error) {
	p, err := x.list(ctx, x.id+"/mentions", window(since, after), "mention")
	return x.others(p.Done(since)), err
}

func (x *profile) search(keyword string) meta.Part {
	return func(ctx context.Context, since time.Time, after string) (meta.Piece, error) {
		if err := x.searches.Wait(ctx); err != nil {
			return meta.Piece{}, cmp.Or(ctx.Err(), err)
		}
		p, err := x.list(ctx, "keyword_search", searchFor(keyword, window(since, after)), "")
		return x.others(p.Done(since)), err
	}
}

func searchFor(keyword string, q url.Values) url.Values {
	tag, isTag := strings.CutPrefix(keyword, "#")
	q.Set("q", tag)
	q.Set("search_type", "RECENT")
	q.Set("search_mode", map[bool]string{false: "KEYWORD", true: "TAG"}[isTag])
	return q
}

// posts goes on to the conversations under the council's own posts.
func (x *profile) posts(ctx context.Context, since time.Time, after string) (meta.Piece, error) {
	var l meta.List[post]
	err := x.api.Get(ctx, x.id+"/threads", meta.Query("id,timestamp,has_replies", pageSize, after), &l)
	now := x.Poller.Time()
	deep := x.deep.Due(now, since, overlap)
	p := meta.Piece{Next: l.After()}
	for i := range l.Data {
		switch v := &l.Data[i]; {
		case now.Sub(v.Timestamp.Time) > lookback:
			p.Next = ""
		case v.HasReplies && (deep || now.Sub(v.Timestamp.Time) <= fresh):
			p.Also = append(p.Also, x.conversation(v.ID))
		}
	}
	if deep && p.Next == "" {
		p.Also = append(p.Also, x.deep.Done(now))
	}
	return p, err
}

func (x *profile) conversation(under string) meta.Part {
	return func(ctx context.Context, since time.Time, after string) (meta.Piece, error) {
		q := meta.Query(fields, pageSize, after)
		q.Set("reverse", "true")
		p, err := x.list(ctx, under+"/conversation", q, "own_thread")
		for i := range p.Items {
			p.Items[i].Mention.ThreadID = platform + ":" + under
		}
		return x.others(p.Done(since)), sources.UnlessGone(err) // between two requests
	}
}
