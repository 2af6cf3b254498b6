package instagram

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"earshot/settings"
	"earshot/sources"
	"earshot/sources/meta"
)

// Connector is one professional account of the council's own.
var Connector = sources.Connector{
	Name: "instagram", Title: "Instagram", New: New, Push: Push, Every: every, PerDay: perDay, Cost: 12,
	Recheck: 7 * 24 * time.Hour, Batch: 50,
	About: sources.About{
		Reads: "Media that tags the council's own account, comments on its media, recent media under chosen hashtags, and, where webhooks are set up, captions and comments that mention it.",
		Access: "A professional account that is linked to the council's Facebook Page, and a Meta app. In Business settings make a system user's token with instagram_basic, " +
			"instagram_manage_comments, pages_read_engagement and pages_show_list.",
		Price: "Nothing.",
		Approval: "Business Verification takes weeks. Own accounts need no App Review; webhooks need Advanced Access, and hashtags the feature Instagram Public Content Access, " +
			"both by App Review.",
		Cannot: "Words cannot be searched, and mentions in Stories and private accounts are not shown: use staff screenshots or the notification mailbox. Private messages are never read.",
	},
	Options: []sources.Field{
		{Name: "account", Whose: true, Label: "Account number", Hint: "The instagram_business_account of the linked Page, not the name.", Example: "17841400000000001", Needed: true},
		{Name: "username", Label: "Account name", Hint: "Without @: what the council itself writes is not a mention of it.", Example: "examplefordcouncil", Needed: true},
		{Name: "hashtags", Label: "Hashtags", Hint: "At most 30, separated by commas. Needs the feature named above.", Example: "exampleford, examplefordcouncil"},
		{Name: "version", Label: "Version of the API", Hint: "Each lives about two years.", Example: version},
	},
	Keys: append([]sources.Field{{Name: meta.Token, Label: "Access token", Hint: "Of a system user, so that it does not end with somebody's password.", Needed: true}}, meta.PushKeys...),
}

const (
	every    = 15 * time.Minute
	perDay   = 48_000 // 4,800 for each time the account was seen that day; ten are taken for granted
	version  = "v26.0"
	pageSize = 50
	overlap  = 48 * time.Hour

	fresh       = 7 * 24 * time.Hour // of media whose comments are read every round
	lookback    = 30 * 24 * time.Hour
	deepEvery   = 6 * time.Hour
	tagsEvery   = time.Hour
	maxHashtags = 30
)

var (
	_ sources.Rechecker = (*account)(nil)
	_ sources.Threader  = (*account)(nil)
)

type account struct {
	id, username string
	hashtags     []string
	api          *meta.Client
	sources.Poller

	ours    map[string]bool      // addresses of the council's own media: a hashtag names no author
	deep    meta.Deep            // comments on older media
	numbers map[string]string    // of hashtags
	asked   map[string]time.Time // when a hashtag was last read

	mu    sync.Mutex
	pages map[string]string // of media, by number, for the webhook
}

// New makes the reader of an account.
func New(s settings.Source, d sources.Deps) (sources.Source, error) { return open(s, d) }

// Push makes the reader of what the account's webhooks send.
func Push(s settings.Source, d sources.Deps) (sources.Receiver, error) {
	x, err := open(s, d)
	if err != nil {
		return nil, err
	}
	return &meta.Hook{Source: s.ID, Deps: d, Read: x.event}, nil
}

