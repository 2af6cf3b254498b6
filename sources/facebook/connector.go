package facebook

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"earshot/settings"
	"earshot/sources"
	"earshot/sources/meta"
)

// Connector is one Page of the council's own.
var Connector = sources.Connector{
	Name: "facebook", Title: "Facebook Page", New: New, Push: Push, Every: every, PerDay: perDay, Cost: 13,
	Recheck: 7 * 24 * time.Hour, Batch: 50,
	About: sources.About{
		Reads: "Posts that tag the council's own Page, visitors' posts and comments on it, recommendations, and, where webhooks are set up, mentions of the Page elsewhere.",
		Access: "A Meta app of the type Business. In Business settings add a system user with a task on the Page and make a token with pages_show_list, " +
			"pages_read_engagement, pages_read_user_content and pages_manage_metadata; GET /me/accounts with it gives the Page token to enter here.",
		Price:    "Nothing.",
		Approval: "Business Verification takes weeks. App Review is not needed while everybody who uses the app has a role on it and the Page is the council's.",
		Cannot: "Groups, personal timelines and other Pages cannot be read, and there is no search: use staff screenshots or the notification mailbox. " +
			"Messenger is private and is never read.",
	},
	Options: []sources.Field{
		{Name: "page", Whose: true, Label: "Page number", Hint: "The Page's ID, under About, Page transparency.", Example: "100000000000001", Needed: true},
		{Name: "version", Label: "Version of the API", Hint: "Each lives about two years.", Example: version},
	},
	Keys: append([]sources.Field{{Name: meta.Token, Label: "Page token", Hint: "Of a system user, so that it does not end with somebody's password.", Needed: true}}, meta.PushKeys...),
}

const (
	every    = 15 * time.Minute
	perDay   = 48_000 // 4,800 for each person who had to do with the Page that day; ten are taken for granted
	version  = "v26.0"
	pageSize = 100
	overlap  = 48 * time.Hour
	lookback = 30 * 24 * time.Hour // of posts whose comments are read
)

var (
	_ sources.Rechecker = (*page)(nil)
	_ sources.Threader  = (*page)(nil)
)

type page struct {
	id   string
	deps sources.Deps
	api  *meta.Client
	sources.Poller
}

// New makes the reader of a Page.
func New(s settings.Source, d sources.Deps) (sources.Source, error) { return open(s, d) }

// Push makes the reader of what the Page's webhooks send.
func Push(s settings.Source, d sources.Deps) (sources.Receiver, error) {
	x, err := open(s, d)
	if err != nil {
		return nil, err
	}
	return &meta.Hook{Source: s.ID, Deps: d, Read: x.event}, nil
}

func open(s settings.Source, d sources.Deps) (*page, error) {
	x := &page{id: strings.TrimSpace(s.Options["page"]), deps: d}
	if _, err := strconv.ParseUint(x.id, 10, 64); err != nil {
		return nil, errors.New("a Facebook source needs the option page, the number of the council's own Page")
	}
	x.api = meta.NewClient(s, d, meta.Config{Name: "Facebook", Base: "https://graph.facebook.com/" + cmp.Or(s.Options["version"], version),
		Permissions: "pages_read_engagement and pages_read_user_content"})
	round := &meta.Round{Start: func() []meta.Part { return []meta.Part{x.tagged, x.feed, x.ratings} }}
	x.Poller = sources.Poller{Fetch: round.Fetch, Every: sources.Every(s, every), Overlap: overlap, PerDay: perDay, Now: d.Now}
	return x, nil
}

// list reads one page of posts or comments. Those of the Page itself are among them.
func (x *page) list(ctx context.Context, path string, q url.Values) (meta.List[post], error) {
	var out meta.List[post]
	err := x.api.Get(ctx, path, q, &out)
	return out, err
}

func (x *page) tagged(ctx context.Context, since time.Time, after string) (meta.Piece, error) {
	l, err := x.list(ctx, x.id+"/tagged", meta.Query(postFields, pageSize, after))
	p := meta.Piece{Next: l.After(), Items: make([]sources.Item, 0, len(l.Data))}
	for i := range l.Data {
		p.Items = append(p.Items, sources.Item{Mention: l.Data[i].mention("", "tag")})
	}
	return p.Done(since), err
}

