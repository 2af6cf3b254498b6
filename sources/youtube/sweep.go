package youtube

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"earshot/sources"
)

// ask is one question of a sweep.
type ask struct {
	do   func(ctx context.Context, a ask, since time.Time) (answer, error)
	id   string // of a channel, video or thread
	page string
	at   int // in the list of watched videos
}

// answer is what a question brought and what it leads to.
type answer struct {
	items []sources.Item
	next  []ask // at once
	later []ask // when everything else was asked
}

// fetch asks the next question. A page's token only counts them: what is to be asked is in todo, and "" begins a sweep.
func (x *reader) fetch(ctx context.Context, r sources.PageRequest) (sources.Page, error) {
	if r.Token == "" {
		x.subscribe(ctx)
		x.todo, x.asked, x.noted = x.plan(), 0, nil
	}
	a := x.todo[0]
	got, err := a.do(ctx, a, r.Since)
	if err != nil && !gone(err) {
		return sources.Page{}, err
	}
	x.todo = slices.Concat(got.next, x.todo[1:], got.later)
	page := sources.Page{Items: slices.DeleteFunc(got.items, func(it sources.Item) bool { return place(&it).Before(r.Since) })}
	if x.asked++; len(x.todo) > 0 {
		page.Next = strconv.Itoa(x.asked)
		return page, nil
	}
	for _, note := range x.noted {
		note()
	}
	return page, nil
}

func place(it *sources.Item) time.Time {
	if it.At.IsZero() {
		return it.Mention.CreatedAt
	}
	return it.At
}

func (x *reader) plan() []ask {
	var todo []ask
	for _, id := range x.own {
		todo = append(todo, ask{do: x.channelThreads, id: id})
	}
	for _, id := range x.follow {
		todo = append(todo, ask{do: x.uploads, id: strings.Replace(id, "UC", "UU", 1)})
	}
	if x.source.Options["query"] != "" && x.Time().Sub(x.searched) >= searchEvery {
		todo = append(todo, ask{do: x.search})
	}
	if x.source.Options["query"] != "" || len(x.follow) > 0 {
		todo = append(todo, ask{do: x.videos})
	}
	return todo
}

func (x *reader) get(ctx context.Context, call string, out any, params ...string) error {
	q := url.Values{}
	for i := 0; i+1 < len(params); i += 2 {
		if params[i+1] != "" {
			q.Set(params[i], params[i+1])
		}
	}
	_, err := x.call.GetJSON(ctx, api+call+"?"+q.Encode(), out)
	return err
}

func following(a ask, page string) []ask {
	if page == "" || page == a.page {
		return nil
	}
	a.page = page
	return []ask{a}
}

const searchPages = 4 // with one search an hour: 96 of the 100 a day

// search finds videos of the last weeks; their words come with videos.
func (x *reader) search(ctx context.Context, a ask, _ time.Time) (answer, error) {
	var out struct {
		Next  string `json:"nextPageToken"`
		Items []struct {
			ID struct {
				Video string `json:"videoId"`
			} `json:"id"`
		} `json:"items"`
	}
	err := x.get(ctx, "search", &out, "part", "snippet", "type", "video", "q", x.source.Options["query"], "order", "date", "regionCode", "GB", "relevanceLanguage", "en",
		"publishedAfter", x.Time().Add(-watchFor).UTC().Format(time.RFC3339), "maxResults", "50", "pageToken", a.page)
	if err != nil {
		return answer{}, err
	}
	x.searched = x.Time()
	for i := range out.Items {
		x.watched.add(out.Items[i].ID.Video)
	}
	if a.at++; a.at == searchPages {
		return answer{}, nil
	}
	return answer{next: following(a, out.Next)}, nil
}

// uploads finds the newest videos of a channel; one page holds more than a channel puts up between two sweeps.
func (x *reader) uploads(ctx context.Context, a ask, _ time.Time) (answer, error) {
	var out struct {
		Items []struct {
			Details struct {
				Video     string    `json:"videoId"`
				Published time.Time `json:"videoPublishedAt"`
			} `json:"contentDetails"`
		} `json:"items"`
	}
	err := x.get(ctx, "playlistItems", &out, "part", "contentDetails", "playlistId", a.id, "maxResults", "50")
	for i := range out.Items {
		if d := out.Items[i].Details; d.Published.IsZero() || x.Time().Sub(d.Published) < watchFor {
			x.watched.add(d.Video)
		}
	}
	return answer{}, err
}

// videos reads the words and numbers of 50 watched videos, and asks for comments where their number changed.
func (x *reader) videos(ctx context.Context, a ask, _ time.Time) (got answer, err error) {
	ids := x.watched.from(a.at)
	if len(ids) == 0 {
		return got, nil
	}
	found, err := x.byID(ctx, ids)
	if err != nil {
		return got, err
	}
	for _, id := range ids {
		v, ok := found[id]
		if !ok || slices.Contains(x.own, v.Snippet.Channel) || x.Time().Sub(v.Snippet.Published) > watchFor {
			x.watched.drop(id)
			continue
		}
		a.at++
		n, before := v.Statistics.Comments, x.watched.comments(id)
		it := sources.Item{Mention: v.mention()}
		if before == unread {
			it.At = x.Time() // its place is when it was found: search may be days late
		}
		got.items = append(got.items, it)
		switch {
		case n == nil || *n == 0:
			x.note(func() { x.watched.read(id, 0) })
		case *n != before:
			got.later = append(got.later, ask{do: x.videoThreads(*n, before == unread, x.matched(v)), id: id})
		}
	}
	got.next = []ask{a}
	return got, nil
}