func open(s settings.Source, d sources.Deps) (*account, error) {
	x := &account{id: strings.TrimSpace(s.Options["account"]), username: strings.TrimPrefix(strings.TrimSpace(s.Options["username"]), "@"),
		deep: meta.Deep{Every: deepEvery}, ours: map[string]bool{"": false}, numbers: map[string]string{}, asked: map[string]time.Time{}, pages: map[string]string{}}
	var faults []error
	if !number(x.id) {
		faults = append(faults, errors.New("an Instagram source needs the option account, the number of the council's own account"))
	}
	if x.username == "" {
		faults = append(faults, errors.New("an Instagram source needs the option username, the name of the council's own account"))
	}
	for _, h := range strings.Split(s.Options["hashtags"], ",") {
		if h = strings.ToLower(strings.TrimPrefix(strings.TrimSpace(h), "#")); h != "" && !slices.Contains(x.hashtags, h) {
			x.hashtags = append(x.hashtags, h)
		}
	}
	if len(x.hashtags) > maxHashtags {
		faults = append(faults, fmt.Errorf("there are %d hashtags, more than the %d that Instagram allows", len(x.hashtags), maxHashtags))
	}
	x.api = meta.NewClient(s, d, meta.Config{Name: "Instagram", Base: "https://graph.facebook.com/" + cmp.Or(s.Options["version"], version),
		Permissions: "instagram_basic and instagram_manage_comments (for hashtags also Instagram Public Content Access)"})
	round := &meta.Round{Start: x.parts}
	x.Poller = sources.Poller{Fetch: round.Fetch, Every: sources.Every(s, every), Overlap: overlap, PerDay: perDay, Now: d.Now}
	return x, errors.Join(faults...)
}

func number(s string) bool {
	_, err := strconv.ParseUint(s, 10, 64)
	return err == nil
}

func (x *account) parts() []meta.Part {
	parts := []meta.Part{x.tags, x.media}
	for _, h := range x.hashtags {
		if x.Poller.Time().Sub(x.asked[h]) >= tagsEvery {
			parts = append(parts, x.hashtag(h))
		}
	}
	return parts
}

func (x *account) tags(ctx context.Context, since time.Time, after string) (meta.Piece, error) {
	return x.list(ctx, x.id+"/tags", meta.Query(tagFields, pageSize, after), since, "tag")
}

func (x *account) list(ctx context.Context, path string, q url.Values, since time.Time, by string) (meta.Piece, error) {
	var l meta.List[media]
	err := x.api.Get(ctx, path, q, &l)
	p := meta.Piece{Next: l.After(), Items: make([]sources.Item, 0, len(l.Data))}
	for i := range l.Data {
		p.Items = append(p.Items, sources.Item{Mention: l.Data[i].mention(by)})
	}
	p = p.Done(since)
	p.Items = slices.DeleteFunc(p.Items, func(it sources.Item) bool { return x.own(it.Mention.Author) || x.ours[it.Mention.Permalink] })
	return p, err
}

// media goes on to the comments on the account's own media.
func (x *account) media(ctx context.Context, since time.Time, after string) (meta.Piece, error) {
	var l meta.List[media]
	err := x.api.Get(ctx, x.id+"/media", meta.Query("id,permalink,timestamp,comments_count", pageSize, after), &l)
	now := x.Poller.Time()
	deep := x.deep.Due(now, since, overlap)
	p := meta.Piece{Next: l.After()}
	for i := range l.Data {
		m := &l.Data[i]
		x.ours[m.Permalink] = true
		switch age := now.Sub(m.Timestamp.Time); {
		case age > lookback:
			p.Next = ""
		case m.Comments != nil && *m.Comments > 0 && (deep || age <= fresh):
			p.Also = append(p.Also, x.comments(m.ID, m.Permalink, deep))
		}
	}
	if deep && p.Next == "" {
		p.Also = append(p.Also, x.deep.Done(now))
	}
	return p, err
}

// comments reads those on one media: all of them when deep, since a new reply may stand under an old comment.
func (x *account) comments(of, permalink string, deep bool) meta.Part {
	return func(ctx context.Context, since time.Time, after string) (meta.Piece, error) {
		var l meta.List[comment]
		err := x.api.Get(ctx, of+"/comments", meta.Query(commentFields+",replies{"+commentFields+"}", pageSize, after), &l)
		p := meta.Piece{Next: l.After(), Items: make([]sources.Item, 0, len(l.Data))}
		for i := range l.Data {
			p.Items = append(p.Items, sources.Item{Mention: l.Data[i].mention(of, permalink, "own_thread")})
		}
		if !deep {
			p = p.Done(since)
		}
		for i := range l.Data {
			for j := range l.Data[i].Replies.Data {
				r := &l.Data[i].Replies.Data[j]
				r.Parent = cmp.Or(r.Parent, meta.ID(l.Data[i].ID))
				p.Items = append(p.Items, sources.Item{Mention: r.mention(of, permalink, "own_thread")})
			}
		}
		p.Items = slices.DeleteFunc(p.Items, func(it sources.Item) bool { return x.own(it.Mention.Author) })
		return p, sources.UnlessGone(err) // between two requests
	}
}

