package tiktok

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"earshot/settings"
	"earshot/sources"
)

// Connector is what concerns one TikTok business account.
var Connector = sources.Connector{
	Name: "tiktok", Title: "TikTok", New: New, Every: every, Cost: 3 + ownVideos, Recheck: 24 * time.Hour, Batch: 1000,
	About: sources.About{
		Reads: "Videos and comments that mention the council's business account, videos with its registered brand hashtags, and comments on its own 20 newest videos.",
		Access: "An app in the TikTok API for Business with the permissions TikTok Accounts (user.info.basic, video.list, comment.list) and Mentions, allowed by " +
			"whoever holds the council's account; the refresh token, or an access token that lasts about a day.",
		Price:    "Nothing.",
		Approval: "Months: TikTok reviews each permission.",
		Cannot:   "A search by words: the Research API is not open to councils. Send what staff see as reports, and TikTok's notification mails to the mailbox.",
	},
	Options: []sources.Field{
		{Name: "business_id", Whose: true, Label: "Account", Hint: "The open_id that came with the token.", Example: "_000AbCdEf", Needed: true},
		{Name: "handle", Label: "Handle", Hint: "Of the account; its own videos are left out.", Example: "@examplefordcouncil"},
		{Name: "hashtags", Label: "Brand hashtags", Hint: "Registered with TikTok for this account, separated by commas.", Example: "exampleford"},
		{Name: "own", Label: "Comments on own videos", Hint: "One request for each of the 20 newest videos that has comments.", Values: []string{"yes", "no"}},
	},
	Keys: []sources.Field{
		{Name: "access_token", Label: "Access token", Hint: "For a trial; it lasts about a day."},
		{Name: "refresh_token", Label: "Refresh token", Hint: "Came with the access token; with it come the two keys below."},
		{Name: "client_id", Label: "Client ID", Hint: "Of the app."},
		{Name: "client_secret", Label: "Client secret", Hint: "Of the app."},
	},
}

const (
	every     = 15 * time.Minute
	host      = "https://business-api.tiktok.com"
	api       = "/open_api/v1.3/"
	refresh   = api + "tt_user/oauth2/refresh_token/"
	pageSize  = 100  // of mentions
	ownPage   = 30   // of comments on an own video
	ownVideos = 20   // whose comments are read
	reach     = 1000 // the most that a list of mentions holds
)

type account struct {
	id     string
	handle string
	tags   []string
	call   *sources.Caller
	tokens *sources.Tokens
	sources.Poller
}

var (
	_ sources.Rechecker = (*account)(nil)
	_ sources.Threader  = (*account)(nil)
)

// New makes the reader of an account.
func New(s settings.Source, d sources.Deps) (sources.Source, error) {
	o := sources.OptionsOf(s, "a TikTok source")
	x := &account{id: o.Need("business_id", "the open_id that came with the token"), handle: strings.TrimPrefix(o.Text("handle"), "@"), tags: sources.TagsOption(o.Text("hashtags"))}
	x.call = &sources.Caller{Client: d.HTTP(s), Name: "TikTok", Now: d.Now, Asks: []string{refresh}, Auth: func(r *http.Request) error {
		token, err := x.tokens.Token(r.Context())
		r.Header.Set("Access-Token", token)
		return err
	}}
	x.tokens = &sources.Tokens{Caller: x.call, Source: s.ID, Deps: d, Plain: "access_token", Ask: x.exchange}
	lists := []sources.Fetch{x.mentionVideos, x.mentionComments}
	for _, tag := range x.tags {
		lists = append(lists, x.tagged(tag))
	}
	if s.Options["own"] != "no" {
		lists = append(lists, x.ownComments)
	}
	x.Poller = sources.Poller{Fetch: sources.Chain(lists...), Every: sources.Every(s, every), Overlap: 10 * time.Minute, Now: d.Now}
	return x, o.Err()
}

// exchange renews the token with JSON, as TikTok wants it.
func (x *account) exchange(ctx context.Context, c *sources.Caller, form url.Values) (sources.Grant, error) {
	question := map[string]string{}
	for k := range form {
		question[k] = form.Get(k)
	}
	var out envelope[sources.Grant]
	if _, err := c.PostJSON(ctx, host+refresh, question, &out); err != nil {
		return out.Data, err
	}
	err := judge(out.Code)
	if errors.Is(err, sources.ErrStop) {
		err = sources.Stopf("TikTok no longer accepts the refresh token (%d). Allow the access again there, and enter the new keys on the sources page.", out.Code)
	}
	return out.Data, err
}