// matched says by what the comments under v are mentions, whatever they say.
func (x *reader) matched(v *video) []string {
	if x.source.Options["comments"] != "all" || x.deps.Terms == nil {
		return nil
	}
	m := v.mention()
	var by []string
	for _, t := range x.deps.Terms().MatchMention(&m) {
		by = append(by, "keyword:"+t)
	}
	return by
}

func (x *reader) byID(ctx context.Context, ids []string) (map[string]*video, error) {
	var out struct {
		Items []video `json:"items"`
	}
	err := x.get(ctx, "videos", &out, "part", "snippet,statistics", "id", strings.Join(ids, ","), "maxResults", strconv.Itoa(batch))
	found := map[string]*video{}
	for i := range out.Items {
		found[out.Items[i].ID] = &out.Items[i]
	}
	return found, err
}

// under says what comments have from where they stand.
type under struct {
	by    []string  // why they are mentions
	found time.Time // when their video was; zero: it is an old acquaintance
}

func (x *reader) channelThreads(ctx context.Context, a ask, since time.Time) (answer, error) {
	return x.threads(ctx, a, since, under{by: []string{"own_thread"}}, "allThreadsRelatedToChannelId", a.id)
}

// videoThreads reads the threads under a video that has n comments; of one just found those of the last weeks, whose place is now.
func (x *reader) videoThreads(n int64, found bool, by []string) func(context.Context, ask, time.Time) (answer, error) {
	u := under{by: by}
	if found {
		u.found = x.Time()
	}
	return func(ctx context.Context, a ask, since time.Time) (answer, error) {
		if found {
			since = u.found.Add(-watchFor)
		}
		got, err := x.threads(ctx, a, since, u, "videoId", a.id)
		if len(got.next) == 0 && (err == nil || gone(err)) {
			x.note(func() { x.watched.read(a.id, n) })
		}
		return got, err
	}
}

// note keeps what is to be remembered until the sweep is over: one that fails is made again from its beginning.
func (x *reader) note(do func()) { x.noted = append(x.noted, do) }

func (x *reader) threads(ctx context.Context, a ask, since time.Time, u under, of ...string) (got answer, err error) {
	var out threadList
	params := append(of, "part", "snippet,replies", "order", "time", "maxResults", "100", "textFormat", "plainText", "pageToken", a.page)
	if err := x.get(ctx, "commentThreads", &out, params...); err != nil {
		return got, err
	}
	old := len(out.Items) > 0
	got.items = make([]sources.Item, 0, len(out.Items))
	for i := range out.Items {
		t := &out.Items[i]
		old = old && t.Snippet.Top.Snippet.Published.Before(since)
		got.items = append(got.items, x.items(t.Snippet.Video, u, &t.Snippet.Top)...)
		for j := range t.Replies.Comments {
			got.items = append(got.items, x.items(t.Snippet.Video, u, &t.Replies.Comments[j])...)
		}
		if n := t.Snippet.Replies; n > int64(len(t.Replies.Comments)) && n != x.replies[t.ID] {
			got.later = append(got.later, ask{do: x.missing(n, t.Snippet.Video, u), id: t.ID})
		}
	}
	if !old {
		got.next = following(a, out.Next)
	}
	return got, nil
}

// maxThreads is how many threads are remembered with more replies than their list shows.
const maxThreads = 20_000

// missing reads all n replies of a thread.
func (x *reader) missing(n int64, video string, u under) func(context.Context, ask, time.Time) (answer, error) {
	return func(ctx context.Context, a ask, _ time.Time) (got answer, err error) {
		var out commentList
		if err := x.get(ctx, "comments", &out, "part", "snippet", "parentId", a.id, "maxResults", "100", "textFormat", "plainText", "pageToken", a.page); err != nil {
			return got, err
		}
		for i := range out.Items {
			got.items = append(got.items, x.items(video, u, &out.Items[i])...)
		}
		if got.next = following(a, out.Next); got.next == nil {
			x.note(func() {
				if len(x.replies) >= maxThreads {
					clear(x.replies)
				}
				x.replies[a.id] = n
			})
		}
		return got, nil
	}
}

// items makes a mention of a comment, unless the council wrote it itself.
func (x *reader) items(video string, u under, c *comment) []sources.Item {
	if slices.Contains(x.own, c.Snippet.AuthorChannel.Value) {
		return nil
	}
	it := sources.Item{Mention: c.mention(video)}
	it.Mention.MatchedBy = u.by
	if u.found.Sub(it.Mention.CreatedAt) < watchFor {
		it.At = u.found
	}
	return []sources.Item{it}
}