// feed reads visitors' posts, and goes on to the comments on every post that had some of late.
func (x *page) feed(ctx context.Context, since time.Time, after string) (meta.Piece, error) {
	q := meta.Query(postFields, pageSize, after)
	q.Set("since", strconv.FormatInt(min(since.Unix(), x.Poller.Time().Add(-lookback).Unix()), 10))
	l, err := x.list(ctx, x.id+"/feed", q)
	p := meta.Piece{Next: l.After()}
	for i := range l.Data {
		v := &l.Data[i]
		if !x.own(v) {
			p.Items = append(p.Items, sources.Item{Mention: v.mention("", "own_thread")})
		}
		if v.Comments != nil && v.Comments.Summary.Total > 0 && !v.Updated.Before(since) {
			p.Also = append(p.Also, x.comments(v.ID))
		}
	}
	return p, err
}

func (x *page) comments(of string) meta.Part {
	return func(ctx context.Context, since time.Time, after string) (meta.Piece, error) {
		q := meta.Query(commentFields, pageSize, after)
		q.Set("filter", "stream")
		q.Set("order", "reverse_chronological")
		l, err := x.list(ctx, of+"/comments", q)
		p := meta.Piece{Next: l.After(), Items: make([]sources.Item, 0, len(l.Data))}
		for i := range l.Data {
			p.Items = append(p.Items, sources.Item{Mention: l.Data[i].mention(of, "own_thread")})
		}
		p = p.Done(since)
		p.Items = slices.DeleteFunc(p.Items, func(it sources.Item) bool { return it.Mention.Author.ID == x.id })
		return p, sources.UnlessGone(err) // between two requests
	}
}

func (x *page) ratings(ctx context.Context, since time.Time, after string) (meta.Piece, error) {
	var l meta.List[rating]
	err := x.api.Get(ctx, x.id+"/ratings", meta.Query(ratingFields, pageSize, after), &l)
	p := meta.Piece{Next: l.After()}
	for i := range l.Data {
		if l.Data[i].Story.ID != "" {
			p.Items = append(p.Items, sources.Item{Mention: l.Data[i].mention()})
		}
	}
	return p.Done(since), err
}

func (x *page) own(v *post) bool { return v.From != nil && string(v.From.ID) == x.id }

// one reads a post or comment by its number.
func (x *page) one(ctx context.Context, m sources.Mention) (sources.Mention, error) {
	fields := postFields
	if m.Kind == sources.Comment || m.Kind == sources.Reply {
		fields = commentFields
	}
	if m.Kind == sources.Review {
		fields = "id" // there still, or not: its words are only in the list of ratings
	}
	var v post
	err := x.api.Get(ctx, strings.TrimPrefix(m.ID, platform+":"), url.Values{"fields": {fields}}, &v)
	if err != nil || m.Kind == sources.Review {
		return m, err
	}
	return v.mention(strings.TrimPrefix(m.ThreadID, platform+":"), ""), nil
}

// Recheck looks for posts that tag the Page in the list of them, and asks for everything else by its number.
func (x *page) Recheck(ctx context.Context, held []sources.Mention) ([]sources.Mention, error) {
	var tagged, rest []sources.Mention
	for _, m := range held {
		if slices.Contains(m.MatchedBy, "tag") {
			tagged = append(tagged, m)
		} else {
			rest = append(rest, m)
		}
	}
	all := func(ctx context.Context, after string) (meta.Piece, error) { return x.tagged(ctx, time.Time{}, after) }
	changed, err := meta.Listed(ctx, all, tagged, x.Poller.Time())
	if err != nil {
		return nil, err
	}
	more, err := meta.Again{Read: x.one, Now: x.Poller.Time, Trust: func(ctx context.Context, _ sources.Mention) error {
		_, err := x.list(ctx, x.id+"/feed", meta.Query("id", 1, ""))
		return err
	}}.Recheck(ctx, rest)
	return append(changed, more...), err
}

// Thread returns the post that m stands under and its newest comments.
func (x *page) Thread(ctx context.Context, m sources.Mention) ([]sources.Mention, error) {
	if m.Kind == sources.Review {
		return nil, nil
	}
	root := strings.TrimPrefix(cmp.Or(m.ThreadID, m.ID), platform+":")
	var out []sources.Mention
	if m.ThreadID != "" && m.ThreadID != m.ID {
		top, err := x.one(ctx, sources.Mention{ID: m.ThreadID, Kind: sources.Post})
		if err != nil {
			return nil, meta.Seen(err)
		}
		out = append(out, top)
	}
	q := meta.Query(commentFields, pageSize, "")
	q.Set("filter", "stream")
	q.Set("order", "reverse_chronological")
	l, err := x.list(ctx, root+"/comments", q)
	for i := range l.Data {
		if c := l.Data[i].mention(root, ""); c.ID != m.ID {
			out = append(out, c)
		}
	}
	return out, meta.Seen(err)
}
