package discourse

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"earshot/settings"
	"earshot/sources"
)

// Connector is the public posts of one Discourse forum.
var Connector = sources.Connector{
	Name: "discourse", Title: "Discourse forum", New: New, Every: every, PerDay: perDay,
	Recheck: 7 * 24 * time.Hour, Batch: 10,
	About: sources.About{
		Reads:    "Every post of a forum's public categories, whole.",
		Access:   "No key where strangers may read. Otherwise ask the forum's operators for an API key that can only read, and for the name of its account.",
		Price:    "Nothing.",
		Approval: "Nobody is asked, unless the forum is for members; then its operators decide.",
		Cannot:   "Private messages, and categories that the account may not read.",
	},
	Options: []sources.Field{
		{Name: "server", Server: true, Label: "Address of the forum", Hint: "Of its front page.", Example: "https://forum.example.org", Needed: true},
		{Name: "account", Label: "Account", Hint: "The council's account on the forum: its own posts are left out, and a key belongs to it.", Example: "ExamplefordDC"},
	},
	Keys: []sources.Field{{Name: keyAPI, Label: "API key", Hint: "Only where strangers may not read."}},
}

const (
	every    = 10 * time.Minute
	perDay   = 60 * 60 * 24 // 60 requests a minute, the lower of the defaults
	window   = 50           // posts in one answer
	platform = "discourse"
	keyAPI   = "api_key"
)

type reader struct {
	server *url.URL
	prefix string // of every ID: "discourse:forum.example.org/"
	call   *sources.Caller
	sources.Poller
}

// New makes the reader of a forum.
func New(s settings.Source, d sources.Deps) (sources.Source, error) {
	o := sources.OptionsOf(s, "a Discourse source")
	u, account := o.Site("server", "the address of the forum, such as https://forum.example.org").JoinPath("/"), o.Text("account")
	x := &reader{server: u, prefix: platform + ":" + u.Host + u.Path}
	x.call = &sources.Caller{Client: d.HTTP(s), Name: "The forum " + u.Host, Now: d.Now, Refused: x.refused,
		Auth: func(r *http.Request) error {
			key, err := d.OptionalKey(r.Context(), s.ID, keyAPI)
			if key != "" {
				r.Header.Set("Api-Key", key)
				r.Header.Set("Api-Username", account)
			}
			return err
		}}
	x.Poller = sources.Poller{Fetch: x.fetch, Every: sources.Every(s, every), Overlap: time.Hour, PerDay: perDay, Own: sources.Accounts{account}, Now: d.Now}
	return x, o.Err()
}

// complaint is how Discourse says no; the limit of the whole site says it in plain text instead.
type complaint struct {
	Type   string `json:"error_type"`
	Extras struct {
		Wait float64 `json:"wait_seconds"`
	} `json:"extras"`
}

// refused reads the limit of one action, which no header tells.
func (x *reader) refused(r sources.Response, err error) error {
	var say complaint
	if json.Unmarshal(r.Body, &say) != nil { // plain text
		return err
	}
	switch {
	case r.Status == http.StatusTooManyRequests && say.Extras.Wait > 0:
		return x.call.Patience(time.Duration(say.Extras.Wait * float64(time.Second)))
	case r.Status == http.StatusForbidden && say.Type == "not_logged_in":
		return sources.Stopf("%s shows its posts to members only. Ask its operators for an API key and enter it on the sources page.", x.call.Name)
	case r.Status == http.StatusNotFound, r.Status == http.StatusGone, r.Status == http.StatusForbidden && say.Type == "invalid_access":
		return sources.Missing(err)
	}
	return err
}

func (x *reader) get(ctx context.Context, path string, q url.Values, out any) error {
	_, err := x.call.GetJSON(ctx, sources.Address(x.server, q, path), out)
	return err
}

// fetch reads one page; its token is the number before which the page begins, with a mark after an empty page.
func (x *reader) fetch(ctx context.Context, r sources.PageRequest) (sources.Page, error) {
	var out struct {
		Posts []post `json:"latest_posts"`
	}
	q := url.Values{}
	before, _, afterEmpty := strings.Cut(r.Token, " ")
	if before != "" {
		q.Set("before", before)
	}
	if err := x.get(ctx, "posts.json", q, &out); errors.Is(err, sources.ErrGone) {
		return sources.Page{}, sources.Stopf("%s has no list of its posts at this address. Check that it is the address of a Discourse forum.", x.call.Name)
	} else if err != nil {
		return sources.Page{}, err
	}
	from, _ := strconv.ParseInt(before, 10, 64) // empty on the first page
	lowest := from
	for i := range out.Posts {
		if n := out.Posts[i].ID; lowest == 0 || n < lowest {
			lowest = n
		}
	}
	p := sources.Page{Items: sources.Items(out.Posts, x.mention)}
	switch {
	case lowest < from || from == 0 && len(out.Posts) > 0:
		p.Next = strconv.FormatInt(lowest, 10)
	case from > window && !afterEmpty: // a window without a public post
		p.Next = strconv.FormatInt(from-window, 10) + " empty"
	}
	return p, nil
}

// Recheck asks for each post of this forum; what the source brought from another one before is left alone.
func (x *reader) Recheck(ctx context.Context, held []sources.Mention) ([]sources.Mention, error) {
	return sources.RecheckEach(ctx, held, x.Time(), func(ctx context.Context, h *sources.Mention) (m sources.Mention, err error) {
		number, ok := strings.CutPrefix(h.ID, x.prefix+"posts/")
		if !ok {
			return m, nil
		}
		var v post
		if err = x.get(ctx, "posts/"+number+".json", nil, &v); err == nil && v.ID == 0 {
			err = &sources.Fault{Sentence: x.call.Name + " answered with something else than a post. It is tried again."}
		}
		return x.mention(&v), err
	})
}

// Thread reads the posts around m in its topic, and its first one.
func (x *reader) Thread(ctx context.Context, m sources.Mention) ([]sources.Mention, error) {
	topic, ok := strings.CutPrefix(m.ThreadID, x.prefix+"t/")
	if !ok {
		return nil, nil
	}
	address := "t/" + topic
	if i := strings.LastIndexByte(m.Permalink, '/'); i >= 0 { // .../t/mill-lane/77/4
		address += "/" + m.Permalink[i+1:]
	}
	var out struct {
		Title  string `json:"title"`
		Stream struct {
			Posts []post `json:"posts"`
		} `json:"post_stream"`
	}
	if err := x.get(ctx, address+".json", nil, &out); err != nil {
		return nil, sources.UnlessGone(err)
	}
	ids := map[int64]string{}
	for _, v := range out.Stream.Posts {
		ids[v.Number] = x.id(v.ID)
	}
	return sources.Besides(m.ID, sources.Mentions(out.Stream.Posts, func(v *post) sources.Mention {
		v.Title = cmp.Or(v.Title, out.Title)
		c := x.mention(v)
		c.ParentID = cmp.Or(ids[int64(v.ReplyTo)], c.ParentID)
		return c
	})), nil
}