// judge makes an error of an answer's code.
func judge(code int) error {
	switch code {
	case 0:
		return nil
	case codeWait:
		return &sources.Fault{Sentence: "TikTok asks for patience (40100) without saying for how long."}
	case codeExpired, codeToken:
		return sources.Stopf("TikTok does not accept the token (%d). Enter a new one on the sources page.", code)
	case 40001:
		return sources.Stopf("TikTok does not permit this to the app or the account (40001). Check the app's permissions, then save the source again.")
	case 40002, 40006:
		return sources.Stopf("TikTok does not understand the request (%d). Check business_id and hashtags in the source's settings.", code)
	}
	return &sources.Fault{Sentence: fmt.Sprintf("TikTok has a fault of its own (%d). It is tried again.", code)}
}

func (x *account) list(ctx context.Context, path string, q url.Values) (listing, error) {
	q.Set("business_id", x.id)
	var out envelope[listing]
	if _, err := x.call.GetJSON(ctx, host+api+path+"?"+q.Encode(), &out); err != nil {
		return out.Data, err
	}
	err := judge(out.Code)
	if out.Code == codeExpired || out.Code == codeToken {
		err = x.tokens.Renew(err)
	}
	return out.Data, err
}

// newest asks a list of mentions for its newest page after the cursor in r.
func (x *account) newest(ctx context.Context, r sources.PageRequest, path, sort, fields string, more url.Values) (listing, string, error) {
	days := int(x.Poller.Time().Sub(r.Since)/(24*time.Hour)) + 1
	q := url.Values{"fields": {fields}, "sort_field": {sort}, "sort_type": {"DESC"}, "number_of_days": {strconv.Itoa(days)},
		"cursor": {cmp.Or(r.Token, "0")}, "max_count": {strconv.Itoa(pageSize)}}
	for k, v := range more {
		q[k] = v
	}
	l, err := x.list(ctx, path, q)
	return l, l.next(), err
}

func (x *account) mentionVideos(ctx context.Context, r sources.PageRequest) (sources.Page, error) {
	l, next, err := x.newest(ctx, r, "business/mention/video/list/", "CREATE_TIME", videoFields, nil)
	return sources.Page{Items: l.videos("mention", x.handle), Next: next}, err
}

func (x *account) mentionComments(ctx context.Context, r sources.PageRequest) (sources.Page, error) {
	l, next, err := x.newest(ctx, r, "business/mention/comment/list/", "COMMENT_CREATE_TIME", commentFields, nil)
	return sources.Page{Items: l.comments("mention", "", ""), Next: next}, err
}

func (x *account) tagged(tag string) sources.Fetch {
	return func(ctx context.Context, r sources.PageRequest) (sources.Page, error) {
		l, next, err := x.newest(ctx, r, "business/mention/hashtag/video/list/", "CREATE_TIME", videoFields, url.Values{"hashtag": {tag}})
		return sources.Page{Items: l.videos("tag", x.handle), Next: next}, err
	}
}

// ownComments reads the newest comments of each of the newest own videos. Its token is TikTok's cursor and the videos yet to read, each with its link.
func (x *account) ownComments(ctx context.Context, r sources.PageRequest) (sources.Page, error) {
	cursor, rest, _ := strings.Cut(r.Token, " ")
	if r.Token == "" {
		l, err := x.list(ctx, "business/video/list/", url.Values{"fields": {ownFields}, "max_count": {strconv.Itoa(ownVideos)}})
		return sources.Page{Next: after("0", l.talkedAbout())}, err
	}
	first, others, _ := strings.Cut(rest, " ")
	id, link, _ := strings.Cut(first, "|")
	p, err := x.commentsOn(ctx, id, link, cursor)
	if err != nil {
		return sources.Page{}, err
	}
	all := len(p.Items)
	p.Items = slices.DeleteFunc(p.Items, func(it sources.Item) bool { return it.Mention.CreatedAt.Before(r.Since) })
	if p.Next != "" && len(p.Items) == all {
		p.Next = after(p.Next, rest)
	} else {
		p.Next = after("0", others)
	}
	return p, nil
}

func after(cursor, videos string) string {
	if videos == "" {
		return ""
	}
	return cursor + " " + videos
}

func (x *account) commentsOn(ctx context.Context, video, link, cursor string) (sources.Page, error) {
	l, err := x.list(ctx, "business/comment/list/", url.Values{"video_id": {video}, "include_replies": {"true"}, "status": {"ALL"}, "sort_field": {"create_time"},
		"sort_order": {"desc"}, "cursor": {cursor}, "max_count": {strconv.Itoa(ownPage)}})
	return sources.Page{Items: l.comments("own_thread", video, link), Next: l.next()}, err
}

// Thread brings the newest comments beside one on an own video; of other people's videos TikTok shows none.
func (x *account) Thread(ctx context.Context, m sources.Mention) ([]sources.Mention, error) {
	if !slices.Contains(m.MatchedBy, "own_thread") {
		return nil, nil
	}
	p, err := x.commentsOn(ctx, strings.TrimPrefix(m.ThreadID, platform+":"), m.Permalink, "0")
	var out []sources.Mention
	for _, it := range p.Items {
		out = append(out, it.Mention)
	}
	return sources.Besides(m.ID, out), err
}