func (x *account) own(a sources.Author) bool {
	return a.ID == x.id || strings.EqualFold(a.Handle, x.username)
}

func (x *account) hashtag(name string) meta.Part {
	return func(ctx context.Context, since time.Time, after string) (meta.Piece, error) {
		if x.numbers[name] == "" {
			var l meta.List[media]
			if err := x.api.Get(ctx, "ig_hashtag_search", url.Values{"user_id": {x.id}, "q": {name}}, &l); err != nil {
				return meta.Piece{}, err
			}
			if len(l.Data) == 0 {
				return meta.Piece{}, nil // nobody has used it yet
			}
			x.numbers[name] = l.Data[0].ID
		}
		q := meta.Query(hashtagFields, pageSize, after)
		q.Set("user_id", x.id)
		p, err := x.list(ctx, x.numbers[name]+"/recent_media", q, since, "")
		if err == nil && p.Next == "" {
			x.asked[name] = x.Poller.Time()
		}
		return p, err
	}
}

// Recheck looks for tagged media in the list of tags and asks for comments and mentions by their number. Media of a hashtag cannot be asked for.
func (x *account) Recheck(ctx context.Context, held []sources.Mention) ([]sources.Mention, error) {
	var tagged, rest []sources.Mention
	for _, m := range held {
		switch {
		case slices.Contains(m.MatchedBy, "tag"):
			tagged = append(tagged, m)
		case slices.Contains(m.MatchedBy, "own_thread"), slices.Contains(m.MatchedBy, "mention"):
			rest = append(rest, m)
		}
	}
	all := func(ctx context.Context, after string) (meta.Piece, error) { return x.tags(ctx, time.Time{}, after) }
	changed, err := meta.Listed(ctx, all, tagged, x.Poller.Time())
	if err != nil {
		return nil, err
	}
	more, err := meta.Again{Read: x.one, Now: x.Poller.Time, Trust: func(ctx context.Context, _ sources.Mention) error {
		var l meta.List[media]
		return x.api.Get(ctx, x.id+"/media", meta.Query("id", 1, ""), &l)
	}}.Recheck(ctx, rest)
	return append(changed, more...), err
}

// one reads again a comment on the account's own media, or what mentions the account elsewhere.
func (x *account) one(ctx context.Context, m sources.Mention) (sources.Mention, error) {
	id, on := native(m.ID), native(m.ThreadID)
	switch {
	case slices.Contains(m.MatchedBy, "own_thread"):
		var c comment
		err := x.api.Get(ctx, id, url.Values{"fields": {commentFields}}, &c)
		return c.mention(on, m.Permalink, "own_thread"), err
	case m.Kind == sources.Comment:
		return x.mentioned(ctx, on, id)
	}
	return x.mentioned(ctx, id, "")
}

// Thread returns the council's own media that m stands under, and the comments on it.
func (x *account) Thread(ctx context.Context, m sources.Mention) ([]sources.Mention, error) {
	if !slices.Contains(m.MatchedBy, "own_thread") || m.ThreadID == "" {
		return nil, nil // other people's threads are not shown
	}
	var top media
	if err := x.api.Get(ctx, native(m.ThreadID), url.Values{"fields": {tagFields}}, &top); err != nil {
		return nil, meta.Seen(err)
	}
	out := []sources.Mention{top.mention("")}
	var l meta.List[comment]
	err := x.api.Get(ctx, top.ID+"/comments", meta.Query(commentFields+",replies{"+commentFields+"}", pageSize, ""), &l)
	for _, c := range l.Data {
		for _, r := range append([]comment{c}, c.Replies.Data...) {
			if r.ID != c.ID {
				r.Parent = cmp.Or(r.Parent, meta.ID(c.ID))
			}
			if v := r.mention(top.ID, top.Permalink, ""); v.ID != m.ID {
				out = append(out, v)
			}
		}
	}
	return out, meta.Seen(err)
}
