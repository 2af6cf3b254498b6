package bluesky

import (
	"context"
	"net/url"
	"strings"

	"earshot/sources"
)

const (
	postsACall  = 25 // app.bsky.feed.getPosts takes no more
	repliesDeep = "6"
	parentsHigh = "20"
)

// posts asks an App View about posts one knows: whether they are still there, and what stands around them.
type posts struct {
	service  string // empty: there is nobody to ask
	accounts []string
	call     *sources.Caller
	deps     sources.Deps
	retry    func(context.Context, func() error) error // renews a session; nil: there is none
}

var (
	_ sources.Rechecker = (*posts)(nil)
	_ sources.Threader  = (*posts)(nil)
)

func (x *posts) get(ctx context.Context, method string, q url.Values, out any) error {
	ask := func() error {
		_, err := x.call.GetJSON(ctx, x.service+"/xrpc/"+method+"?"+q.Encode(), out)
		return err
	}
	if x.retry == nil {
		return ask()
	}
	return x.retry(ctx, ask)
}

// Recheck implements sources.Rechecker: posts that are not in the answer are gone.
func (x *posts) Recheck(ctx context.Context, held []sources.Mention) ([]sources.Mention, error) {
	if x.service == "" {
		return nil, nil
	}
	q := url.Values{}
	for i := range held {
		q.Add("uris", strings.TrimPrefix(held[i].ID, platform+":"))
	}
	var out struct {
		Posts []postView `json:"posts"`
	}
	if err := x.get(ctx, "app.bsky.feed.getPosts", q, &out); err != nil {
		return nil, err
	}
	shown := map[string]sources.Mention{}
	for _, v := range out.Posts {
		if m, ok := v.mention(x.accounts); ok {
			shown[m.ID] = m
		}
	}
	return sources.Relisted(held, shown, func(*sources.Mention) bool { return true }, x.deps.Time()), nil
}

// node is threadViewPost; of notFoundPost and blockedPost the post is empty.
type node struct {
	Post    *postView `json:"post"`
	Parent  *node     `json:"parent"`
	Replies []node    `json:"replies"`
}

// Thread implements sources.Threader.
func (x *posts) Thread(ctx context.Context, m sources.Mention) ([]sources.Mention, error) {
	if x.service == "" {
		return nil, nil
	}
	var out struct {
		Thread node `json:"thread"`
	}
	q := url.Values{"uri": {strings.TrimPrefix(m.ID, platform+":")}, "depth": {repliesDeep}, "parentHeight": {parentsHigh}}
	if err := x.get(ctx, "app.bsky.feed.getPostThread", q, &out); err != nil {
		return nil, err
	}
	var around []sources.Mention
	for p := out.Thread.Parent; p != nil; p = p.Parent {
		around = p.add(around, x.accounts)
	}
	return out.Thread.replies(around, x.accounts), nil
}

func (n *node) add(to []sources.Mention, accounts []string) []sources.Mention {
	if n.Post == nil {
		return to
	}
	if m, ok := n.Post.mention(accounts); ok {
		to = append(to, m)
	}
	return to
}

func (n *node) replies(to []sources.Mention, accounts []string) []sources.Mention {
	for i := range n.Replies {
		to = n.Replies[i].replies(n.Replies[i].add(to, accounts), accounts)
	}
	return to
}
