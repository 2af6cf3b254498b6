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
		{Name: "server", Label: "Address of the forum", Hint: "Of its front page.", Example: "https://forum.example.org", Needed: true},
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
	server  *url.URL
	prefix  string // of every ID: "discourse:forum.example.org/"
	account string
	call    *sources.Caller
	sources.Poller
}

// New makes the reader of a forum.
func New(s settings.Source, d sources.Deps) (sources.Source, error) {
	u, ok := sources.WebAddress(strings.TrimSpace(s.Options["server"]))
	if !ok {
		return nil, errors.New("a Discourse source needs the option server, the address of the forum, such as https://forum.example.org")
	}
	u = u.JoinPath("/")
	x := &reader{server: u, prefix: platform + ":" + u.Host + u.Path, account: strings.TrimSpace(s.Options["account"])}
	x.call = &sources.Caller{Client: d.HTTP(s), Name: "The forum " + u.Host, Now: d.Now, Refused: x.refused,
		Auth: func(r *http.Request) error {
			key, err := d.OptionalKey(r.Context(), s.ID, keyAPI)
			if key != "" {
				r.Header.Set("Api-Key", key)
				r.Header.Set("Api-Username", x.account)
			}
			return err
		}}
	x.Poller = sources.Poller{Fetch: x.fetch, Every: cmp.Or(time.Duration(s.Every), every), Overlap: time.Hour, PerDay: perDay, Now: d.Now}
	return x, nil
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
		until := x.Time().Add(time.Duration(say.Extras.Wait * float64(time.Second)))
		return sources.Waitf(until, "%s asks for patience until %s.", x.call.Name, until.UTC().Format("15:04 MST"))
	case r.Status == http.StatusForbidden && say.Type == "not_logged_in":
		return sources.Stopf("%s shows its posts to members only. Ask its operators for an API key and enter it on the sources page.", x.call.Name)
	case r.Status == http.StatusNotFound, r.Status == http.StatusGone, r.Status == http.StatusForbidden && say.Type == "invalid_access":
		return errGone
	}
	return err
}

var errGone = errors.New("discourse: not there any more")

func (x *reader) get(ctx context.Context, path string, out any) error {
	path, query, _ := strings.Cut(path, "?")
	u := x.server.JoinPath(path)
	u.RawQuery = query
	_, err := x.call.GetJSON(ctx, u.String(), out)
	return err
}

// fetch reads one page; its token is the number before which the page begins, with a mark after an empty page.
func (x *reader) fetch(ctx context.Context, r sources.PageRequest) (sources.Page, error) {
	var out struct {
		Posts []post `json:"latest_posts"`
	}
	address := "posts.json"
	before, _, afterEmpty := strings.Cut(r.Token, " ")
	if before != "" {
		address += "?before=" + before
	}
	if err := x.get(ctx, address, &out); errors.Is(err, errGone) {
		return sources.Page{}, sources.Stopf("%s has no list of its posts at this address. Check that it is the address of a Discourse forum.", x.call.Name)
	} else if err != nil {
		return sources.Page{}, err
	}
	from, _ := strconv.ParseInt(before, 10, 64) // empty on the first page
	lowest := from
	p := sources.Page{Items: make([]sources.Item, 0, len(out.Posts))}
	for i := range out.Posts {
		v := &out.Posts[i]
		if lowest == 0 || v.ID < lowest {
			lowest = v.ID
		}
		if x.account == "" || !strings.EqualFold(v.Username, x.account) {
			p.Items = append(p.Items, sources.Item{Mention: x.mention(v), At: v.Created})
		}
	}
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
	var changed []sources.Mention
	for i := range held {
		number, ok := strings.CutPrefix(held[i].ID, x.prefix+"posts/")
		if !ok {
			continue
		}
		var v post
		err := x.get(ctx, "posts/"+number+".json", &v)
		m := sources.Gone(&held[i], x.Time())
		switch {
		case err == nil && v.ID != 0:
			m = x.mention(&v)
		case err == nil:
			return nil, &sources.Fault{Sentence: x.call.Name + " answered with something else than a post. It is tried again."}
		case !errors.Is(err, errGone):
			return nil, err
		}
		changed = append(changed, m)
	}
	return changed, nil
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
	if err := x.get(ctx, address+".json", &out); errors.Is(err, errGone) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	ids := map[int64]string{}
	for i := range out.Stream.Posts {
		ids[out.Stream.Posts[i].Number] = x.id(out.Stream.Posts[i].ID)
	}
	var around []sources.Mention
	for i := range out.Stream.Posts {
		v := &out.Stream.Posts[i]
		v.Title = cmp.Or(v.Title, out.Title)
		c := x.mention(v)
		if c.ID == m.ID || c.State == sources.Deleted {
			continue
		}
		if parent := ids[int64(v.ReplyTo)]; parent != "" {
			c.ParentID = parent
		}
		around = append(around, c)
	}
	return around, nil
}
